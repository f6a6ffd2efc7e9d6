/**
 * Real PostgreSQL servers for tests: the embedded 18, or another installed one.
 *
 * Every server is new, small, in a temporary folder, on a private socket, and gone afterwards.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { embeddedPostgres, type PostgresBinaries } from '#system/postgres/binaries.ts'
import {
  createCluster,
  startCluster,
  type ClusterPlace,
  type RunningCluster,
} from '#system/postgres/cluster.ts'
import { postgresAccount } from '#system/postgres/user.ts'

export const SUPERUSER = 'postgres'
export const PASSWORD = 'kit-superuser'

export type TestPostgres = AsyncDisposable & {
  readonly place: ClusterPlace
  readonly socketDir: string
  readonly port: number
  readonly major: number
  /** Options for a `pg` client as superuser. */
  readonly connection: pg.ClientConfig
  cluster: RunningCluster
  /** Runs SQL as superuser on a connection of its own. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>
  /** Starts again after `cluster.kill(…)` or disposal, on the same data. */
  restart(): Promise<void>
}

/** Settings that make a throw-away server quick; durability is kept, because tests crash it. */
const small = { shared_buffers: '16MB', max_connections: '100', max_wal_size: '256MB' }

/** A server started for one test. @param settings Added to the server's settings. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  binaries?: PostgresBinaries,
): Promise<TestPostgres> {
  const folder = await temporaryFolder('pg')
  const account = postgresAccount()
  const found = binaries ?? (await embeddedPostgres(account, join(tmpdir(), 'veilig-kit')))
  const place: ClusterPlace = { binaries: found, account, dataDir: join(folder, 'data') }
  await createCluster(place, { name: SUPERUSER, password: PASSWORD })
  const start = (): Promise<RunningCluster> =>
    startCluster(place, {
      socketDir: join(folder, 's'),
      port: 5432,
      logFile: join(folder, 'log'),
      settings: { ...small, ...settings },
    })
  let cluster = await start()
  const connection = {
    host: cluster.socketDir,
    port: cluster.port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
  }
  return {
    place,
    socketDir: cluster.socketDir,
    port: cluster.port,
    major: found.major,
    connection,
    get cluster() {
      return cluster
    },
    query: async (sql, values) => {
      const client = new pg.Client(connection)
      await client.connect()
      try {
        return (await client.query(sql, values)).rows
      } finally {
        await client.end()
      }
    },
    restart: async () => {
      cluster = await start()
    },
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Debian's PostgreSQL 15, or undefined where it is not installed. Only suites of `.ci` need it. */
export function debianPostgres(): PostgresBinaries | undefined {
  const bin = '/usr/lib/postgresql/15/bin'
  return existsSync(join(bin, 'postgres')) ? { bin, major: 15 } : undefined
}

/** A new folder below the temporary one, which every account may enter. The caller removes it. */
export async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `veilig-${name}-`))
  await chmod(folder, 0o755)
  return folder
}
