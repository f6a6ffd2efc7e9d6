/**
 * What the notary signs, and when: rules over statements, without clock, key or disk.
 *
 * @module
 */
import type { Claim } from '#lib/claims/claim.ts'
import { CUSTOMERS_MEASURED } from '#lib/claims/findings-customers.ts'
import { CLOCK_TOLERANCE_MS, type ClaimRecord } from '#lib/claims/state.ts'
import type { Measurement, Statement } from '#lib/claims/statement.ts'
import { DeniedError } from '#lib/errors.ts'

/** Evidence is renewed this many times within its bound, so that one lost run harms nothing. */
const RENEWALS_PER_BOUND = 3

/** What the notary remembers of one claim. */
export type ClaimBook = {
  /** What was signed last. */
  readonly logged?: Measurement
  /** Runs admitted since and not yet signed, as one; their verdict is that of `logged`. */
  readonly held?: Measurement
}

/** The book of a claim as its log leaves it. */
export function bookFrom(record: ClaimRecord): ClaimBook {
  return { logged: record.newest.measurement }
}

/**
 * Refuses what must never be signed: an unknown claim, another sentence than the published one, a
 * time that is not about now, a time before one already admitted.
 *
 * @throws {DeniedError} NOTARY_CLAIM_UNKNOWN, NOTARY_SENTENCE_DIFFERS, NOTARY_TIME_REFUSED.
 */
export function admit(
  statement: Statement,
  claim: Claim | undefined,
  digest: string,
  book: ClaimBook,
  nowMs: number,
): void {
  const { measurement } = statement
  if (!claim) throw denied('NOTARY_CLAIM_UNKNOWN', `no claim ${measurement.claim}`)
  if (statement.sentenceDigest !== digest)
    throw denied('NOTARY_SENTENCE_DIFFERS', `${claim.id}: measured about another sentence`)
  const offMs = Math.abs(measurement.endedMs - nowMs)
  if (offMs > CLOCK_TOLERANCE_MS)
    throw denied('NOTARY_TIME_REFUSED', `${claim.id}: ended ${offMs} ms away from the notary's now`)
  const newest = book.held ?? book.logged
  if (newest && measurement.endedMs <= newest.endedMs)
    throw denied('NOTARY_TIME_REFUSED', `${claim.id}: ended before what was measured last`)
}

export type Decision = {
  readonly book: ClaimBook
  /** To sign now, in this order; empty when this run is only counted. */
  readonly sign: readonly Measurement[]
}

/** A change is signed at once; sameness is counted, and signed a few times within the bound. */
export function decide(book: ClaimBook, run: Measurement, claim: Claim): Decision {
  const { logged, held } = book
  if (!logged || verdict(logged) !== verdict(run)) {
    return { sign: held ? [held, run] : [run], book: { logged: run } }
  }
  const runs = held ? { count: held.runs.count + 1, firstMs: held.runs.firstMs } : run.runs
  const both = { ...run, runs }
  const due = run.endedMs - logged.endedMs >= claim.boundMs / RENEWALS_PER_BOUND
  return due ? { sign: [both], book: { logged: both } } : { sign: [], book: { logged, held: both } }
}

/**
 * Outcome and kinds of findings: what must be the same for runs to be counted together. What was
 * found for customers is only provable to them while the newest hash over it is signed.
 */
function verdict({ outcome, findings }: Measurement): string {
  const kinds = findings.map(({ code, values }) =>
    code === CUSTOMERS_MEASURED ? `${code} ${values['root']}` : code,
  )
  return [outcome, ...kinds].join()
}

function denied(code: string, message: string): DeniedError {
  return new DeniedError(code, message, message)
}
