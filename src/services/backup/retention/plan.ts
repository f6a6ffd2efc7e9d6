/**
 * What has to be kept so that every second of the window can be restored, and what has not. Pure.
 *
 * A backup is needed as long as some moment of the window is restored from it, or from a
 * differential one that builds on it: so the first one needed is a little older than the window.
 *
 * @module
 */
import { historyBytes, type BackupEntry, type HistoryEntry } from '../repository/entries.ts'
import { chainOf } from '../restore/choose.ts'
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
  const { nowMs, retainMs, heldFromMs = [] } = facts
  const backups = facts.backups.toSorted((a, b) => a.finishedMs - b.finishedMs)
  const windowFromMs = Math.min(nowMs - retainMs, ...heldFromMs)
  const bases = new Set(backups.filter(({ finishedMs }) => finishedMs > windowFromMs))
  for (const timeline of liveTimelines(facts, windowFromMs)) {
    const history = facts.histories.get(timeline)
    const path = timelinePath(timeline, history && historyBytes(history))
    const first = backups.findLast(
      ({ finishedMs, endTimeline, endLsn }) =>
        finishedMs <= windowFromMs && isOnPath(path, endTimeline, endLsn),
    )
    if (first) bases.add(first)
  }
  const kept = new Set([...bases].flatMap((base) => chainOf(backups, base)))
  return {
    windowFromMs,
    // Without anything to restore from, nothing is known to be superseded.
    expired: bases.size === 0 ? [] : backups.filter((backup) => !kept.has(backup)),
    logStarts: [...bases].map(({ timeline, startLsn }) => ({ timeline, startLsn })),
  }
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
