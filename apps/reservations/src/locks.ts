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

/**
 * Takes the members' locks, waiting its turn: quotas and simultaneous games are then theirs to
 * count. Call it before anything is read to judge, and before `lockCourts`.
 *
 * @param more Members besides: a query with one column, `id`.
 */
export async function lockMembers(
  tx: Transaction,
  clubId: string,
  ids: readonly string[],
  more?: ReturnType<Transaction>,
): Promise<void> {
  await take(tx, MEMBER, clubId, ids, more)
}

/**
 * Takes the courts' locks. Call it last, just before writing: at the opening rush a hundred wait
 * for this lock, and each waits as long as all before it together.
 */
export async function lockCourts(
  tx: Transaction,
  clubId: string,
  ids: readonly string[],
): Promise<void> {
  await take(tx, COURT, clubId, ids)
}

/**
 * One statement, which takes them in the order of their names. Two names that hash alike share a
 * lock: one waits a little longer, nothing is lost.
 */
async function take(
  tx: Transaction,
  kind: number,
  clubId: string,
  ids: readonly string[],
  more?: ReturnType<Transaction>,
): Promise<void> {
  const others = more ? tx`UNION SELECT id::text FROM (${more}) AS others` : tx``
  await tx`SELECT pg_advisory_xact_lock(${kind}::int, hashtext(name))
    FROM (SELECT ${clubId} || ' ' || id AS name
      FROM (SELECT jsonb_array_elements_text(${tx.json([...new Set(ids)])}) AS id ${others}) AS listed
      ORDER BY id COLLATE "C") AS names`
}
