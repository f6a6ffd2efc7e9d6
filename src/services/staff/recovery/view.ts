/**
 * Which stretch of time the picture shows, and what stands where in it. Pure.
 *
 * @module
 */
import type { Recovery, RecoveryBackup } from '../ports.ts'
import { DAY_MS, HOUR_MS } from './words.ts'

export type Span = 'day' | 'week' | 'all'

/** Widest first. */
export const spans: readonly Span[] = ['all', 'week', 'day']

const LENGTH_MS = { day: DAY_MS, week: 7 * DAY_MS } as const
/** A little of what was destroyed is shown, so that one sees that it was. */
const BEFORE = 0.04

export type View = { readonly span: Span; readonly fromMs: number; readonly toMs: number }

export function isSpan(text: string): text is Span {
  return spans.some((span) => span === text)
}

/** @param span As asked for; without it the whole, or the day of a moment that was picked. */
export function viewOf(
  recovery: Recovery,
  nowMs: number,
  atMs: number | undefined,
  span: Span | undefined,
): View {
  const firstMs = Math.min(nowMs - HOUR_MS, ...recovery.backups.map((one) => one.finishedMs))
  const wholeMs = nowMs - firstMs
  const wanted = span ?? (atMs === undefined ? 'all' : 'day')
  const lengthMs = wanted === 'all' ? wholeMs : LENGTH_MS[wanted]
  if (lengthMs >= wholeMs) {
    const before = recovery.destroyed === undefined ? 0 : wholeMs * BEFORE
    return { span: 'all', fromMs: firstMs - before, toMs: nowMs }
  }
  const middleMs = atMs ?? nowMs
  const toMs = Math.min(nowMs, Math.max(middleMs + lengthMs / 2, firstMs + lengthMs))
  return { span: wanted, fromMs: toMs - lengthMs, toMs }
}

/** The backups that stand in one place of the picture. */
export type Column = {
  /** Of the whole picture, 0 to 1: its middle. */
  readonly at: number
  readonly full: boolean
  readonly damaged: boolean
  /** Whether each was restored in a drill. */
  readonly drilled: boolean
  /** Oldest first; at least one. */
  readonly backups: readonly RecoveryBackup[]
}

/** @param places How many of them stand side by side. */
export function columnsOf(
  backups: readonly RecoveryBackup[],
  view: View,
  places: number,
): readonly Column[] {
  const byPlace = new Map<number, RecoveryBackup[]>()
  for (const backup of backups.toSorted((a, b) => a.finishedMs - b.finishedMs)) {
    const at = shareOf(backup.finishedMs, view)
    if (at < 0 || at > 1) continue
    const place = Math.min(places - 1, Math.floor(at * places))
    const known = byPlace.get(place)
    if (known) known.push(backup)
    else byPlace.set(place, [backup])
  }
  return [...byPlace].map(([place, here]) => ({
    at: (place + 0.5) / places,
    full: here.some(({ kind }) => kind === 'full'),
    damaged: here.some(({ damagedPages }) => damagedPages > 0),
    drilled: here.every(({ drilledMs }) => drilledMs !== undefined),
    backups: here,
  }))
}

/** Where a moment stands in the view: 0 is its beginning, 1 its end; others lie outside. */
export function shareOf(ms: number, { fromMs, toMs }: View): number {
  return (ms - fromMs) / Math.max(1, toMs - fromMs)
}

/** Steps of the scale, and from which on a day is named rather than an hour. */
const STEPS_MS = [
  600_000,
  1_800_000,
  HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
  2 * DAY_MS,
  7 * DAY_MS,
  14 * DAY_MS,
  30 * DAY_MS,
]

export type Tick = { readonly ms: number; readonly day: boolean }

/** At most so many moments that are round in UTC. */
export function ticksOf({ fromMs, toMs }: View, most: number): readonly Tick[] {
  const lengthMs = toMs - fromMs
  const step = STEPS_MS.find((ms) => lengthMs / ms <= most) ?? lengthMs
  const ticks: Tick[] = []
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) {
    ticks.push({ ms, day: ms % DAY_MS === 0 })
  }
  return ticks
}
