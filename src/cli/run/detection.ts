/**
 * Composes detection: the books of the SQL gateway, the control database, the channels.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { readEvents } from '#audit/read.ts'
import { encodeSanctions, type Sanction } from '#lib/sanctions.ts'
import { statementBooks } from '#lib/statement-books.ts'
import { channelOf } from '#services/detection/channels.ts'
import type { DetectionConfig } from '#services/detection/config.ts'
import { rangesIn, type ListedNetwork } from '#services/detection/listed.ts'
import type { MemoryFile } from '#services/detection/ports.ts'
import { serveAlertDesk } from '#services/detection/desk.ts'
import { serveDetection } from '#services/detection/serve.ts'
import { openStore } from '#services/detection/store.ts'
import { systemDisk } from '#system/disk.ts'
import { secretIn } from '#system/secret-file.ts'
import type { RunningService } from '#system/service.ts'
import { openPool, type PoolOptions } from '#system/postgres/pool.ts'
import { ServerLogReader } from '#system/postgres/server-log.ts'
import { serverView } from '#system/postgres/server-view.ts'
import type { Context, ServiceContext } from '../context.ts'
import { controlConnection } from '../control.ts'
import { ALERT_DESK } from './detection-names.ts'

const OTHER_BOOKS = ['web-gateway', 'seal', 'backup', 'status', 'mail-gateway']
/** An alert is to be out within a second: this much of it may pass unread. */
const POLL_MS = 25
const SOCKET_PORT = 5432
const ANSWER_MS = 10_000

/** One line for each alert, when a channel of the kind `file` is configured. */
export function alertsFile({ paths }: Pick<Context, 'paths'>): string {
  return join(paths.data, 'alerts', 'alerts.jsonl')
}

function memoryFile(name: string): MemoryFile {
  return {
    load: async () => {
      if ((await systemDisk.size(name)) === undefined) return undefined
      return Buffer.from(await systemDisk.read(name)).toString('utf8')
    },
    save: (text) => systemDisk.replace(name, Buffer.from(text)),
  }
}

/** Writes what holds when it is not what stands there. */
function publisher(file: string): (sanctions: readonly Sanction[]) => Promise<void> {
  let written: string | undefined
  return async (sanctions) => {
    const text = encodeSanctions(sanctions)
    if (text === written) return
    await systemDisk.replace(file, Buffer.from(text))
    written = text
  }
}

/** To the protected server itself, past the gateway: to see who else came that way. */
async function watchConnection({ paths }: Context): Promise<PoolOptions> {
  const passwordFile = paths.secret('detection', 'database-password')
  return {
    host: paths.clusterSocket('protected'),
    port: SOCKET_PORT,
    user: 'veilig_watch',
    password: await secretIn(passwordFile),
    passwordFile,
    database: 'postgres',
    application_name: 'veilig detection',
    max: 1,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  }
}

/** The lists of networks with what their files say now. @throws {FaultError} DISK_…. */
async function listedNetworks(lists: DetectionConfig['listedNetworks']): Promise<ListedNetwork[]> {
  return Promise.all(
    lists.map(async ({ name, ranges, file }) => {
      if (file === '') return { name, ranges }
      const text = Buffer.from(await systemDisk.read(file)).toString('utf8')
      return { name, ranges: [...ranges, ...rangesIn(text)] }
    }),
  )
}

/** @throws {FaultError} MIGRATION_FAILED, DISK_…. */
export async function runDetection(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail, log } = context
  const pool = openPool(await controlConnection(context, 'detection'))
  const watched = openPool(await watchConnection(context))
  const ca = Buffer.from(await systemDisk.read(paths.caCertificate)).toString('utf8')
  const places = { clock, file: alertsFile(context), ca }
  const config = context.config.detection
  const { serverLog } = config.reconcile
  const ownLog = serverLog === '' ? undefined : new ServerLogReader(serverLog)
  const service = await serveDetection(config, {
    trail,
    clock,
    books: [...statementBooks(context.config.sqlGateway.workers), ...OTHER_BOOKS],
    memory: memoryFile(join(paths.data, 'detection', 'learned')),
    server: () => serverView(watched),
    listedNetworks: () => listedNetworks(config.listedNetworks),
    serverLog: ownLog && (() => ownLog.read()),
    publish: publisher(paths.sanctions),
    follow: (book, from, signal, atEnd) =>
      readEvents({
        folder: paths.audit,
        process: book,
        from,
        follow: { clock, signal, pollMs: POLL_MS, atEnd },
      }),
    store: await openStore(pool),
    channels: config.channels.map((channel) => channelOf(channel, places)),
    newId: randomUUID,
    complain: (code, message) => log.warn({ code }, message),
  })
  const desk = await serveAlertDesk(pool, paths.socket(ALERT_DESK))
  return {
    ...(service.failed ? { failed: service.failed } : {}),
    [Symbol.asyncDispose]: async () => {
      await desk[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
      await Promise.all([pool.end(), watched.end()])
    },
  }
}
