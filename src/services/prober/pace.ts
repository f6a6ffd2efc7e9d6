/**
 * When a probe runs again: at every beat, or less often if it is dear and nothing has changed.
 *
 * @module
 */
import type { Outcome } from '#lib/claims/statement.ts'
import type { Probe } from './probe.ts'

const SECOND_MS = 1000

export type LastRun = {
  readonly outcome: Outcome
  /** By a clock that is never set. */
  readonly startedMs: number
  readonly mark: string | undefined
}

/**
 * Only what passed may rest: what failed is asked at every beat whether it is mended, and what
 * could not be measured whether it can be now.
 *
 * @param mark As it is now; undefined when the probe has none, or it could not be had.
 */
export function isDue(
  probe: Pick<Probe, 'everySeconds' | 'mark'>,
  last: LastRun | undefined,
  nowMs: number,
  mark: string | undefined,
): boolean {
  if (last?.outcome !== 'pass') return true
  if (probe.mark && (mark === undefined || mark !== last.mark)) return true
  // A beat that comes a little early is not put off to the next.
  return nowMs - last.startedMs >= (probe.everySeconds ?? 0) * SECOND_MS - SECOND_MS
}

/** How often something that could be measured before, and now could not, is tried again soon. */
const SOON_TRIES = 3
/** Part of a beat after which it is. */
const SOON_PART = 4

/**
 * How long from one beat's beginning to the next. What could not be measured is often only starting
 * anew: waiting a whole beat for it would let a broken control look well for longer than promised.
 *
 * @param unmeasured How many runs in a row gave nothing, after one that did; never one that did: no
 *   haste for what cannot be measured here at all.
 */
export function beatMs(intervalMs: number, unmeasured: number | undefined): number {
  const isSoon = unmeasured !== undefined && unmeasured > 0 && unmeasured <= SOON_TRIES
  return isSoon ? intervalMs / SOON_PART : intervalMs
}

/** Counts for `beatMs` what a run gave. */
export function unmeasuredAfter(before: number | undefined, outcome: Outcome): number | undefined {
  if (outcome !== 'unmeasured') return 0
  return before === undefined ? undefined : before + 1
}

/** The mark now; a look that fails or hangs gives none, and the probe itself says what is wrong. */
export async function markOf(
  probe: Probe,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<string | undefined> {
  if (!probe.mark) return undefined
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
  const { promise: cut, resolve } = Promise.withResolvers<undefined>()
  const end = (): void => resolve(undefined)
  signal.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([probe.mark(signal).catch(() => undefined), cut])
  } finally {
    signal.removeEventListener('abort', end)
  }
}
