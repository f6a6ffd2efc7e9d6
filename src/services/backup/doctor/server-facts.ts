/**
 * What the doctor asks a server: by SQL as an ordinary client, and by trying to replicate.
 *
 * Nothing is changed: no slot is made, no backup begun, no log switched.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { DeniedError, FaultError, ProtocolError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { ReplicationConnection, type Login } from '../replication/connection.ts'
import { missingRightsCommand } from '../take/reading/rights.ts'

export type ServerFacts = {
  /** Host by name, or the folder of its socket. */
  readonly host: string
  readonly encrypted: boolean
  /** Undefined: a replication connection was admitted. */
  readonly replicationRefused: { readonly code: string; readonly message: string } | undefined
  /** A message where SQL was not possible. */
  readonly sql: SqlFacts | string
}

export type SqlFacts = {
  /** `server_version`: '18.4 (Debian 18.4-1)'. */
  readonly version: string
  /** Of pg_settings, in its units; a setting that this version has not is not there. */
  readonly settings: ReadonlyMap<string, string>
  readonly role: {
    readonly name: string
    readonly replication: boolean
    readonly superuser: boolean
  }
  /** Names of roles that only a provider's servers have. */
  readonly providerRoles: readonly string[]
  readonly sendersUsed: number
  readonly slots: readonly { readonly name: string; readonly walStatus: string | null }[]
  readonly recovering: boolean
  readonly databaseBytes: number
  /** Its clock minus ours, milliseconds; the way there and back counted in half. */
  readonly skewMs: number
  /** Whether archive_command last failed, and has not worked since. */
  readonly archiveFails: boolean
  /** Of 15 and 16: functions by which a difference is read, and which the role may not call. */
  readonly readingLacks: string | undefined
}

const SETTINGS = [
  'archive_mode',
  'data_checksums',
  'fsync',
  'full_page_writes',
  'idle_replication_slot_timeout',
  'max_replication_slots',
  'max_slot_wal_keep_size',
  'max_wal_senders',
  'summarize_wal',
  'synchronous_standby_names',
  'wal_level',
  'wal_summary_keep_time',
] as const

/** Source: the providers' documentation of their administrators' roles. */
const PROVIDER_ROLES = ['rds_superuser', 'rdsadmin', 'cloudsqlsuperuser', 'azure_pg_admin'] as const

/** Major versions whose differences are read through SQL. */
const READ_THROUGH_SQL: ReadonlySet<number> = new Set([15, 16])

const CONNECT_MS = 10_000
const APPLICATION = 'veilig_doctor'

/** @param database Any that the role may connect to; nothing of it is read. */
export async function readServerFacts(
  login: Login,
  database: string,
  clock: Clock,
): Promise<ServerFacts> {
  const { host, tls } = login.address
  return {
    host,
    encrypted: host.startsWith('/') || tls === 'verify',
    replicationRefused: await tryReplication(login),
    sql: await readSql(login, database, clock).catch((error: Error) => error.message),
  }
}

async function tryReplication(login: Login): Promise<ServerFacts['replicationRefused']> {
  try {
    using connection = await ReplicationConnection.open(
      login,
      APPLICATION,
      AbortSignal.timeout(CONNECT_MS),
    )
    await connection.identifySystem()
    return undefined
  } catch (error) {
    const told =
      error instanceof FaultError || error instanceof DeniedError || error instanceof ProtocolError
    if (!told) throw error
    return { code: error.code, message: error.message }
  }
}

async function readSql(login: Login, database: string, clock: Clock): Promise<SqlFacts> {
  const { host, port, tls, caFile } = login.address
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8')
  const client = new pg.Client({
    host,
    port,
    user: login.user,
    password: login.password,
    database,
    application_name: APPLICATION,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: CONNECT_MS,
    ssl: host.startsWith('/') || tls === 'off' ? false : { ca },
  })
  client.on('error', () => undefined) // said by the query in progress
  await client.connect()
  try {
    return await ask(client, clock)
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function ask(client: pg.Client, clock: Clock): Promise<SqlFacts> {
  const rows = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await client.query<Row>(sql, values)).rows
  const beforeMs = clock.nowMs()
  const [now] = await rows<{ ms: number; version: string; recovering: boolean }>(
    `select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms,
            current_setting('server_version') as version, pg_is_in_recovery() as recovering`,
  )
  const afterMs = clock.nowMs()
  const settings = await rows<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any($1)',
    [SETTINGS],
  )
  const [role] = await rows<SqlFacts['role']>(
    `select rolname::text as name, rolreplication as replication, rolsuper as superuser
       from pg_roles where rolname = current_user`,
  )
  const providers = await rows<{ name: string }>(
    'select rolname::text as name from pg_roles where rolname = any($1)',
    [PROVIDER_ROLES],
  )
  const [used] = await rows<{ senders: number; bytes: string }>(
    `select (select count(*)::int from pg_stat_replication) as senders,
            (select sum(pg_database_size(oid)) from pg_database
              where has_database_privilege(oid, 'connect')) as bytes`,
  )
  const slots = await rows<{ name: string; walStatus: string | null }>(
    'select slot_name::text as name, wal_status as "walStatus" from pg_replication_slots',
  )
  const [archiver] = await rows<{ fails: boolean }>(
    `select coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as fails
       from pg_stat_archiver`,
  )
  const major = Number.parseInt(now?.version ?? '', 10)
  const [lacking] = READ_THROUGH_SQL.has(major)
    ? await rows<{ names: string | null }>(`select (${missingRightsCommand}) as names`)
    : []
  return {
    readingLacks: lacking?.names ?? undefined,
    version: now?.version ?? '',
    recovering: now?.recovering ?? false,
    skewMs: (now?.ms ?? beforeMs) - (beforeMs + afterMs) / 2,
    settings: new Map(settings.map(({ name, setting }) => [name, setting])),
    role: role ?? { name: '', replication: false, superuser: false },
    providerRoles: providers.map(({ name }) => name),
    sendersUsed: used?.senders ?? 0,
    databaseBytes: Number(used?.bytes ?? 0),
    slots,
    archiveFails: archiver?.fails ?? false,
  }
}
