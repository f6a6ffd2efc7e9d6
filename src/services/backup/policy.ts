/**
 * When a backup is due, when one is overdue, who lags. Pure.
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

/** What is known of how fresh a copy is. Ages, so that no setting of the clock makes it fresh. */
export type Freshness = {
  readonly nowMs: number
  /** How long ago we last had all that the server had; undefined: never. */
  readonly receivedAllAgoMs: number | undefined
  /** How long WAL has waited with us to be sent on; undefined: none waits. */
  readonly heldForMs: number | undefined
  /** Age of the oldest WAL the region lacks; undefined: not known. */
  readonly regionLagMs: number | undefined
}

/**
 * The moment up to which a region surely holds every change; undefined while that is not known.
 * Silence never makes a copy fresh: only the server's own word that there is no more.
 */
export function completeUntilMs(freshness: Freshness): number | undefined {
  const { nowMs, receivedAllAgoMs, heldForMs, regionLagMs } = freshness
  if (receivedAllAgoMs === undefined || regionLagMs === undefined) return undefined
  return nowMs - Math.max(receivedAllAgoMs, heldForMs ?? 0, regionLagMs)
}
