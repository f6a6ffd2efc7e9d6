/**
 * Counting within a sliding time, for many names, in bounded memory.
 *
 * @module
 */

const NAMES_MAX = 10_000
const TIMES_MAX = 10_000

/** Sums of amounts by name over the last `lengthMs`. */
export class Window {
  readonly #lengthMs: number
  readonly #entries = new Map<string, { atMs: number; amount: number }[]>()

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /** Adds, and returns the sum within the window. */
  add(name: string, atMs: number, amount = 1): number {
    const entries = this.#entries.get(name) ?? []
    this.#entries.delete(name) // to the end: the last used
    this.#entries.set(name, entries)
    entries.push({ atMs, amount })
    if (entries.length > TIMES_MAX) entries.shift()
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= NAMES_MAX) break
      this.#entries.delete(oldest)
    }
    return this.sum(name, atMs)
  }

  sum(name: string, atMs: number): number {
    const entries = this.#entries.get(name)
    if (!entries) return 0
    while (entries[0] && entries[0].atMs <= atMs - this.#lengthMs) entries.shift()
    return entries.reduce((sum, { amount }) => sum + amount, 0)
  }

  forget(name: string): void {
    this.#entries.delete(name)
  }
}
