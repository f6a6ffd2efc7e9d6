/**
 * A store that tries again: for reads of a network store that hiccups.
 *
 * Only faults are tried again; a missing or damaged object is the same at the tenth attempt.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from './object-store.ts'

export type RetryPolicy = {
  /** Attempts in all, at least 1. */
  readonly attempts: number
  /** Wait after the first failure; doubled after each, up to `waitMaxMs`. */
  readonly waitMs: number
  readonly waitMaxMs: number
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 5, waitMs: 100, waitMaxMs: 5_000 }

/** A listing is not tried again: its caller would see names twice. */
export function withRetry(store: ObjectStore, clock: Clock, policy: RetryPolicy): ObjectStore {
  const again = async <T>(act: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await act()
      } catch (error) {
        if (!(error instanceof FaultError) || attempt >= policy.attempts) throw error
        await clock.sleep(Math.min(policy.waitMaxMs, policy.waitMs * 2 ** (attempt - 1)))
      }
    }
  }
  return {
    put: (name, bytes) => again(() => store.put(name, bytes)),
    get: (name) => again(() => store.get(name)),
    getRange: (name, start, length) => again(() => store.getRange(name, start, length)),
    head: (name) => again(() => store.head(name)),
    list: (folder) => store.list(folder),
    lock: store.lock,
    delete: (name) => again(() => store.delete(name)),
  }
}
