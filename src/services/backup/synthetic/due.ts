/**
 * Which backup is to be made a synthetic full one now. Pure.
 *
 * @module
 */
import type { BackupEntry } from '../repository/entries.ts'
import type { CatalogueState } from '../repository/state.ts'
import { livingBranch } from '../restore/branch.ts'
import { nextToStandAlone } from '../retention/plan.ts'

export type SynthesisSchedule = {
  readonly nowMs: number
  readonly retainMs: number
  /** From the newest full backup to the next; undefined: none by the clock. */
  readonly everyMs: number | undefined
  /** Whether what the window's first moment needs is made to stand on its own. */
  readonly exact: boolean
}

/** @returns Its id; first what retention needs, for that has its hour. */
export function dueSynthesis(
  state: CatalogueState,
  { nowMs, retainMs, everyMs, exact }: SynthesisSchedule,
): string | undefined {
  const { backups, histories, holds } = state
  if (exact) {
    const runs = state.runs.map(({ entry, writtenMs }) => {
      return { timeline: entry.timeline, writtenMs }
    })
    const heldFromMs = [...holds.values()].map(({ fromMs }) => fromMs)
    const next = nextToStandAlone({ nowMs, retainMs, backups, runs, histories, heldFromMs })
    if (next) return next.id
  }
  if (everyMs === undefined) return undefined
  const full = livingBranch(state).backups.findLast(({ kind }) => kind === 'full')
  const newest = newestDifference(state)
  if (!full || !newest || newest.startedMs <= full.startedMs) return undefined
  return nowMs >= full.startedMs + everyMs ? newest.id : undefined
}

/** The newest differential backup of the branch that lives. */
export function newestDifference(state: CatalogueState): BackupEntry | undefined {
  return livingBranch(state).backups.findLast(({ kind }) => kind === 'differential')
}
