/**
 * What a probe found for each customer is put under one hash, which is signed with the measurement.
 *
 * @module
 */
import { customerSet, type CustomerFindings, type CustomerSet } from '#crypto/customer-leaves.ts'
import { CUSTOMERS_MEASURED } from '#lib/claims/findings-customers.ts'
import type { Clock } from '#system/clock.ts'
import { finding, type Probe, type Verdict } from './probe.ts'

export type CustomerBook = {
  /** From which tokens and salts come. */
  readonly secret: Uint8Array
  /** Keeps what the trust page shows to each: before it is signed. Newest first. */
  readonly keep: (claim: string, sets: readonly CustomerSet[]) => Promise<void>
  readonly clock: Pick<Clock, 'monotonicMs'>
}

/**
 * Counts grow with every payment: a new hash is signed for them this often. What is wrong, and what
 * no longer is, is signed at once.
 */
const RENEW_MS = 600_000
/** The page may look between the keeping of one and its being signed. */
const SETS_KEPT = 2

/** A probe whose findings for customers are committed to. */
export function withCustomers(claim: string, probe: Probe, book: CustomerBook): Probe {
  let sets: readonly CustomerSet[] = []
  let kinds = ''
  let madeMs = -Infinity
  const measure = async (signal: AbortSignal): Promise<Verdict> => {
    const { customers, ...verdict } = await probe.measure(signal)
    if (!customers || customers.size === 0) return verdict
    const now = kindsOf(customers)
    const nowMs = book.clock.monotonicMs()
    if (now !== kinds || nowMs - madeMs >= RENEW_MS) {
      const made = customerSet(claim, customers, book.secret)
      sets = [made, ...sets.filter(({ root }) => root !== made.root)].slice(0, SETS_KEPT)
      await book.keep(claim, sets)
      kinds = now
      madeMs = nowMs
    }
    const { root = '', leaves = [] } = sets[0] ?? {}
    const signed = finding(CUSTOMERS_MEASURED, { count: leaves.length, root })
    return { ...verdict, findings: [...verdict.findings, signed] }
  }
  return { ...probe, measure }
}

/** Who is there, and what kinds of things were found for each: not how many. */
function kindsOf(customers: CustomerFindings): string {
  const all = [...customers].map(([name, found]) => [name, ...found.map(({ code }) => code)])
  return JSON.stringify(all.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)))
}
