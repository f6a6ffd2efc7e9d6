/**
 * Who waits for whom, in one fixed order: members first, then courts, each sorted.
 *
 * The exclusion constraint alone is safe but not alive: at the opening rush, inserts that wait for
 * each other end in deadlocks resolved one second at a time. And it knows nothing of quotas, which
 * two browser tabs would otherwise pass together. So whoever writes a booking takes these locks
 * first; they last until the transaction ends.
 *
 * @module
 */
import type { Transaction } from './database.ts'

/** First key of the two-key advisory lock: what kind of thing is locked. */
const MEMBER = 71_001
const COURT = 71_002

export type LockNeed = {
  /** Whose quotas and simultaneous bookings are judged. */
  readonly members: readonly string[]
  readonly courts: readonly string[]
}

/** Takes the locks, waiting its turn. Call once per transaction, before anything is read to judge. */
export async function lock(tx: Transaction, clubId: string, need: LockNeed): Promise<void> {
  for (const member of sorted(need.members)) await take(tx, MEMBER, clubId, member)
  for (const court of sorted(need.courts)) await take(tx, COURT, clubId, court)
}

/** Two names that hash alike share a lock: one waits a little longer, nothing is lost. */
async function take(tx: Transaction, kind: number, clubId: string, id: string): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(${kind}::int, hashtext(${`${clubId} ${id}`}))`
}

function sorted(ids: readonly string[]): string[] {
  return [...new Set(ids)].toSorted()
}
