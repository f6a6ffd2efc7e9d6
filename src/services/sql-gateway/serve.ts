/**
 * Listens, asks the allow-list, and hands each connection to connection.ts.
 *
 * With connection.ts and upstream.ts, all the I/O of the SQL gateway.
 *
 * @module
 */
import { createHmac, randomBytes } from 'node:crypto'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { AuditDetail } from '#audit/trail.ts'
import { DeniedError, FaultError } from '#lib/errors.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import type { RunningService } from '#system/service.ts'
import { Access } from './access.ts'
import { Admission } from './admission.ts'
import { subjectsOf, valuesOf } from './bound-values.ts'
import { CancelKeys } from './cancel-keys.ts'
import { ClientCertificates } from './certificates.ts'
import type { SqlGatewayConfig } from './config.ts'
import { PersonalColumns } from './columns.ts'
import { Connection, type Gateway } from './connection.ts'
import { Journal } from './journal.ts'
import { allowList, plainAddress } from './policy.ts'
import type { SqlGatewayPorts } from './ports.ts'
import { Repeats } from './repeats.ts'
import { Sanctions } from './sanctions.ts'
import { scramFor } from './scram-for.ts'
import { judgeOf } from './rules.ts'

export type RunningSqlGateway = RunningService & {
  /** The TCP port it listens on. */
  readonly port: number
}

const SWEEP_MS = 1_000
const OBEY_MS = 250
const BACKLOG = 1_024

/**
 * Starts the gateway; resolves once it listens.
 *
 * @throws {FaultError} PORT_IN_USE or LISTEN_FAILED, naming the address.
 */
export async function serve(
  config: SqlGatewayConfig,
  ports: SqlGatewayPorts,
): Promise<RunningSqlGateway> {
  const { trail, clock, tls } = ports
  const repeats = new Repeats()
  const connections = new Set<Connection>()
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined) // whoever waits for it hears of it
  /** The trail takes nothing any more: nothing may pass, and nothing will get better by itself. */
  const fail = (error: unknown): void => {
    failed.reject(error)
    if (!(error instanceof FaultError)) return
    for (const connection of connections) connection.fail(error)
  }

  const journal = new Journal(trail, fail)
  await loadSqlParser()
  const judges = new Map(
    Object.entries(config.roles).map(([user, rules]) => [user, judgeOf(rules)] as const),
  )

  const subjects = subjectsOf(config.subjects, randomBytes, () => clock.monotonicMs())
  const sanctions = new Sanctions()
  const gateway: Gateway = {
    config,
    ports,
    admission: new Admission<Connection>(config.limits),
    access: new Access(config.connect, sanctions),
    cancelKeys: new CancelKeys<Connection>(cancelSecret(tls.key)),
    secureContext: createSecureContext({
      cert: tls.certificate,
      key: tls.key,
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ca: config.clientCertificates.authority || undefined,
      sessionIdContext: 'sql-gateway', // or a client that resumes could show no certificate
    }),
    certificates: certificatesOf(config),
    stranger: (code, address, detail) => {
      const event = repeats.notice(code, address, detail, clock.monotonicMs())
      if (event) void journal.append([event])
    },
    journal,
    scram: scramFor(ports),
    judgeFor: (user) => judges.get(user),
    personal: new PersonalColumns(config.personal, ports.columnsOf, clock),
    valuesFor: (peer) => valuesOf(subjects, peer),
    left: (connection) => connections.delete(connection),
  }

  const isAllowed = sanctions.narrow(allowList(config.allow), () => clock.nowMs())
  const accept = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress)
    socket.on('error', () => undefined) // what follows from it is heard by 'close'
    if (address === undefined || !isAllowed(address)) {
      socket.destroy() // before a byte is read or written
      return refuse(gateway, address ?? 'unknown', { reason: 'ADDRESS_NOT_ALLOWED' })
    }
    const connection = new Connection(socket, address, gateway)
    try {
      const victim = gateway.admission.enter(connection, address)
      victim?.evict()
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error
      socket.destroy()
      return refuse(gateway, address, { reason: error.code })
    }
    connections.add(connection)
    connection.start()
  }

  const obey = async (): Promise<void> => {
    const changed = await ports.sanctions?.()
    if (!changed) return
    sanctions.set(changed)
    for (const connection of connections) {
      const sanction = sanctions.against(connection.peer, clock.nowMs())
      if (sanction) await end(connection)
    }
  }
  const obeyQuietly = async (): Promise<void> => {
    try {
      await obey()
    } catch (error) {
      if (!(error instanceof FaultError)) fail(error) // what cannot be read changes nothing
    }
  }
  await obeyQuietly()
  const obeying = setInterval(() => void obeyQuietly(), OBEY_MS)
  obeying.unref()

  const servers = await listenAll(config, ports.port, accept)
  const sweep = setInterval(
    () => quietly(() => journal.append(repeats.due(clock.monotonicMs()))),
    SWEEP_MS,
  )
  sweep.unref()
  const port = portOf(servers[0])

  return {
    port,
    failed: failed.promise,
    [Symbol.asyncDispose]: async () => {
      clearInterval(sweep)
      clearInterval(obeying)
      for (const server of servers) server.close()
      for (const connection of connections) connection.shutDown()
      const deadline = clock.monotonicMs() + config.limits.drainMs
      while (connections.size > 0 && clock.monotonicMs() < deadline) await clock.sleep(10)
      for (const connection of connections) connection.stop()
      while (connections.size > 0) await clock.sleep(1) // their last records are written
      journal.flush()
      quietly(() => journal.append(repeats.due(Infinity)))
    },
  }
}

