/**
 * Brings a service's own schema in the control database up to date, in one transaction.
 *
 * Each service owns one schema, with a role of its own, and carries its migrations as a list that
 * only grows. What was applied is remembered with its digest: a changed past is refused.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'

/** One step. Names are unique, sort in order, and are never reused: '0001-first-tables'. */
export type Migration = { readonly name: string; readonly sql: string }

/** Keeps two processes of one service from migrating at once. */
const LOCK_KEY = 7_242_042

/**
 * @param client Connected as the owner of the schema, which is first on its search_path.
 * @returns Names applied now.
 * @throws {FaultError} MIGRATION_CHANGED when an applied step differs or is gone; MIGRATION_FAILED.
 */
export async function migrate(
  client: pg.ClientBase,
  migrations: readonly Migration[],
): Promise<string[]> {
  await client.query('begin')
  try {
    const applied = await apply(client, migrations)
    await client.query('commit')
    return applied
  } catch (error) {
    await client.query('rollback')
    if (error instanceof FaultError) throw error
    throw new FaultError('MIGRATION_FAILED', (error as Error).message, { cause: error })
  }
}

async function apply(client: pg.ClientBase, migrations: readonly Migration[]): Promise<string[]> {
  await client.query('select pg_advisory_xact_lock($1)', [LOCK_KEY])
  await client.query(
    `create table if not exists migration (
       name text primary key, digest text not null, applied_at timestamptz not null default now())`,
  )
  const known = await client.query<{ name: string; digest: string }>(
    'select name, digest from migration order by name',
  )
  for (const [index, row] of known.rows.entries()) {
    const step = migrations[index]
    if (step?.name === row.name && digest(step) === row.digest) continue
    const message = `the control database holds step ${row.name}, which this version does not have`
    throw new FaultError('MIGRATION_CHANGED', `${message}; run the version that made it, or newer`)
  }
  const pending = migrations.slice(known.rows.length)
  for (const step of pending) {
    await client.query(step.sql)
    const row = [step.name, digest(step)]
    await client.query('insert into migration (name, digest) values ($1, $2)', row)
  }
  return pending.map((step) => step.name)
}

function digest(step: Migration): string {
  return createHash('sha256').update(step.sql).digest('hex')
}
