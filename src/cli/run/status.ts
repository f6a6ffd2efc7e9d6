/**
 * Composes the status service: what it watches, from where, and where it remembers.
 *
 * @module
 */
import { words } from '#lib/claims/claim.ts'
import { NOTICE_SENDER } from '#services/mail-gateway/config.ts'
import type { StatusConfig } from '#services/status/config.ts'
import { Heartbeats } from '#services/status/monitors/heartbeats.ts'
import { lookUnix } from '#services/status/monitors/monitors.ts'
import type { Watched } from '#services/status/ports.ts'
import { serveStatus } from '#services/status/serve.ts'
import { publicLookup } from '#system/public-lookup.ts'
import type { RunningService } from '#system/service.ts'
import { httpCaller } from '#system/http-call.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { ownSecret } from '../own-secret.ts'
import { ringMail } from '../ring-mail.ts'
import { REHEARSAL, STATUS_CONTROL, statusOrigin } from './status-names.ts'
import { componentsOf, loopbackReference, reach, within } from './status-watched.ts'

/** Looked at often, so that the rehearsal of an outage takes seconds. */
const REHEARSAL_INTERVAL_MS = 1500
const HOOK_TIMEOUT_MS = 10_000

export async function runStatus(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail, log } = context
  const config = context.config.status
  await using started = new AsyncDisposableStack()
  const pool = openPool({ ...(await controlConnection(context, 'status')), max: 4 })
  started.defer(() => pool.end())
  const ownReference = started.use(await loopbackReference())
  const reference = config.reference ?? ownReference.target
  const key = await ownSecret(paths.secret('status', 'subscriptions.key'))
  const hearts = new Heartbeats(key, clock, heartIds(config.components))
  const callOutside = httpCaller(HOOK_TIMEOUT_MS, undefined, publicLookup)
  const service = await serveStatus(config, {
    watched: [...(await componentsOf(context, hearts)), rehearsalOf(context)],
    hearts,
    reference: (signal) => reach(reference, signal),
    pool,
    clock,
    trail,
    socket: paths.socket('status'),
    controlSocket: paths.socket(STATUS_CONTROL),
    subscriptions: {
      key,
      mail: await ringMail(context, NOTICE_SENDER),
      // Anybody may name an address here: ours must not be reached by it.
      post: (url, headers, body) => callOutside({ method: 'POST', url, headers, body }),
      anywhere: false,
      origin: statusOrigin(config, context.ports.https),
    },
    complain: (code, message) => log.warn({ code }, message),
  })
  started.use(service)
  const all = started.move()
  return { ...service, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

function heartIds(components: StatusConfig['components']): readonly string[] {
  const all = components ?? []
  return all.filter(({ monitor }) => monitor.kind === 'heartbeat').map(({ id }) => id)
}

function rehearsalOf(context: ServiceContext): Watched {
  return {
    id: REHEARSAL,
    name: words('Proefonderdeel', 'Test component', 'Composant d’essai'),
    look: within(context, (signal) => lookUnix(context.paths.socket(REHEARSAL), signal)),
    intervalMs: REHEARSAL_INTERVAL_MS,
    rehearsal: true,
  }
}
