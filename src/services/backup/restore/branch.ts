/**
 * The branch of timelines that lives: its backups, and the times at which it is not known whether
 * what happened is on it. Pure.
 *
 * After a restore to a moment the log goes on from there, on a timeline of its own; what the old
 * one held after that moment was abandoned. A time within it names a moment of another branch.
 *
 * @module
 */
import { historyBytes, type BackupEntry } from '../repository/entries.ts'
import type { CatalogueState } from '../repository/state.ts'
import { byEnd } from './choose.ts'
import { isOnPath, timelinePath } from './timelines.ts'

/** Milliseconds since the Unix epoch; the first excluded, the last included. */
export type Stretch = { readonly fromMs: number; readonly toMs: number }

export type LivingBranch = {
  /** By their end, oldest first; not those of which a synthetic one holds the same state. */
  readonly backups: readonly BackupEntry[]
  readonly uncertain: readonly Stretch[]
}

export function livingBranch(
  state: Pick<CatalogueState, 'backups' | 'runs' | 'histories'>,
): LivingBranch {
  const twins = new Set(state.backups.map(({ synthetic }) => synthetic?.from))
  const sorted = state.backups.filter(({ id }) => !twins.has(id)).toSorted(byEnd)
  const newest = state.runs.at(-1)?.entry.timeline ?? 1
  const history = state.histories.get(newest)
  if (!history && newest !== 1) return { backups: sorted, uncertain: [] }
  const path = timelinePath(newest, history && historyBytes(history))
  const backups = sorted.filter(({ endTimeline, endLsn }) => isOnPath(path, endTimeline, endLsn))
  const uncertain = path.slice(1).flatMap(({ timeline }): Stretch[] => {
    const begun = state.runs.find(({ entry }) => entry.timeline === timeline)
    if (!begun) return []
    const before = backups.findLast(
      ({ endTimeline, finishedMs }) => endTimeline < timeline && finishedMs <= begun.writtenMs,
    )
    return [{ fromMs: before?.finishedMs ?? -Infinity, toMs: begun.writtenMs }]
  })
  return { backups, uncertain }
}

export function isUncertain(uncertain: readonly Stretch[], atMs: number): boolean {
  return uncertain.some(({ fromMs, toMs }) => fromMs < atMs && atMs <= toMs)
}
