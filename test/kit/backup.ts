/**
 * The backup service as a process of its own, through the command line, on a server of the kit:
 * it can be killed at any moment, asked, and restored from.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { backupConfig } from '#services/backup/config.ts'
import { askBackup } from '#services/backup/control/client.ts'
import type { ControlAnswer } from '#services/backup/control/messages.ts'
import { openReader } from '#services/backup/repository/open-reader.ts'
import { readIdentity } from '#services/backup/repository/repository-keys.ts'
import { readServerManifest } from '#services/backup/repository/server-manifest.ts'
import { readingGrants } from '#services/backup/take/reading/rights.ts'
import type { BackupStatus, NewestBackup } from '#services/backup/status.ts'
import { startCluster, type RunningCluster } from '#system/postgres/cluster.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { systemClock } from '#system/clock.ts'
import { pathsIn } from '../../src/cli/paths.ts'
import { ensureRepositoryKeys, keyFiles, regionPlaces } from '../../src/cli/repository.ts'
import {
  PASSWORD,
  startPostgres,
  SUPERUSER,
  temporaryFolder,
  type TestPostgres,
} from './postgres.ts'

const veilig = fileURLToPath(new URL('../../bin/veilig', import.meta.url))
const PATIENCE_MS = 60_000

export type TestBackup = AsyncDisposable & {
  readonly data: string
  /** Starts the process; what the server sends may be refused. */
  begin(): Promise<void>
  /** Starts the process, until it takes the log. */
  start(): Promise<void>
  /** Of the running process. */
  pid(): number
  /** kill -9. */
  kill(): Promise<void>
  /** From the next start on, this server's backup is taken: one that was restored. */
  follow(other: RestoredPostgres): Promise<void>
  status(): Promise<BackupStatus>
  /** `veilig backup run`. */
  full(): Promise<NewestBackup>
  /** `veilig backup run --type differential`. */
  differential(): Promise<NewestBackup>
  /** Resolves when every required region holds what the server has flushed by now. */
  caughtUp(): Promise<void>
  /** `veilig restore` only: the folder, and the manifest the server sent with the backup. */
  layOut(to: string): Promise<{ readonly into: string; readonly manifest: Uint8Array }>
  /** `veilig restore` into a new folder, and PostgreSQL started on it. @param settings Besides. */
  restore(to: string, settings?: Readonly<Record<string, string>>): Promise<RestoredPostgres>
  /** PostgreSQL started on a folder that `restore` made before. */
  reopen(dataDir: string): Promise<RestoredPostgres>
  /** `veilig …` with this data folder. @returns What it printed. */
  veilig(...args: string[]): Promise<string>
  log(): Promise<string>
}

export type RestoredPostgres = AsyncDisposable & {
  readonly dataDir: string
  readonly cluster: RunningCluster
  query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]>
}

export type BackedUp = AsyncDisposable & {
  readonly server: TestPostgres
  readonly backup: TestBackup
}

/**
 * A server with something in it, and its backup running.
 *
 * @param options.server Its settings besides those a backup needs. @param options.backup Of the
 *   section `backup`.
 */
