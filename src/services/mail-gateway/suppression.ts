/**
 * To whom nothing is sent any more, and why. Staff can see and lift it.
 *
 * Mail to an address where nobody is costs the reputation of all the others; mail to one who
 * complained costs it faster. Security mail goes all the same: whoever is locked out must hear it.
 *
 * @module
 */
import type pg from 'pg'
import type { Category } from './config.ts'
import { DAY_MS } from './limits.ts'

/** `dead`: nobody is there. `complaint`: somebody is, and called a list unwanted. */
export type SuppressionReason = 'dead' | 'complaint'

export type Because = {
  readonly reason: SuppressionReason
  /** The receiver's status code, or the kind of complaint: never its words. */
  readonly status: string
}

export type Suppression = Because & { readonly sinceMs: number }

/** Then one mail is tried again: people get their addresses back. */
export const SUPPRESSED_MS: number = 90 * DAY_MS

export function isWithheld(found: Suppression | undefined, category: Category): boolean {
  if (!found || category === 'security') return false
  return found.reason === 'dead' || category === 'list'
}

type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>

export async function suppressionOf(
  client: Queryable,
  victim: string,
): Promise<Suppression | undefined> {
  const { rows } = await client.query<{ reason: SuppressionReason; status: string; since: Date }>(
    'select reason, status, since from suppression where victim = $1',
    [victim],
  )
  const [row] = rows
  return row && { reason: row.reason, status: row.status, sinceMs: row.since.getTime() }
}

/** @returns Whether it was not known yet. */
export async function suppress(
  client: Queryable,
  victim: string,
  { reason, status }: Because,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into suppression values ($1, $2, $3, $4) on conflict (victim) do update
     set reason = $2, status = $3, since = $4 where suppression.reason <> $2`,
    [victim, reason, status.slice(0, 40), new Date(nowMs)],
  )
  return rowCount === 1
}

/** @returns Whether there was anything to lift. */
export async function liftSuppression(client: Queryable, victim: string): Promise<boolean> {
  const { rowCount } = await client.query('delete from suppression where victim = $1', [victim])
  return rowCount === 1
}

export async function forgetSuppressions(client: Queryable, nowMs: number): Promise<void> {
  await client.query('delete from suppression where since < $1', [new Date(nowMs - SUPPRESSED_MS)])
}
