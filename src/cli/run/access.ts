/**
 * Composes the access process: the one credential that may make roles, and where it is asked.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { serve } from '#services/access/serve.ts'
import { secretIn } from '#system/secret-file.ts'
import { openPool, type PoolOptions } from '#system/postgres/pool.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import {
  activeApplicationRole,
  announce,
  applicationRoles,
  keepPassword,
} from './application-role.ts'

/** @throws {FaultError} LISTEN_FAILED. */
export async function runAccess(context: ServiceContext): Promise<RunningService> {
  const { clock, trail, paths, config } = context
  const [first, second] = applicationRoles
  const passwordFile = paths.secret('access', 'database-password')
  const database: PoolOptions = {
    host: paths.clusterSocket('protected'),
    port: 5432,
    user: 'veilig_access',
    password: await secretIn(passwordFile),
    passwordFile,
    database: 'postgres',
    application_name: 'veilig access',
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    // So that it may cut the sessions of the roles it made, and of no others.
    options: '-c createrole_self_grant=inherit',
  }
  return serve(config.access, {
    clock,
    trail,
    random: randomBytes,
    socket: paths.socket('access'),
    database,
    mask: (name) => applyMasks({ ...database, database: name }),
    rowSettings: (name) => rowSettingsIn({ ...database, database: name }),
    application: config.application.command
      ? undefined
      : {
          roles: [first.role, second.role],
          active: () => activeApplicationRole(context),
          keep: (role, password) => keepPassword(context, role, password),
          announce: (role, password) => announce(context, role, password),
        },
  })
}

/** How long a grant waits for somebody who is reading what must change first. */
const MASK_WAIT = "set lock_timeout = '1s'"

/**
 * As the tables are now. When it cannot be done the grant goes on: what is new is in no grant, and
 * the rights that were there stay.
 */
async function applyMasks(options: PoolOptions): Promise<void> {
  const pool = openPool({ ...options, max: 1 })
  try {
    await pool.query(`${MASK_WAIT}; select veilig_policy.apply()`)
  } catch {
    // locked, or no policy in this database
  } finally {
    await pool.end()
  }
}

const SETTINGS_MAX = 5

/** Settings that policies read, themselves or in a function they call. */
const rowSettings = `
  with policy as (
    select coalesce(qual, '') || ' ' || coalesce(with_check, '') as text from pg_policies
  ), said as (
    select text from policy
    union all
    select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where p.prokind = 'f' and n.nspname !~ '^(pg_|information_schema$|veilig_)'
       and exists (select from policy where position(p.proname || '(' in policy.text) > 0)
  )
  select distinct found[1] as name
    from said, regexp_matches(text,
      'current_setting\\(''([a-z_0-9]+\\.[a-z_0-9.]+)''', 'g') as found
   order by name limit ${SETTINGS_MAX}`

async function rowSettingsIn(options: PoolOptions): Promise<readonly string[]> {
  const pool = openPool({ ...options, max: 1 })
  try {
    const { rows } = await pool.query<{ name: string }>(rowSettings)
    return rows.map(({ name }) => name)
  } finally {
    await pool.end()
  }
}
