/**
 * A restored server for a moment: in a folder of its own, on a private socket, without network.
 *
 * @module
 */
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { restore, type RestoreOptions } from '#services/backup/restore/restore.ts'
import { isolation } from '#services/drill/drill.ts'
import { endLeftOver, rememberProcess } from '#system/leftover.ts'
import { startCluster } from '#system/postgres/cluster.ts'
import type { Context } from './context.ts'
import { programs } from './run/drill.ts'

export type RestoredServer = AsyncDisposable & {
  /** As the superuser, for any database of it. */
  readonly connection: pg.ClientConfig
  /** What PostgreSQL was told to stop at, for people. */
  readonly stop: string
}

const POLL_MS = 50
const START_TIMEOUT_MS = 600_000

/**
 * Restores into the data folder, starts PostgreSQL, and waits until it is where it was told to go.
 * Disposal ends the server and removes the folder.
 *
 * @param isReached Asks the server whether recovery has ended.
 * @throws As `restore`. @throws {FaultError} RESTORE_NOT_REACHED.
 */
export async function startRestoredServer(
  context: Context,
  options: Omit<RestoreOptions, 'into' | 'action'>,
  isReached: (connection: pg.ClientConfig) => Promise<boolean>,
): Promise<RestoredServer> {
  const { paths, clock, config } = context
  const folder = paths.drill('restore-table')
  const pidFile = join(folder, 'server.pid')
  const cleanUp = async (): Promise<void> => {
    await endLeftOver(pidFile, (ms) => clock.sleep(ms))
    await rm(folder, { recursive: true, force: true })
  }
  await cleanUp() // of one that was cut short
  await using stack = new AsyncDisposableStack()
  stack.defer(cleanUp)
  await mkdir(folder, { recursive: true, mode: 0o711 }) // the server's account passes through
  const dataDir = join(folder, 'data')
  const { account, reader } = options
  const { stop } = await restore({ ...options, into: dataDir, action: 'promote' })
  const files = { config_file: join(folder, 'postgresql.conf'), hba_file: join(folder, 'hba.conf') }
  await writeFile(files.config_file, '', { mode: 0o644 })
  await writeFile(files.hba_file, 'local all all trust\n', { mode: 0o644 })
  const binaries = await programs(context, reader.cluster().pgMajor, account)
  const socketDir = paths.clusterSocket('restore-table')
  await mkdir(dirname(socketDir), { recursive: true })
  await chmod(dirname(socketDir), 0o711)
  const logFile = paths.log('postgresql-restore-table')
  await rm(logFile, { force: true })
  const settings = { ...isolation, ...files }
  const server = stack.use(
    await startCluster(
      { binaries, account, dataDir },
      { socketDir, port: 5432, logFile, settings, startTimeoutMs: START_TIMEOUT_MS },
    ),
  )
  await rememberProcess(pidFile, server.pid)
  const user = config.drill.superuser
  const connection = { host: server.socketDir, port: server.port, user, database: 'postgres' }
  let ended = false
  void server.ended.then(() => (ended = true))
  while (!(await isReached(connection).catch(() => false))) {
    options.signal?.throwIfAborted()
    if (ended) {
      const message = `PostgreSQL ended before it reached ${stop}; ${logFile} says why`
      throw new FaultError('RESTORE_NOT_REACHED', message)
    }
    await clock.sleep(POLL_MS, options.signal)
  }
  const owned = stack.move()
  return { connection, stop, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() }
}
