/**
 * Time of a simulation: it stands still while anybody has something to do, then jumps to whoever
 * sleeps shortest. One seed, one order of events.
 *
 * @module
 */
import type { Clock } from '#system/clock.ts'

type Sleeper = { readonly atMs: number; readonly order: number; readonly wake: () => void }

export class SimulatedClock implements Clock {
  #elapsedMs = 0
  #setMs = Date.UTC(2026, 0, 1)
  #order = 0
  readonly #sleepers: Sleeper[] = []

  nowMs(): number {
    return Math.trunc(this.#setMs + this.#elapsedMs)
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  /** As when somebody sets the machine's clock. */
  jump(ms: number): void {
    this.#setMs += ms
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const cancel = (): void => {
        const found = this.#sleepers.indexOf(sleeper)
        if (found !== -1) this.#sleepers.splice(found, 1)
        reject(signal?.reason as Error)
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', cancel) // who sleeps a million times leaves none
        resolve()
      }
      const sleeper = { atMs: this.#elapsedMs + Math.max(0, ms), order: this.#order++, wake }
      const at = this.#sleepers.findIndex(
        (other) => other.atMs > sleeper.atMs, // later ones of the same moment come after
      )
      this.#sleepers.splice(at === -1 ? this.#sleepers.length : at, 0, sleeper)
      signal?.addEventListener('abort', cancel, { once: true })
    })
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms
    for (;;) {
      await settled()
      const next = this.#sleepers[0]
      if (!next || next.atMs > endMs) break
      this.#sleepers.shift()
      this.#elapsedMs = next.atMs
      next.wake()
    }
    this.#elapsedMs = endMs
    await settled()
  }
}

/** Until nobody has anything to do but sleep. Nothing simulated waits for the real world. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
