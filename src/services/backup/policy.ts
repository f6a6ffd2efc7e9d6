/**
 * When a backup is due, when one is overdue. Pure.
 *
 * @module
 */

/** What the schedule knows. Times in milliseconds since the Unix epoch. */
export type ScheduleFacts = {
  readonly nowMs: number
  readonly everyMs: number
  /** When the newest full backup that counts was begun; undefined when there is none. */
  readonly newestStartedMs: number | undefined
  /** Asked for by a person, or needed because WAL is missing. */
  readonly wanted: boolean
  readonly failuresInARow: number
  readonly lastFailureMs: number
}

const RETRY_FIRST_MS = 60_000
const RETRY_MAX_MS = 15 * 60_000

/**
 * When the next full backup begins: at once when there is none or one is wanted. After a failure
 * it is tried again after a minute, then two, four, at most fifteen.
 */
export function nextFullMs(facts: ScheduleFacts): number {
  const { nowMs, everyMs, newestStartedMs, wanted, failuresInARow, lastFailureMs } = facts
  const plannedMs = wanted || newestStartedMs === undefined ? nowMs : newestStartedMs + everyMs
  if (failuresInARow === 0) return plannedMs
  const retryMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failuresInARow - 1), everyMs)
  return Math.max(plannedMs, lastFailureMs + retryMs)
}

/**
 * When the next differential backup begins: an interval after the newest backup of either kind, for
 * a full one says all that a differential would. Undefined while there is no full to build on.
 */
export function nextDifferentialMs(facts: Omit<ScheduleFacts, 'wanted'>): number | undefined {
  return facts.newestStartedMs === undefined ? undefined : nextFullMs({ ...facts, wanted: false })
}

/** Half an interval late: something must be wrong. Without any backup there is nothing but late. */
export function isOverdue(
  facts: Pick<ScheduleFacts, 'nowMs' | 'everyMs' | 'newestStartedMs'>,
): boolean {
  const { nowMs, everyMs, newestStartedMs } = facts
  return newestStartedMs === undefined || nowMs - newestStartedMs > 1.5 * everyMs
}
