/**
 * The history of a thing, day by day (UTC), as a page shows it.
 *
 * @module
 */
import { addSpent, nothing, type Spent } from './time.ts'

const DAY_MS = 86_400_000

/** Time in each state in one stretch; several may be of one day. */
export type Stretch = Spent & { readonly startMs: number }

/** `none`: before it was watched. The others are ordered by what deserves to be seen. */
export type DayState = 'none' | 'up' | 'unknown' | 'partly' | 'down'

export type Day = Spent & { readonly startMs: number; readonly state: DayState }

/** From this part of a day's watched time on, it counts as unknown, or as down. */
const UNKNOWN_FROM = 0.01
const DOWN_FROM = 0.05

/**
 * The last `count` days, oldest first, today included. Time since `sinceMs` that no stretch
 * accounts for is unknown.
 */
export function lastDays(
  stretches: readonly Stretch[],
  sinceMs: number,
  nowMs: number,
  count: number,
): Day[] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS
  const spent = new Map<number, Spent>()
  for (const stretch of stretches) {
    const startMs = Math.floor(stretch.startMs / DAY_MS) * DAY_MS
    spent.set(startMs, addSpent(spent.get(startMs) ?? nothing, stretch))
  }
  return Array.from({ length: count }, (_, at) => {
    const startMs = today - (count - 1 - at) * DAY_MS
    const known = spent.get(startMs) ?? nothing
    const watchedMs = Math.min(nowMs, startMs + DAY_MS) - Math.max(sinceMs, startMs)
    const missingMs = watchedMs - known.upMs - known.downMs - known.unknownMs
    const day = addSpent(known, { ...nothing, unknownMs: Math.max(0, missingMs) })
    return { startMs, ...day, state: dayState(day) }
  })
}

function dayState({ upMs, downMs, unknownMs }: Spent): DayState {
  const wholeMs = upMs + downMs + unknownMs
  if (wholeMs <= 0) return 'none'
  if (downMs / wholeMs >= DOWN_FROM) return 'down'
  if (downMs > 0) return 'partly'
  return unknownMs / wholeMs >= UNKNOWN_FROM ? 'unknown' : 'up'
}
