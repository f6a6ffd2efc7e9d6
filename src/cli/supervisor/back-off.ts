/**
 * How long a process that ended waits before it is started again. Pure.
 *
 * @module
 */

/** Delays grow from a tenth of a second, doubling, to half a minute. */
const FIRST_MS = 100
const MAX_MS = 30_000
/** A process that lived this long is healthy again: its next end starts from the first delay. */
const HEALTHY_MS = 60_000

export type Restarts = { readonly inARow: number }

export const noRestarts: Restarts = { inARow: 0 }

/** @param livedMs How long the process was up before it ended. */
export function afterEnd(
  before: Restarts,
  livedMs: number,
): { readonly restarts: Restarts; readonly delayMs: number } {
  const inARow = livedMs >= HEALTHY_MS ? 1 : before.inARow + 1
  const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** (inARow - 1))
  return { restarts: { inARow }, delayMs }
}