/** A refusal that cannot be recorded stays a refusal; that the trail failed is told elsewhere. */
function refuse(gateway: Gateway, address: string, detail: AuditDetail): void {
  quietly(() => gateway.stranger('DB_SESSION_REFUSED', address, detail))
}

function quietly(act: () => unknown): void {
  try {
    void act()
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
  }
}

/** What runs is cancelled too: a server does not look whether its client is there. */
async function end(connection: Connection): Promise<void> {
  try {
    await connection.cancelStatement('detection')
  } catch (error) {
    if (!(error instanceof FaultError)) throw error // the server is away, and so its statements
  }
  const said = 'This session was ended by the operator of this database.'
  connection.fail(new DeniedError('DB_SESSION_ENDED', 'a sanction of detection', said))
}

function portOf(server: Server | undefined): number {
  const address = server?.address() as AddressInfo | undefined
  return address?.port ?? 0
}

function certificatesOf({ clientCertificates }: SqlGatewayConfig): Gateway['certificates'] {
  return clientCertificates.authority === ''
    ? undefined
    : new ClientCertificates(clientCertificates)
}

/** Whoever may show the certificate may open the keys: all processes behind one port. */
function cancelSecret(tlsKey: string): Uint8Array {
  return createHmac('sha256', tlsKey).update('cancel keys').digest()
}

async function listenAll(
  { listen: addresses, sharesPort }: Pick<SqlGatewayConfig, 'listen' | 'sharesPort'>,
  port: number,
  accept: (socket: Socket) => void,
): Promise<Server[]> {
  const servers: Server[] = []
  try {
    for (const host of addresses) {
      const chosen = servers[0] ? portOf(servers[0]) : port
      const server = await listen(host, chosen, sharesPort, accept)
      if (server) servers.push(server)
    }
    if (servers.length > 0) return servers
    throw new FaultError('LISTEN_FAILED', `no address to listen on among ${addresses.join(', ')}`)
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
}

function listen(
  host: string,
  port: number,
  sharesPort: boolean,
  accept: (socket: Socket) => void,
): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  server.on('connection', accept)
  server.once('listening', () => resolve(server))
  server.once('error', (error: NodeJS.ErrnoException) => {
    const noIpv6 = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'
    if (host === '::1' && noIpv6) return resolve(undefined) // a machine without IPv6
    if (error.code === 'EADDRINUSE') {
      const message = `${host}:${port} is in use; stop the other program or choose --port-base`
      return reject(new FaultError('PORT_IN_USE', message, { cause: error }))
    }
    const message = `cannot listen on ${host}:${port}: ${error.message}`
    reject(new FaultError('LISTEN_FAILED', message, { cause: error }))
  })
  server.listen({ host, port, backlog: BACKLOG, ipv6Only: true, reusePort: sharesPort })
  return promise
}
