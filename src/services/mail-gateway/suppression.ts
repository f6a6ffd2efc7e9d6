/**
 * To whom nothing is sent any more, and why. Staff can see and lift it.
 *
 * Mail to an address where nobody is costs the reputation of all the others; mail to one who
 * complained costs it faster. Security mail goes all the same: whoever is locked out must hear it.
 *
 * @module
 */
import type pg from 'pg'
import { DAY_MS } from './limits.ts'

/**
 * `dead`: nobody is there. `complaint`: somebody is, and called a list unwanted. `staff`: one of us
 * ended it. What each keeps out is said in `accept-function.ts`.
 */
export type SuppressionReason = 'dead' | 'complaint' | 'staff'

export type Because = {
  readonly reason: SuppressionReason
  /** The receiver's status code, or the kind of complaint: never its words. */
  readonly status: string
  /** Why, in a word of staff. */
  readonly note?: string
}

export type Suppression = Because & { readonly sinceMs: number }

/** @param victim The keyed hash of the address. */
export type SuppressionLine = Suppression & { readonly victim: string; readonly note: string }

/** Then one mail is tried again: people get their addresses back. */
export const SUPPRESSED_MS: number = 90 * DAY_MS

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
  { reason, status, note = '' }: Because,
  nowMs: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into suppression (victim, reason, status, since, note) values ($1, $2, $3, $4, $5)
     on conflict (victim) do update set reason = $2, status = $3, since = $4, note = $5
     where suppression.reason <> $2`,
    [victim, reason, status.slice(0, 40), new Date(nowMs), note.slice(0, NOTE_MAX)],
  )
  return rowCount === 1
}

export const NOTE_MAX = 200

/** The newest first. */
export async function suppressions(
  client: Queryable,
  max: number,
): Promise<readonly SuppressionLine[]> {
  const { rows } = await client.query<{
    victim: string
    reason: SuppressionReason
    status: string
    since: Date
    note: string
  }>('select * from suppression order by since desc limit $1', [max])
  return rows.map(({ since, ...row }) => ({ ...row, sinceMs: since.getTime() }))
}

/** @returns Whether there was anything to lift. */
export async function liftSuppression(client: Queryable, victim: string): Promise<boolean> {
  const { rowCount } = await client.query('delete from suppression where victim = $1', [victim])
  return rowCount === 1
}

/** What staff ended stays ended; an address may come back to life. */
export async function forgetSuppressions(client: Queryable, nowMs: number): Promise<void> {
  await client.query(`delete from suppression where since < $1 and reason <> 'staff'`, [
    new Date(nowMs - SUPPRESSED_MS),
  ])
}
