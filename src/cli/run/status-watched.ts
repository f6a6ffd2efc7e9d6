/**
 * What is looked at, by the status service and by every vantage: the same doors, the same monitors.
 *
 * @module
 */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { words } from '#lib/claims/claim.ts'
import type { ComponentConfig, MonitorConfig, Target } from '#services/status/config.ts'
import { lookWithin, type Found } from '#services/status/monitors/look.ts'
import type { Heartbeats } from '#services/status/monitors/heartbeats.ts'
import { lookJourney } from '#services/status/monitors/journey.ts'
import { lookHttp, lookHttps, lookPostgres, lookTcp } from '#services/status/monitors/monitors.ts'
import { lookDns, lookSmtp, lookTls } from '#services/status/monitors/network.ts'
import type { Look, Watched } from '#services/status/ports.ts'
import { systemDisk } from '#system/disk.ts'
import type { Context, ServiceContext } from '../context.ts'

const LOOPBACK = '127.0.0.1'

/**
 * The components of the configuration, or the ring's own doors.
 *
 * @param hearts Where heartbeats are heard; a vantage has none.
 */
export async function componentsOf(
  context: ServiceContext,
  hearts?: Heartbeats,
): Promise<Watched[]> {
  const { paths } = context
  const config = context.config.status
  // The ring's own doors are vouched for by its authority, others by those of the system.
  const own = config.components === undefined
  const ca = own ? Buffer.from(await systemDisk.read(paths.caCertificate)).toString() : undefined
  const components = config.components ?? demonstration(context)
  return components.flatMap(({ id, name, monitor }) => {
    // A heart is heard at one place only: a vantage knows nothing of it.
    if (monitor.kind === 'heartbeat') {
      const { everySeconds } = monitor
      const beaten = async (): Promise<Found> =>
        Promise.resolve(hearts?.look(id, everySeconds) ?? {})
      return hearts ? [{ id, name, look: within(context, beaten) }] : []
    }
    return [{ id, name, look: within(context, (signal) => lookAt(context, monitor, ca, signal)) }]
  })
}

/** A look that ends, whatever it looks at. */
export function within(
  { clock, config }: ServiceContext,
  monitor: (signal: AbortSignal) => Promise<Found>,
): Look {
  const timeoutMs = config.status.timeoutSeconds * 1000
  return (stop) => lookWithin(timeoutMs, () => clock.monotonicMs(), stop, monitor)
}

function lookAt(
  { clock, config }: ServiceContext,
  monitor: Exclude<MonitorConfig, { kind: 'heartbeat' }>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  switch (monitor.kind) {
    case 'https':
      return lookHttps(monitor, ca, signal)
    case 'http':
      return lookHttp(monitor, signal)
    case 'tcp':
      return lookTcp(monitor, signal)
    case 'postgres':
      return lookPostgres(monitor, ca, signal)
    case 'tls':
      return lookTls(monitor, ca, () => clock.nowMs(), signal)
    case 'smtp':
      return lookSmtp(monitor, ca, signal)
    case 'dns':
      return lookDns(monitor, config.status.timeoutSeconds * 1000, signal)
    case 'journey':
      return lookJourney(monitor, ca, signal)
  }
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

export async function reach({ host, port }: Target, signal: AbortSignal): Promise<void> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal })
  } finally {
    socket.destroy()
  }
}

export type Reference = AsyncDisposable & { readonly target: Target }

/**
 * Without a configured reference we at least know that our own network and our own event loop work:
 * a door of our own, on the loopback address, that says nothing.
 */
export async function loopbackReference(): Promise<Reference> {
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
