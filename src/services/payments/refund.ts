/**
 * How a refund changes: one table of states, and one function.
 *
 * @module
 */
import type { LedgerLine, Payment, PaymentEvent, Refund, RefundFact, RefundState } from './model.ts'

type Moves = Readonly<Partial<Record<RefundFact['kind'], RefundState>>>

const transitions: Readonly<Record<RefundState, Moves>> = {
  asked: { sent: 'unknown' },
  unknown: { done: 'done', pending: 'pending', refused: 'refused' },
  pending: { done: 'done', refused: 'refused' },
  review: { done: 'done', refused: 'refused' },
  done: {},
  refused: {},
}

/** States in which the money is gone, or may be. */
export const holding: ReadonlySet<RefundState> = new Set([
  'asked',
  'unknown',
  'pending',
  'review',
  'done',
])

/** States the application is told of. */
const told: ReadonlySet<RefundState> = new Set(['pending', 'done', 'refused', 'review'])

const FIRST_CHECK_MS = 15_000
const CHECK_MAX_MS = 300_000
/** So long a gateway may take to know of what was sent; then a person is asked. */
const MISSING_MS = 600_000
/** A refund that waits at the gateway is asked about for so long. */
const PENDING_MS = 30 * 86_400_000

export type RefundStep = {
  readonly refund: Refund
  /** With its count of events. */
  readonly payment: Payment
  readonly lines: readonly LedgerLine[]
  readonly events: readonly PaymentEvent[]
}

/** The refund after a fact, with what must be written together with it. */
export function refundStep(
  refund: Refund,
  fact: RefundFact,
  payment: Payment,
  nowMs: number,
): RefundStep {
  const isLost =
    fact.kind === 'missing' && refund.state === 'unknown' && nowMs > refund.createdMs + MISSING_MS
  const state = isLost ? 'review' : transitions[refund.state][fact.kind]
  if (state === undefined) {
    const waited = { ...refund, checks: refund.checks + 1 }
    return { refund: planned(waited, nowMs), payment, lines: [], events: [] }
  }
  const reason =
    fact.kind === 'pending' || fact.kind === 'refused'
      ? fact.reason
      : isLost
        ? 'REFUND_NOT_FOUND'
        : ''
  const transaction = fact.kind === 'done' ? fact.transaction : refund.transaction
  const next = planned({ ...refund, state, reason, transaction, checks: 0 }, nowMs)
  const lines = fact.kind === 'done' ? entry(next) : []
  if (!told.has(state)) return { refund: next, payment, lines, events: [] }
  const counted = { ...payment, eventCount: payment.eventCount + 1 }
  return { refund: next, payment: counted, lines, events: [eventOf(next, counted, nowMs)] }
}

function planned(refund: Refund, nowMs: number): Refund {
  const { state, checks, createdMs } = refund
  const isOver = state === 'pending' && nowMs > createdMs + PENDING_MS
  const rests = state === 'done' || state === 'refused' || state === 'review' || isOver
  const waitMs = Math.min(FIRST_CHECK_MS * 2 ** Math.min(checks, 10), CHECK_MAX_MS)
  return { ...refund, nextCheckMs: rests ? null : nowMs + waitMs }
}

/** Both sides of the movement back; together zero. */
function entry({ gateway, currency, transaction, amount, from }: Refund): LedgerLine[] {
  const common = { currency, transaction: `${gateway}:${transaction}` }
  return [
    { ...common, account: `at-gateway:${gateway}`, amount: -amount },
    { ...common, account: from, amount },
  ]
}

function eventOf(refund: Refund, payment: Payment, nowMs: number): PaymentEvent {
  const { tenant, reference, eventCount } = payment
  return {
    paymentId: payment.id,
    sequence: eventCount,
    type: `refund.${refund.state}`,
    refundId: refund.id,
    tenant,
    reference,
    state: payment.state,
    reason: refund.reason,
    amount: refund.amount,
    currency: refund.currency,
    atMs: nowMs,
  }
}
