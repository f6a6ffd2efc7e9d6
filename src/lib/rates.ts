/**
 * How many requests pass on a declared route: one bucket for each visitor, that fills with requests
 * and empties steadily.
 *
 * Method: the generic cell rate algorithm, one number for each bucket (ITU-T I.371, annex A).
 *
 * @module
 */

export type RateQuestion = {
  /** Names route and visitor. */
  readonly key: string
  /** Requests a minute, in the long run. */
  readonly perMinute: number
  /** Requests at once, after a rest. */
  readonly burst: number
}

/** A count of requests, wherever it is kept. It has a clock of its own. */
export interface RateLimits {
  /** Counts a request, if it may pass. @returns Milliseconds to wait; 0 when it may pass now. */
  take(question: RateQuestion): number | Promise<number>
}

const MINUTE_MS = 60_000
/** Buckets remembered; a full memory forgets who asked longest ago. 10 MiB, or so. */
const REMEMBERED_MAX = 100_000

/** Counts in the memory of this process alone. @param nowMs Never goes back. */
export function ratesInMemory(nowMs: () => number): RateLimits {
  /** Key → when its bucket will be empty. */
  const emptyAtMs = new Map<string, number>()
  return {
    take: ({ key, perMinute, burst }) => {
      const now = nowMs()
      const eachMs = MINUTE_MS / perMinute
      const full = Math.max(now, emptyAtMs.get(key) ?? now) + eachMs
      const waitMs = full - now - burst * eachMs
      if (waitMs > 0) return Math.ceil(waitMs)
      emptyAtMs.delete(key) // and in again at the end: the order is the order of use
      emptyAtMs.set(key, full)
      if (emptyAtMs.size > REMEMBERED_MAX) {
        for (const oldest of emptyAtMs.keys()) {
          emptyAtMs.delete(oldest)
          break
        }
      }
      return 0
    },
  }
}
