/**
 * From evidence to the state of a claim: a pure function of evidence, exceptions and the time.
 *
 * Nothing else decides what the trust page shows. Source: docs/formats/evidence.md §7.
 *
 * @module
 */
import type { Claim } from './claim.ts'
import type { Measurement } from './statement.ts'

/** Where a measurement stands in the log, and whose signature it carries. */
export type Evidence = {
  readonly measurement: Measurement
  /** SHA-256 of the sentence it speaks about, hex. */
  readonly sentenceDigest: string
  readonly index: number
  /** RFC 6962 leaf hash, hex. */
  readonly leafHash: string
  /** Key that signed it, hex. */
  readonly keyId: string
}

/** All that the state of one claim depends on, gathered from the log in its order. */
export type ClaimRecord = {
  readonly newest: Evidence
  /** The newest evidence that passed or failed. */
  readonly decisive?: Evidence
  /** When the outcome of `decisive` began, without another decisive outcome in between. */
  readonly sinceMs?: number
}

/** The operator's public word that a promise is knowingly not kept for a while. */
export type ClaimException = {
  readonly claim: string
  readonly reason: string
  /** Milliseconds since the Unix epoch; from then on it has no effect. */
  readonly untilMs: number
}

export type MeasuredState = 'proven' | 'failing' | 'stale' | 'unproven'
export type ClaimState = MeasuredState | 'excepted'

export const claimStates = ['failing', 'excepted', 'stale', 'unproven', 'proven'] as const

/** Why a claim is not simply proven or failing. */
export type StateReason =
  'measured' | 'no-evidence' | 'no-probe' | 'not-measurable' | 'too-old' | 'from-the-future'

export type ClaimStatus = {
  readonly claim: Claim
  readonly state: ClaimState
  /** What the measurements alone say; differs from `state` only when excepted. */
  readonly measured: MeasuredState
  readonly reason: StateReason
  readonly record?: ClaimRecord
  readonly exception?: ClaimException
}

/** Clocks of two machines may differ by this much before evidence counts as from the future. */
export const CLOCK_TOLERANCE_MS = 60_000

/** Takes the next evidence of a claim into its record. Evidence comes in the order of the log. */
export function addEvidence(before: ClaimRecord | undefined, evidence: Evidence): ClaimRecord {
  const { measurement } = evidence
  if (measurement.outcome === 'unmeasured') return { ...before, newest: evidence }
  const same =
    before?.decisive?.measurement.outcome === measurement.outcome &&
    before.decisive.sentenceDigest === evidence.sentenceDigest
  const sinceMs = same ? before.sinceMs : undefined
  return { newest: evidence, decisive: evidence, sinceMs: sinceMs ?? measurement.runs.firstMs }
}

/**
 * The state of a claim at a moment.
 *
 * @param sentenceDigest Of the sentence as it is published now, hex.
 */
export function claimStatus(
  claim: Claim,
  sentenceDigest: string,
  record: ClaimRecord | undefined,
  exception: ClaimException | undefined,
  nowMs: number,
): ClaimStatus {
  const [measured, reason] = measuredState(claim, sentenceDigest, record, nowMs)
  const running = exception && nowMs < exception.untilMs && measured !== 'proven'
  return {
    claim,
    state: running ? 'excepted' : measured,
    measured,
    reason,
    ...(record ? { record } : {}),
    ...(running ? { exception } : {}),
  }
}

function measuredState(
  claim: Claim,
  sentenceDigest: string,
  record: ClaimRecord | undefined,
  nowMs: number,
): readonly [MeasuredState, StateReason] {
  if (!record) return ['unproven', claim.probe === 'none' ? 'no-probe' : 'no-evidence']
  const { newest, decisive } = record
  if (decisive?.sentenceDigest !== sentenceDigest) {
    const tried = newest.sentenceDigest === sentenceDigest
    return ['unproven', tried ? 'not-measurable' : 'no-evidence']
  }
  // A failure does not expire and is not excused by a clock: only a later pass ends it.
  if (decisive.measurement.outcome === 'fail') return ['failing', 'measured']
  if (newest.measurement.endedMs > nowMs + CLOCK_TOLERANCE_MS)
    return ['unproven', 'from-the-future']
  if (newest !== decisive) return ['stale', 'not-measurable']
  if (nowMs - decisive.measurement.endedMs > claim.boundMs) return ['stale', 'too-old']
  return ['proven', 'measured']
}

/** How many claims are in each state. */
export function countStates(
  statuses: readonly ClaimStatus[],
): Readonly<Record<ClaimState, number>> {
  const counts = { proven: 0, failing: 0, stale: 0, unproven: 0, excepted: 0 }
  for (const { state } of statuses) counts[state]++
  return counts
}
