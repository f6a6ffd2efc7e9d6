/**
 * Composes the status service: what it watches, from where, and where it remembers.
 *
 * @module
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { words } from '#lib/claims/claim.ts'
import type { ComponentConfig, MonitorConfig, Target } from '#services/status/config.ts'
import { lookWithin, type Found } from '#services/status/monitors/look.ts'
import { lookHttps, lookPostgres, lookTcp, lookUnix } from '#services/status/monitors/monitors.ts'
import type { Look, Watched } from '#services/status/ports.ts'
import { serveStatus } from '#services/status/serve.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Context, ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { REHEARSAL, STATUS_CONTROL } from './status-names.ts'

/** Looked at often, so that the rehearsal of an outage takes seconds. */
const REHEARSAL_INTERVAL_MS = 1500

const LOOPBACK = '127.0.0.1'

export async function runStatus(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail, log } = context
  const config = context.config.status
  await using started = new AsyncDisposableStack()
  const pool = openPool({ ...(await controlConnection(context, 'status')), max: 4 })
  started.defer(() => pool.end())
  const ownReference = started.use(await loopbackReference())
  const reference = config.reference ?? ownReference.target
  const service = await serveStatus(config, {
    watched: await watchedOf(context),
    reference: (signal) => reach(reference, signal),
    pool,
    clock,
    trail,
    socket: paths.socket('status'),
    controlSocket: paths.socket(STATUS_CONTROL),
    complain: (code, message) => log.warn({ code }, message),
  })
  started.use(service)
  const all = started.move()
  return { ...service, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

async function watchedOf(context: ServiceContext): Promise<Watched[]> {
  const { paths, clock } = context
  const config = context.config.status
  const timeoutMs = config.timeoutSeconds * 1000
  // The ring's own doors are vouched for by its authority, others by those of the system.
  const own = config.components === undefined
  const ca = own ? Buffer.from(await systemDisk.read(paths.caCertificate)).toString() : undefined
  const within = (monitor: (signal: AbortSignal) => Promise<Found>): Look => {
    return (stop) => lookWithin(timeoutMs, () => clock.monotonicMs(), stop, monitor)
  }
  const components = config.components ?? demonstration(context)
  return [
    ...components.map(({ id, name, monitor }) => ({
      id,
      name,
      look: within((signal) => lookAt(monitor, ca, signal)),
    })),
    {
      id: REHEARSAL,
      name: words('Proefonderdeel', 'Test component', 'Composant d’essai'),
      look: within((signal) => lookUnix(paths.socket(REHEARSAL), signal)),
      intervalMs: REHEARSAL_INTERVAL_MS,
      rehearsal: true,
    },
  ]
}

function lookAt(
  monitor: MonitorConfig,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  if (monitor.kind === 'https') return lookHttps(monitor, ca, signal)
  if (monitor.kind === 'tcp') return lookTcp(monitor, signal)
  return lookPostgres(monitor, ca, signal)
}

/** The doors that the demonstration's visitors, and its application, come in by. */
function demonstration({ ports }: Context): readonly ComponentConfig[] {
  const web = { kind: 'https', host: LOOPBACK, port: ports.https, path: '/' } as const
  return [
    {
      id: 'application',
      name: words('Reserveren', 'Reservations', 'Réservations'),
      monitor: { ...web, hostName: 'localhost' },
    },
    {
      id: 'database',
      name: words('Databank', 'Database', 'Base de données'),
      monitor: { kind: 'postgres', host: LOOPBACK, port: ports.sql },
    },
    {
      id: 'trust-page',
      name: words('Vertrouwenspagina', 'Trust page', 'Page de confiance'),
      monitor: { ...web, hostName: 'trust.localhost' },
    },
    {
      id: 'mail',
      name: words('E-mail versturen', 'Sending e-mail', 'Envoi d’e-mails'),
      monitor: { kind: 'tcp', host: LOOPBACK, port: ports.mail, greeting: '220' },
    },
  ]
}

async function reach({ host, port }: Target, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
}

type Reference = AsyncDisposable & { readonly target: Target }

/**
 * Without a configured reference we at least know that our own network and our own event loop work:
 * a door of our own, on the loopback address, that says nothing.
 */
async function loopbackReference(): Promise<Reference> {
  const server = createServer((socket) => socket.on('error', () => undefined).end())
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    target: { host: LOOPBACK, port },
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
