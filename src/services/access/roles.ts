/**
 * The SQL of a grant: made, ended, listed. Every statement is of the one role that may.
 *
 * @module
 */
import pg from 'pg'
import { scramVerifier } from '#crypto/scram-verifier.ts'
import { GRANT_PREFIX } from './policy.ts'

const SALT_SIZE = 16

export type NewGrant = {
  readonly name: string
  readonly group: string
  readonly password: string
  readonly untilMs: number
  readonly readOnly: boolean
  /** Schema in which sensitive columns are masked, before all others; undefined: none. */
  readonly maskedSchema: string | undefined
  readonly connectionsMax: number
  readonly salt: Uint8Array
}

export type LiveGrant = { readonly name: string; readonly untilMs: number }

/** Makes the role, in one transaction: it is there with all its limits or not at all. */
export async function createGrant(pool: pg.Pool, grant: NewGrant): Promise<void> {
  const name = pg.escapeIdentifier(grant.name)
  const verifier = pg.escapeLiteral(scramVerifier(grant.password, grant.salt))
  const until = pg.escapeLiteral(new Date(grant.untilMs).toISOString())
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(
      `create role ${name} with login inherit nosuperuser nocreatedb nocreaterole noreplication
         nobypassrls connection limit ${grant.connectionsMax} password ${verifier}
         valid until ${until} in role ${pg.escapeIdentifier(grant.group)}`,
    )
    if (grant.readOnly)
      await client.query(`alter role ${name} set default_transaction_read_only = on`)
    if (grant.maskedSchema !== undefined) {
      const masked = pg.escapeIdentifier(grant.maskedSchema)
      await client.query(`alter role ${name} set search_path = ${masked}, "$user", public`)
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/**
 * Locks the role, cuts its sessions, drops it.
 *
 * @returns How many sessions were cut.
 * @throws When PostgreSQL would not drop it; it is locked then.
 */
export async function endGrant(pool: pg.Pool, role: string): Promise<number> {
  const name = pg.escapeIdentifier(role)
  const found = await pool.query('select from pg_roles where rolname = $1', [role])
  if (found.rowCount === 0) return 0
  await pool.query(`alter role ${name} nologin`)
  const cut = await pool.query(
    // Waits for each, at most a second: what is gone cannot run one more statement.
    'select pg_terminate_backend(pid, 1000) from pg_stat_activity where usename = $1',
    [role],
  )
  await pool.query(`drop role if exists ${name}`)
  return cut.rowCount ?? 0
}

/** Every grant there is, from PostgreSQL's own catalogue. */
export async function liveGrants(pool: pg.Pool): Promise<readonly LiveGrant[]> {
  const { rows } = await pool.query<{ name: string; until_ms: number | null }>(
    `select rolname as name, extract(epoch from rolvaliduntil)::float8 * 1000 as until_ms
       from pg_roles where starts_with(rolname, $1) order by rolname`,
    [GRANT_PREFIX],
  )
  return rows.map(({ name, until_ms }) => ({ name, untilMs: until_ms ?? 0 }))
}

/** Gives a role a new password and lets it log in. */
export async function setPassword(
  pool: pg.Pool,
  role: string,
  password: string,
  random: (size: number) => Uint8Array,
): Promise<void> {
  const verifier = pg.escapeLiteral(scramVerifier(password, random(SALT_SIZE)))
  await pool.query(`alter role ${pg.escapeIdentifier(role)} with login password ${verifier}`)
}

/** Takes a role out of use: no password opens it. */
export async function lockRole(pool: pg.Pool, role: string): Promise<void> {
  await pool.query(`alter role ${pg.escapeIdentifier(role)} with nologin password null`)
}

/** Sessions of a role now. */
export async function sessionsOf(pool: pg.Pool, role: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    'select count(*)::int as count from pg_stat_activity where usename = $1',
    [role],
  )
  return rows[0]?.count ?? 0
}
