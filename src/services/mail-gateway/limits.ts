/**
 * When to try again, and how fast a sender may hand in. A person's limit is counted where mail is
 * kept, in `accept-function.ts`: with the lock that keeps counting and adding together.
 *
 * @module
 */

const SECOND_MS = 1000
export const MINUTE_MS: number = 60 * SECOND_MS
export const HOUR_MS: number = 60 * MINUTE_MS
export const DAY_MS: number = 24 * HOUR_MS

/** Pauses after the first, second, … failed attempt; the last one repeats. RFC 5321 §4.5.4.1. */
const retryPausesMs: readonly number[] = [
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  1 * HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
]

/** @param attempts Made so far, at least 1. */
export function retryPauseMs(attempts: number): number {
  return retryPausesMs[Math.min(attempts, retryPausesMs.length) - 1] ?? 30 * SECOND_MS
}

/**
 * How many messages a sender may hand in: a bucket that fills evenly, and holds one minute's worth.
 */
export class SenderRate {
  readonly #perMinute: number
  #level: number
  #filledMs: number

  constructor(perMinute: number, nowMs: number) {
    this.#perMinute = perMinute
    this.#level = perMinute
    this.#filledMs = nowMs
  }

  /** @param nowMs Monotonic. @returns Whether there was room; then it is taken. */
  take(nowMs: number): boolean {
    const filled = this.#level + ((nowMs - this.#filledMs) * this.#perMinute) / MINUTE_MS
    this.#level = Math.min(this.#perMinute, filled)
    this.#filledMs = nowMs
    if (this.#level < 1) return false
    this.#level--
    return true
  }
}
