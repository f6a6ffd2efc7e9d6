/**
 * What going back to a moment takes, and whether it can be done. Pure.
 *
 * @module
 */
import type { Recovery, RecoveryBackup } from '../ports.ts'
import { instant } from './words.ts'

export type Plan =
  | { readonly backups: readonly RecoveryBackup[]; readonly logMs: number }
  | { readonly reason: string }

/**
 * The backup that a restore to this moment begins with, those it builds on, and how much log comes
 * after it.
 */
export function planFor(recovery: Recovery, atMs: number): Plan {
  const { backups, untilMs, uncertain, gaps } = recovery
  if (untilMs !== undefined && atMs > untilMs)
    return {
      reason: `nothing after ${instant(untilMs)} is in every region yet; pick "latest" for the end`,
    }
  if (uncertain.some(({ fromMs, toMs }) => atMs > fromMs && atMs <= toMs))
    return { reason: 'the database went on from an older moment then; pick one before or after' }
  const gap = gaps.find(({ fromMs, toMs }) => atMs > fromMs && atMs < toMs)
  if (gap) return { reason: `${gap.why}; pick one before ${instant(gap.fromMs)} or after` }
  const early = backups.filter(({ finishedMs }) => finishedMs <= atMs)
  const [first] = early.toSorted((a, b) => b.finishedMs - a.finishedMs)
  if (!first) return { reason: tooEarly(recovery) }
  const chain = [first]
  for (let last = first; last.parentId !== undefined;) {
    const parent = backups.find(({ id }) => id === last.parentId)
    if (!parent || chain.includes(parent))
      return { reason: `${last.id} builds on a missing backup` }
    chain.push(parent)
    last = parent
  }
  return { backups: chain, logMs: atMs - first.finishedMs }
}

function tooEarly({ backups, destroyed }: Recovery): string {
  const oldest = backups.toSorted((a, b) => a.finishedMs - b.finishedMs)[0]
  if (!oldest) return 'no backup is finished yet'
  const since = instant(oldest.finishedMs)
  return destroyed === undefined
    ? `the oldest backup was finished at ${since}; nothing before can come back`
    : `what is older than ${since} was destroyed, as retention promises`
}

/** `2026-11-23T10:07` or with seconds, as a form sends it, taken as UTC. */
export function momentFrom(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined
  const ms = Date.parse(`${text}Z`)
  return Number.isNaN(ms) ? undefined : ms
}
