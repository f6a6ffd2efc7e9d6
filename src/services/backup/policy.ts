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
/** Clocks are set by a little all the time; what lies further in the future is a clock set back. */
const CLOCK_SET_MS = 60_000

/**
 * When the next full backup begins: at once when there is none or one is wanted. After a failure
 * it is tried again after a minute, then two, four, at most fifteen. What lies in the future says
 * that the clock was set back: nothing waits for it to come round again.
 */
export function nextFullMs(facts: ScheduleFacts): number {
  const { nowMs, everyMs, newestStartedMs, wanted, failuresInARow, lastFailureMs } = facts
  const known = newestStartedMs !== undefined && newestStartedMs <= nowMs + CLOCK_SET_MS
  const plannedMs = wanted || !known ? nowMs : newestStartedMs + everyMs
  if (failuresInARow === 0 || lastFailureMs > nowMs + CLOCK_SET_MS) return plannedMs
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
  const ageMs = newestStartedMs === undefined ? Infinity : nowMs - newestStartedMs
  return ageMs > 1.5 * everyMs || ageMs < -CLOCK_SET_MS
}
