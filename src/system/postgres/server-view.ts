/**
 * What a PostgreSQL server says of its own sessions and statements, to a role with
 * pg_read_all_stats.
 *
 * Source: PostgreSQL manual, "The Cumulative Statistics System" and "pg_stat_statements".
 *
 * @module
 */
import type pg from 'pg'
import type { ServerSession } from '#protocol/postgres/server-session.ts'

export type ServerView = {
  readonly sessions: readonly ServerSession[]
  /** Role → statements executed; undefined where pg_stat_statements is not loaded and made. */
  readonly calls: ReadonlyMap<string, number> | undefined
}

const SESSIONS = `
  select pid, extract(epoch from backend_start)::float8 * 1000 as start, usename as role,
    coalesce(datname, '') as database, coalesce(host(client_addr), '') as address,
    application_name as application
  from pg_stat_activity
  where backend_type in ('client backend', 'walsender') and usename is not null
    and pid <> pg_backend_pid()`

const HAS_CALLS = `select to_regclass('pg_stat_statements') is not null as there`
/** object_not_in_prerequisite_state: the extension is made, and its library not loaded. */
const NOT_LOADED = '55000'

const CALLS = `
  select rolname as role, sum(calls)::float8 as calls
  from pg_stat_statements join pg_roles on pg_roles.oid = userid
  where rolcanlogin and toplevel group by rolname`

type SessionRow = Omit<ServerView['sessions'][number], 'startMs'> & { readonly start: number }

/** @throws {Error} What the server says; it may be away. */
export async function serverView(pool: pg.Pool): Promise<ServerView> {
  const { rows } = await pool.query<SessionRow>(SESSIONS)
  const sessions = rows.map(({ start, ...session }) => ({ ...session, startMs: start }))
  const [has] = (await pool.query<{ there: boolean }>(HAS_CALLS)).rows
  if (has?.there !== true) return { sessions, calls: undefined }
  try {
    const counted = await pool.query<{ role: string; calls: number }>(CALLS)
    return { sessions, calls: new Map(counted.rows.map(({ role, calls }) => [role, calls])) }
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== NOT_LOADED) throw error
    return { sessions, calls: undefined }
  }
}
