/**
 * How long bytes must wait so that a line carries no more than so many a second. Pure.
 *
 * What is urgent waits for what is urgent alone; the rest waits for everything. So a backup never
 * delays the log, and over time both together keep to the limit.
 *
 * @module
 */

export class RateLimit {
  readonly #bytesPerMs: number
  #urgentFreeAtMs = 0
  #freeAtMs = 0

  /** @param bytesPerSecond Above 0. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /**
   * Books the time that the bytes take.
   *
   * @param nowMs On a clock that only grows.
   * @returns How long to wait before they may go, milliseconds.
   */
  book(nowMs: number, bytes: number, urgent: boolean): number {
    const lastsMs = bytes / this.#bytesPerMs
    const startMs = Math.max(nowMs, urgent ? this.#urgentFreeAtMs : this.#freeAtMs)
    this.#freeAtMs = Math.max(nowMs, this.#freeAtMs) + lastsMs
    if (urgent) this.#urgentFreeAtMs = startMs + lastsMs
    return startMs - nowMs
  }
}
