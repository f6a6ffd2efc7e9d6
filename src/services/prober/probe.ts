/**
 * What a probe is: it looks from outside the control and says what it saw, in codes and values.
 *
 * @module
 */
import type { CustomerFindings } from '#crypto/customer-leaves.ts'
import type { Finding, Outcome } from '#lib/claims/statement.ts'
import { FaultError } from '#lib/errors.ts'

export type Verdict = {
  readonly outcome: Outcome
  readonly findings: readonly Finding[]
  /** What concerns one customer each; only their common hash is public. */
  readonly customers?: CustomerFindings
}

export type Probe = {
  /** Of the way it measures; raised when a run no longer means the same. */
  readonly version: number
  /** At least so long between two runs that passed; else as often as the prober. */
  readonly everySeconds?: number
  /**
   * A cheap look at what the claim rests on. When it is not what it was at the last run, the
   * probe runs at once; so a probe may be dear, and a broken control is seen within a minute.
   */
  readonly mark?: (signal: AbortSignal) => Promise<string>
  /**
   * Measures once. Ends soon after `signal` aborts.
   *
   * @throws {Error} When it could not measure: neither proof nor refutation.
   */
  measure(signal: AbortSignal): Promise<Verdict>
}

/**
 * Between two runs of what costs more than a question: with the prober's beat of 20 s a control
 * that breaks is still seen within a minute.
 */
export const COSTLY_SECONDS = 40

/** The verdict of all that was found: false as soon as one finding shows it. */
export function verdictOf(good: readonly Finding[], bad: readonly Finding[]): Verdict {
  return bad.length > 0
    ? { outcome: 'fail', findings: bad.slice(0, FINDINGS_MAX) }
    : { outcome: 'pass', findings: good.slice(0, FINDINGS_MAX) }
}

const FINDINGS_MAX = 16

export function finding(code: string, values: Finding['values'] = {}): Finding {
  return { code, values }
}

/** There was nothing to measure: the control did not answer at all. `target` is shown publicly. */
export function notReached(target: string, cause?: unknown): FaultError & { target: string } {
  const error = new FaultError('PROBE_NOT_REACHED', `${target} did not answer`, { cause })
  return Object.assign(error, { target })
}