export async function startBackedUp(
  fill: (server: TestPostgres) => Promise<unknown>,
  options: {
    readonly server?: Readonly<Record<string, string>>
    readonly backup?: Readonly<Record<string, unknown>>
  } = {},
): Promise<BackedUp> {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startPostgres({ ...serverSettingsFor(18), ...options.server }))
  await fill(server)
  const backup = stack.use(await prepareBackup(server, options.backup))
  await backup.start()
  const kept = stack.move()
  return { server, backup, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/**
 * Makes the role, the keys and the configuration; starts nothing yet.
 *
 * @param settings Of the section `backup`.
 */
export async function prepareBackup(
  server: TestPostgres,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<TestBackup> {
  const data = await temporaryFolder('story')
  const config = join(data, 'veilig.yaml')
  await server.query(`create role veilig_backup login replication password 'backup-role'`)
  if (server.major < 17) await server.query(readingGrants('veilig_backup'))
  const follow = async (cluster: RunningCluster): Promise<void> => {
    const { socketDir: host, port } = cluster
    const database = { host, port, password: 'backup-role' }
    await writeFile(config, JSON.stringify({ backup: { ...settings, database } }))
  }
  await follow(server.cluster)
  let followed: Pick<RestoredPostgres, 'query'> = server
  const paths = pathsIn(data)
  await ensureRepositoryKeys({ paths, clock: systemClock })
  const place = ['--data', data, '--config', config]
  let child: ChildProcess | undefined
  let restored = 0

  const status = async (): Promise<BackupStatus> => {
    for await (const answer of askBackup(paths.socket('backup'), { request: 'status' })) {
      if (answer.answer === 'status') return answer.status
    }
    throw new Error('no answer')
  }
  const kill = async (): Promise<void> => {
    if (!child || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
    child = undefined
  }
  const begin = async (): Promise<void> => {
    await using output = await open(join(data, 'backup.log'), 'a')
    const stdio = ['ignore', output.fd, output.fd] as const
    child = spawn(veilig, ['run', 'backup', ...place], { stdio: [...stdio] })
  }
  const run = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(veilig, [...args, ...place])
    return stdout
  }
  const take = async (type: string): Promise<NewestBackup> => {
    const lines = (await run('backup', 'run', '--type', type, '--json')).trim().split('\n')
    const last = JSON.parse(lines.at(-1) ?? '') as ControlAnswer
    if (last.answer !== 'done') throw new Error(last.answer)
    return last.backup
  }
  return {
    data,
    status,
    kill,
    pid: () => child?.pid ?? 0,
    veilig: run,
    follow: async (other) => {
      followed = other
      await follow(other.cluster)
    },
    log: () => readFile(join(data, 'backup.log'), 'utf8'),
    begin,
    start: async () => {
      await begin()
      await until(async () => (await status()).log.phase === 'streaming')
    },
    full: () => take('full'),
    differential: () => take('differential'),
    caughtUp: async () => {
      const [row] = await followed.query<{ lsn: string }>(
        'select pg_current_wal_flush_lsn() as lsn',
      )
      const flushed = parseLsn(row?.lsn ?? '')
      await until(async () => {
        const { regions } = await status()
        return regions.every((region) => parseLsn(region.durableLsn ?? '0/0') >= flushed)
      })
    },
    restore: async (to, settings = {}) => {
      const home = join(data, `restored-${++restored}`)
      await mkdir(home, { mode: 0o755 })
      const into = join(home, 'data')
      await run('restore', '--to', to, '--into', into)
      return startRestored(server, home, into, settings)
    },
    reopen: (dataDir) => startRestored(server, dirname(dataDir), dataDir, {}),
    layOut: async (to) => {
      const into = join(data, `laid-out-${++restored}`)
      const report = await run('restore', '--to', to, '--into', into, '--json')
      const reader = await openReader({
        regions: regionPlaces(paths, backupConfig.parse({}).regions),
        identity: readIdentity(await readFile(keyFiles(paths).recovery, 'utf8')),
      })
      const { backupId } = JSON.parse(report) as { backupId: string }
      return { into, manifest: await readServerManifest(reader, backupId) }
    },
    [Symbol.asyncDispose]: async () => {
      await kill()
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function startRestored(
  server: TestPostgres,
  home: string,
  dataDir: string,
  settings: Readonly<Record<string, string>>,
): Promise<RestoredPostgres> {
  // A restored server has no log older than itself: its summariser would wait for it, ten seconds
  // at a time, also when the server is told to stop.
  const { summarize_wal, ...required } = serverSettingsFor(server.major)
  const quiet = summarize_wal === undefined ? {} : { summarize_wal: 'off' }
  const listening = { socketDir: join(home, 's'), port: 5432, logFile: join(home, 'log') }
  const cluster = await startCluster(
    { ...server.place, dataDir },
    { ...listening, settings: { ...required, ...quiet, ...settings } },
  )
  const connection = {
    host: cluster.socketDir,
    port: cluster.port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
  }
  const query = async <Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> => {
    const client = new pg.Client(connection)
    await client.connect()
    try {
      return (await client.query<Row>(sql)).rows
    } finally {
      await client.end()
    }
  }
  await until(async () => {
    const [row] = await query<{ recovering: boolean }>('select pg_is_in_recovery() as recovering')
    return row?.recovering === false
  })
  return { dataDir, cluster, query, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() }
}

/** Waits until it holds; what throws does not hold yet. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (let reason: unknown; ; await delay(50)) {
    try {
      if (await holds()) return
    } catch (error) {
      reason = error
    }
    if (performance.now() < deadline) continue
    throw new Error(`waited too long for ${holds.toString()}`, { cause: reason })
  }
}
