/**
 * How late a book is judged. What waits, waits in the book: nothing is left out and no memory is
 * needed for it, but an alert that comes late must not look like one that came in time.
 *
 * @module
 */
import type { Finding } from './alert.ts'

/** How a book stands since it was asked last; undefined: as before. */
export type LagChange = 'behind' | 'current' | undefined

export class Lag {
  readonly #maxMs: number
  /** Monotonic: since when what is judged is older than it may be. */
  #sinceMs: number | undefined
  #isTold = false
  /** The most that it was late in this stretch. */
  mostMs = 0

  /** @param maxMs Later than this for as long as this is told. */
  constructor(maxMs: number) {
    this.#maxMs = maxMs
  }

  /**
   * @param lateMs From the event on the wire to now; 0 when there is nothing left to judge.
   * @param monotonicMs Now, by a clock that only grows.
   */
  see(lateMs: number, monotonicMs: number): LagChange {
    if (lateMs <= this.#maxMs) {
      this.#sinceMs = undefined
      if (!this.#isTold) return undefined
      this.#isTold = false
      return 'current'
    }
    if (this.#sinceMs === undefined) this.mostMs = 0
    this.mostMs = Math.max(this.mostMs, lateMs)
    this.#sinceMs ??= monotonicMs
    if (this.#isTold || monotonicMs - this.#sinceMs < this.#maxMs) return undefined
    this.#isTold = true
    return 'behind'
  }
}

/** What is told of it; once it is in step again, the next time is an incident of its own. */
export function lagFinding(
  change: 'behind' | 'current',
  {
    book,
    mostMs,
    nowMs,
  }: { readonly book: string; readonly mostMs: number; readonly nowMs: number },
): Finding {
  const [detector, ends] =
    change === 'behind'
      ? ['ring.detection-behind', 'ring.detection-current']
      : ['ring.detection-current', 'ring.detection-behind']
  const seconds = Math.round(mostMs / 1000)
  const evidence =
    change === 'behind' ? `${book}, ${seconds} s late` : `${book}, ${seconds} s late at most`
  const nobody = { role: '', address: '', session: '', database: '' }
  return { detector, ...nobody, evidence, subject: book, ends, atMs: nowMs }
}
