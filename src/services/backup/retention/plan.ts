/**
 * What has to be kept so that every second of the window can be restored, and what has not. Pure.
 *
 * A backup is needed as long as some moment of the window is restored from it, or from a
 * differential one that builds on it and on nothing that was put together in its place. So the
 * first one needed is a little older than the window; and it is the oldest of all, once it stands
 * on its own: `nextToStandAlone` says which is to be made to.
 *
 * @module
 */
import { historyBytes, type BackupEntry, type HistoryEntry } from '../repository/entries.ts'
import { byEnd, Chains } from '../restore/choose.ts'
import { isOnPath, timelinePath } from '../restore/timelines.ts'

export type RetentionFacts = {
  readonly nowMs: number
  readonly retainMs: number
  readonly backups: readonly BackupEntry[]
  /** Each run of the log and when it began to be written, oldest first. */
  readonly runs: readonly { readonly timeline: number; readonly writtenMs: number }[]
  readonly histories: ReadonlyMap<number, HistoryEntry>
  /** Moments from which on somebody ordered that nothing be given up. */
  readonly heldFromMs?: readonly number[]
}

/** Where the log must begin on a timeline and those that come from it. */
export type LogStart = { readonly timeline: number; readonly startLsn: bigint }

export type RetentionPlan = {
  /** The first moment that must be restorable. */
  readonly windowFromMs: number
  readonly expired: readonly BackupEntry[]
  /** Of the backups from which something may be restored; empty while there are none. */
  readonly logStarts: readonly LogStart[]
}

export function planRetention(facts: RetentionFacts): RetentionPlan {
  const windowFromMs = windowOf(facts)
  const backups = facts.backups.toSorted(byEnd)
  const bases = new Set(backups.filter(({ finishedMs }) => finishedMs > windowFromMs))
  for (const [first] of edges(facts, backups, windowFromMs)) if (first) bases.add(first)
  const chains = new Chains(backups)
  const kept = new Set<BackupEntry>()
  for (const base of bases) {
    for (let one: BackupEntry | undefined = base; one && !kept.has(one);) {
      kept.add(one)
      one = chains.parentOf(one, true)
    }
  }
  return {
    windowFromMs,
    // Without anything to restore from, nothing is known to be superseded.
    expired: bases.size === 0 ? [] : backups.filter((backup) => !kept.has(backup)),
    logStarts: [...bases].map(({ timeline, startLsn }) => ({ timeline, startLsn })),
  }
}

/** The first moment that must be restorable. */
function windowOf({ nowMs, retainMs, heldFromMs = [] }: RetentionFacts): number {
  return Math.min(nowMs - retainMs, ...heldFromMs)
}

/** On each timeline: from what the first moment is restored, and what takes over from it. */
function* edges(
  facts: RetentionFacts,
  backups: readonly BackupEntry[],
  windowFromMs: number,
): Generator<[first: BackupEntry | undefined, next: BackupEntry | undefined]> {
  for (const timeline of liveTimelines(facts, windowFromMs)) {
    const history = facts.histories.get(timeline)
    const path = timelinePath(timeline, history && historyBytes(history))
    const own = backups.filter(({ endTimeline, endLsn }) => isOnPath(path, endTimeline, endLsn))
    const first = own.findLast(({ finishedMs }) => finishedMs <= windowFromMs)
    const next = own.find(({ finishedMs }) => finishedMs > windowFromMs)
    const sameState = own.findLast(({ finishedMs }) => finishedMs === next?.finishedMs)
    yield [first, sameState]
  }
}

/** So long before it takes over, a backup is made to stand on its own. */
const AHEAD_MS = 2 * 3_600_000

/**
 * The backup that is to be made a synthetic full one, so that nothing older than the first backup
 * needed is: that one, or the next to take over. Undefined when both stand on their own.
 */
export function nextToStandAlone(facts: RetentionFacts): BackupEntry | undefined {
  const windowFromMs = windowOf(facts)
  const backups = facts.backups.toSorted(byEnd)
  for (const edge of edges(facts, backups, windowFromMs)) {
    const leaning = edge.find((one) => one && one.parent !== null)
    if (leaning && leaning.finishedMs <= windowFromMs + AHEAD_MS) return leaning
  }
  return undefined
}

/** Timelines on which a moment of the window lies: those written to within it. */
function liveTimelines({ runs }: RetentionFacts, windowFromMs: number): ReadonlySet<number> {
  const live = runs.filter((_, at) => (runs[at + 1]?.writtenMs ?? Infinity) > windowFromMs)
  return new Set(live.map(({ timeline }) => timeline))
}

/**
 * Whether a piece of the log may still be replayed. A timeline comes from one with a lower number,
 * so what has a lower number than a backup's is never replayed after it.
 */
export function isLogNeeded(
  piece: { readonly timeline: number; readonly endLsn: bigint },
  logStarts: readonly LogStart[],
): boolean {
  if (logStarts.length === 0) return true
  return logStarts.some(
    ({ timeline, startLsn }) => timeline <= piece.timeline && piece.endLsn > startLsn,
  )
}
