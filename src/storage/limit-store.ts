/**
 * A store that moves no more than so many bytes a second, so that a copy does not starve the rest.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'
import type { ObjectStore } from './object-store.ts'

/** @param bytesPerSecond Above 0; reads and writes together. */
export function withLimit(store: ObjectStore, clock: Clock, bytesPerSecond: number): ObjectStore {
  let freeAtMs = clock.monotonicMs()
  /** Books the time that `size` bytes take, and waits for its turn. */
  const pay = async (size: number): Promise<void> => {
    const nowMs = clock.monotonicMs()
    const startMs = Math.max(nowMs, freeAtMs)
    freeAtMs = startMs + (size / bytesPerSecond) * 1000
    if (startMs > nowMs) await clock.sleep(startMs - nowMs)
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
