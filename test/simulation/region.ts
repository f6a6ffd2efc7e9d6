/**
 * A region of a simulation: takes its time, fails, stores and loses its answer; and what a killed
 * process still had on its way may land or not.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import type { ObjectStore, StoredObject } from '#storage/object-store.ts'
import type { SimulatedClock } from './clock.ts'

export class SimulatedRegion {
  readonly kept: MemoryStore = new MemoryStore()
  readonly name: string
  readonly #clock: SimulatedClock
  readonly #random: () => number
  failing = false
  /** Longest that a call takes. */
  slowMs = 5

  constructor(name: string, clock: SimulatedClock, random: () => number) {
    this.name = name
    this.#clock = clock
    this.#random = random
  }

  /** As one process sees it, for as long as `alive` says; then nobody hears of anything. */
  seenBy(alive: () => boolean): ObjectStore {
    const call = async <T>(work: () => Promise<T>): Promise<T> => {
      const before = this.#random() < 0.5
      if (alive() && before && this.failing) throw this.#failed()
      await this.#clock.sleep(this.#random() * this.slowMs)
      if (!alive() && this.#random() < 0.5) return never()
      const done = this.failing && this.#random() < 0.5 ? undefined : await work()
      if (!alive()) return never()
      if (this.failing || done === undefined) throw this.#failed()
      return done
    }
    const { kept } = this
    return {
      put: async (name, bytes) => {
        await call(async () => {
          await kept.put(name, bytes)
          return true
        })
      },
      get: (name) => call(() => kept.get(name)),
      getRange: (name, start, length) => call(() => kept.getRange(name, start, length)),
      head: async (name) => (await call(async () => ({ found: await kept.head(name) }))).found,
      list: (folder) => listed(call, kept, folder),
      delete: async (name) => {
        await call(async () => {
          await kept.delete(name)
          return true
        })
      },
    }
  }

  #failed(): FaultError {
    return new FaultError('STORE_FAILED', `${this.name} does not answer`)
  }
}

async function* listed(
  call: <T>(work: () => Promise<T>) => Promise<T>,
  kept: MemoryStore,
  folder: string,
): AsyncGenerator<StoredObject> {
  yield* await call(async () => {
    const found: StoredObject[] = []
    for await (const object of kept.list(folder)) found.push(object)
    return found
  })
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
