/**
 * Availability as time: up, down and unknown, and the two bounds that the unknown leaves.
 *
 * One rule decides whose the time between two checks is: when both say the same, it is theirs; when
 * they differ, or lie too far apart, or one could not look, nobody knows. Nothing unknown is ever
 * counted as up, and none of it vanishes from the whole.
 *
 * @module
 */

/** What one check saw. `unknown`: the one who looked could not look. */
export type Seen = 'up' | 'down' | 'unknown'

export type Check = { readonly atMs: number; readonly seen: Seen }

/** Time in each state, in milliseconds. */
export type Spent = { readonly upMs: number; readonly downMs: number; readonly unknownMs: number }

export const nothing: Spent = { upMs: 0, downMs: 0, unknownMs: 0 }

/** In which state the time between two checks of one thing was spent. */
export function stateBetween(before: Check, after: Check, gapMaxMs: number): Seen {
  const ms = after.atMs - before.atMs
  return ms > 0 && ms <= gapMaxMs && before.seen === after.seen ? after.seen : 'unknown'
}

/** A state that lasted `ms`. */
export function spentIn(state: Seen, ms: number): Spent {
  return { ...nothing, [`${state}Ms`]: Math.max(0, ms) }
}

export function addSpent(a: Spent, b: Spent): Spent {
  return {
    upMs: a.upMs + b.upMs,
    downMs: a.downMs + b.downMs,
    unknownMs: a.unknownMs + b.unknownMs,
  }
}

/** Cuts a stretch of time at every whole multiple of `sizeMs`. A clock set back gives none. */
export function slices(
  fromMs: number,
  untilMs: number,
  sizeMs: number,
): { readonly startMs: number; readonly ms: number }[] {
  const found: { startMs: number; ms: number }[] = []
  for (let atMs = fromMs; atMs < untilMs;) {
    const startMs = Math.floor(atMs / sizeMs) * sizeMs
    const endMs = Math.min(untilMs, startMs + sizeMs)
    found.push({ startMs, ms: endMs - atMs })
    atMs = endMs
  }
  return found
}

/** Parts of the whole, 0 to 1: had all that is unknown been down, or all of it up. */
export type Availability = { readonly lowest: number; readonly highest: number }

/** @returns Undefined when there is no time at all to speak of. */
export function availability({ upMs, downMs, unknownMs }: Spent): Availability | undefined {
  const wholeMs = upMs + downMs + unknownMs
  if (wholeMs <= 0) return undefined
  return { lowest: upMs / wholeMs, highest: (upMs + unknownMs) / wholeMs }
}

/** In percent, rounded down: never in our favour, and 100 only when it is all. */
export function percent(part: number, decimals: number): string {
  const scale = 10 ** decimals
  return (Math.floor(part * 100 * scale + 1e-7) / scale).toFixed(decimals)
}
