/**
 * Listens, asks the allow-list, and hands each connection to connection.ts.
 *
 * With connection.ts and upstream.ts, all the I/O of the SQL gateway.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Socket } from 'node:net'
import type { AuditDetail } from '#audit/trail.ts'
import { DeniedError, FaultError } from '#lib/errors.ts'
import { shareOf } from '#lib/share.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { plainAddress } from '#system/address-ranges.ts'
import type { RunningService } from '#system/service.ts'
import { Access } from './access.ts'
import { Admission } from './admission.ts'
import { CancelKeys } from './cancel-keys.ts'
import type { SqlGatewayConfig } from './config.ts'
import { Connection } from './connection.ts'
import type { Gateway } from './gateway.ts'
import { Journal } from './journal.ts'
import { JudgeThreads } from './judge-threads.ts'
import { listenAll, portOf } from './listen.ts'
import type { SqlGatewayPorts } from './ports.ts'
import { Repeats } from './repeats.ts'
import { inForce } from './rules-in-force.ts'
import { Sanctions } from './sanctions.ts'
import { scramFor } from './scram-for.ts'
import { WorkerDesk } from './workers/desk.ts'
import type { Settings, Welcome } from './workers/messages.ts'

export type RunningSqlGateway = RunningService & {
  /** The TCP port it listens on. */
  readonly port: number
  /** Where its further processes ask. */
  readonly desk: WorkerDesk
  /**
   * From now on these settings hold for connections that begin; sessions go on as they began.
   * Resolves when it is so in every process. `listen`, `sharesPort`, `workers` and `server` wait
   * for the next start.
   */
  readonly reload: (settings: Settings) => Promise<void>
}

const SWEEP_MS = 1_000
const OBEY_MS = 250

/**
 * Starts the gateway; resolves once it listens.
 *
 * @throws {FaultError} PORT_IN_USE or LISTEN_FAILED, naming the address.
 */
export async function serve(
  config: SqlGatewayConfig,
  ports: SqlGatewayPorts,
): Promise<RunningSqlGateway> {
  const { trail, clock } = ports
  const { workers } = config
  const sharesPort = config.sharesPort || workers > 1
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
  const threads = new JudgeThreads({
    failed: (reason, { sql }) => {
      const detail = { reason, sqlBytes: Buffer.byteLength(sql) }
      journal.later([{ code: 'DB_JUDGE_FAILED', detail }])
    },
  })
  if (Object.keys(config.roles).length > 0) threads.prepare()
  const sanctions = new Sanctions()
  const access = new Access(config.connect, sanctions)
  const admission = new Admission<Connection>(shareOf(config.limits, ofTheWhole, workers))
  const cancelSecret = ports.cancelSecret ?? cancelSecretOf(ports.tls.key)
  let settings: Settings = { config, tls: ports.tls }
  const known = { sanctions, ask: threads.ask }
  let rules = inForce(config, ports.tls, ports, known)
  const common = {
    ports,
    admission,
    sharesPort,
    access: ports.doorkeeper?.(access) ?? access,
    cancelKeys: new CancelKeys<Connection>(cancelSecret),
    stranger: (code: string, address: string, detail: AuditDetail) => {
      const event = repeats.notice(code, address, detail, clock.monotonicMs())
      if (event) void journal.append([event])
    },
    journal,
    scram: scramFor(ports),
    left: (connection: Connection) => void connections.delete(connection),
  }
  let gateway: Gateway = { ...common, ...rules }

  const accept = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress)
    socket.on('error', () => undefined) // what follows from it is heard by 'close'
    if (address === undefined || !rules.isAllowed(address)) {
      socket.destroy() // before a byte is read or written
      return refuse(gateway, address ?? 'unknown', { reason: 'ADDRESS_NOT_ALLOWED' })
    }
    const connection = new Connection(socket, address, gateway)
    try {
      const victim = admission.enter(connection, address)
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

  const { listen: addresses } = config
  const servers = await listenAll({ addresses, port: ports.port, sharesPort }, accept)
  const sweep = setInterval(
    () => quietly(() => journal.append(repeats.due(clock.monotonicMs()))),
    SWEEP_MS,
  )
  sweep.unref()
  const port = portOf(servers[0])

  const welcome = (): Welcome => ({
    ...settings,
    upstream: ports.upstream,
    port,
    cancelSecret: Buffer.from(cancelSecret).toString('base64'),
    asksVerifiers: ports.verifierOf !== undefined,
    asksColumns: ports.columnsOf !== undefined,
  })
  const desk = new WorkerDesk({ ...ports, access, sanctions, welcome })
  const reload = async (next: Settings): Promise<void> => {
    rules = inForce(next.config, next.tls, ports, known)
    gateway = { ...common, ...rules }
    settings = { ...next, config: { ...next.config, workers } }
    access.renew(next.config.connect)
    admission.renew(shareOf(next.config.limits, ofTheWhole, workers))
    await desk.changeSettings(settings)
  }

  return {
    port,
    desk,
    reload,
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
      await threads[Symbol.asyncDispose]()
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

/** Limits on what there is at one time in all processes. */
const ofTheWhole = ['sessionsMax', 'connectionsPerAddressMax', 'loginsMax'] as const

/** Whoever may show the certificate may open the keys: all processes behind one port. */
function cancelSecretOf(tlsKey: string): Uint8Array {
  return createHmac('sha256', tlsKey).update('cancel keys').digest()
}
