/**
 * A store that moves no more than so many bytes a second, so that a copy does not starve the rest.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from './object-store.ts'
import { RateLimit } from './rate-limit.ts'

/** The log and the catalogue travel in objects of this size at most; larger ones can wait. */
const URGENT_BYTES_MAX = 1024 * 1024 + 4096

/**
 * Reads and writes together keep to the rate over time; one object goes at the line's own speed.
 *
 * @param bytesPerSecond Above 0.
 */
export function withLimit(store: ObjectStore, clock: Clock, bytesPerSecond: number): ObjectStore {
  const limit = new RateLimit(bytesPerSecond)
  const pay = async (size: number): Promise<void> => {
    const waitMs = limit.book(clock.monotonicMs(), size, size <= URGENT_BYTES_MAX)
    if (waitMs > 0) await clock.sleep(waitMs)
  }
  return {
    put: async (name, bytes) => {
      await pay(bytes.length)
      await store.put(name, bytes)
    },
    get: async (name) => {
      const bytes = await store.get(name)
      await pay(bytes.length)
      return bytes
    },
    getRange: async (name, start, length) => {
      const bytes = await store.getRange(name, start, length)
      await pay(bytes.length)
      return bytes
    },
    head: (name) => store.head(name),
    list: (folder) => store.list(folder),
    lock: store.lock,
    delete: (name) => store.delete(name),
  }
}
