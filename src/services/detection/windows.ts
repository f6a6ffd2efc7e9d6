/**
 * Counting within a sliding time, for many names, in bounded memory and at a constant price.
 *
 * @module
 */

const NAMES_MAX = 10_000
/** A window forgets in so many steps: what came within one step goes at once. */
const STEPS = 240

/** What came within one step: since when, and how much. */
type Step = { readonly atMs: number; amount: number }

type Sum = { total: number; readonly steps: Step[] }

/** All sums, as they outlive the process; the last touched at the end. */
export type WindowState = readonly (readonly [
  name: string,
  steps: readonly (readonly [atMs: number, amount: number])[],
])[]

/** Sums of amounts by name over the last `lengthMs`. */
export class Window {
  readonly #lengthMs: number
  readonly #stepMs: number
  readonly #sums = new Map<string, Sum>()
  /** Whose sum is the last in `#sums`: it need not be moved there. */
  #last: string | undefined

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
    this.#stepMs = lengthMs / STEPS
  }

  /** Adds, and returns the sum within the window. */
  add(name: string, atMs: number, amount = 1): number {
    const sum = this.#touched(name)
    sum.total += amount
    const step = sum.steps.at(-1)
    if (step && atMs - step.atMs < this.#stepMs) step.amount += amount
    else sum.steps.push({ atMs, amount })
    return this.#within(sum, atMs)
  }

  sum(name: string, atMs: number): number {
    const sum = this.#sums.get(name)
    return sum ? this.#within(sum, atMs) : 0
  }

  state(): WindowState {
    return [...this.#sums].map(([name, { steps }]) => [
      name,
      steps.map(({ atMs, amount }) => [atMs, amount]),
    ])
  }

  restore(state: WindowState): void {
    for (const [name, steps] of state) {
      const total = steps.reduce((sum, [, amount]) => sum + amount, 0)
      const kept = steps.map(([atMs, amount]) => ({ atMs, amount }))
      this.#sums.set(name, { total, steps: kept })
      this.#last = name
    }
  }

  forget(name: string): void {
    this.#sums.delete(name)
    if (this.#last === name) this.#last = undefined
  }

  #within(sum: Sum, atMs: number): number {
    while (sum.steps[0] && sum.steps[0].atMs <= atMs - this.#lengthMs)
      sum.total -= sum.steps.shift()?.amount ?? 0
    return sum.total
  }

  /** The sum of a name, the last of them now; those not touched for longest make room. */
  #touched(name: string): Sum {
    const sum = this.#sums.get(name) ?? { total: 0, steps: [] }
    if (this.#last === name) return sum
    this.#sums.delete(name)
    this.#sums.set(name, sum)
    this.#last = name
    for (const oldest of this.#sums.keys()) {
      if (this.#sums.size <= NAMES_MAX) break
      this.#sums.delete(oldest)
    }
    return sum
  }
}
