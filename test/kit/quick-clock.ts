/** A clock for tests with simulated disks: sleeping takes turns of the event loop, not time. @module */
import type { Clock } from '#system/clock.ts'

/** Begins at 2026-01-01T00:00:00Z; a sleep moves it on by what was slept. */
export function quickClock(): Clock {
  let elapsedMs = 0
  return {
    nowMs: () => Date.UTC(2026, 0, 1) + elapsedMs,
    monotonicMs: () => elapsedMs,
    sleep: async (ms, signal) => {
      for (let turn = 0; turn < 20; turn++) {
        signal?.throwIfAborted()
        await Promise.resolve()
      }
      elapsedMs += ms
    },
  }
}
