/**
 * How a payment changes: one table of states, and one function.
 *
 * A gateway may say no and then yes: the same payer tried again. It never takes a yes back; money
 * that goes back is a movement of its own.
 *
 * @module
 */
import type { Fact, LedgerLine, Payment, PaymentEvent, State } from './model.ts'

type Moves = Readonly<Partial<Record<Fact['kind'], State>>>

const transitions: Readonly<Record<State, Moves>> = {
  created: {
    opened: 'open',
    approved: 'approved',
    pending: 'pending',
    paid: 'paid',
    refused: 'refused',
    expired: 'expired',
    silent: 'unknown',
    sent: 'unknown',
  },
  open: {
    approved: 'approved',
    pending: 'pending',
    paid: 'paid',
    refused: 'refused',
    cancelled: 'cancelled',
    expired: 'expired',
    silent: 'unknown',
  },
  approved: {
    pending: 'pending',
    paid: 'paid',
    refused: 'refused',
    expired: 'expired',
    silent: 'unknown',
  },
  pending: { paid: 'paid', refused: 'refused' },
  unknown: {
    opened: 'open',
    approved: 'approved',
    pending: 'pending',
    paid: 'paid',
    refused: 'refused',
    expired: 'expired',
    lost: 'review',
  },
  refused: { approved: 'approved', pending: 'pending', paid: 'paid' },
  cancelled: {
    approved: 'approved',
    pending: 'pending',
    paid: 'paid',
    refused: 'refused',
    expired: 'expired',
  },
  expired: { pending: 'pending', paid: 'paid' },
  review: { paid: 'paid' },
  paid: {},
}

/** States the application is told of. */
const told: ReadonlySet<State> = new Set([
  'pending',
  'paid',
  'refused',
  'cancelled',
  'expired',
  'review',
])

const FIRST_CHECK_MS = 15_000
const CHECK_MAX_MS = 300_000
/** How long after its end a payment is still asked about: money can be late. */
const LATE_MS = 7 * 86_400_000
/** How long after a payment's end its token is waited for. */
const TOKEN_LATE_MS = 86_400_000

export type Step = {
  readonly payment: Payment
  readonly lines: readonly LedgerLine[]
  readonly events: readonly PaymentEvent[]
}

/**
 * The payment after a fact, with what must be written together with it.
 *
 * @param referencePaid Whether another payment for the same reference is paid.
 */
export function step(payment: Payment, fact: Fact, nowMs: number, referencePaid: boolean): Step {
  const named = { ...payment, gatewayId: fact.gatewayId ?? payment.gatewayId }
  if (fact.kind === 'paid') return receive(named, fact, nowMs, referencePaid)
  const opened = fact.kind === 'opened' ? { ...named, gatewayUrl: fact.gatewayUrl } : named
  const state = transitions[payment.state][fact.kind]
  const reason = reasonOf(fact)
  if (state === undefined) return { payment: waited(opened, nowMs), lines: [], events: [] }
  return move(opened, state, reason, nowMs, [])
}

function reasonOf(fact: Exclude<Fact, Paid>): string {
  if (fact.kind === 'lost') return 'PAYMENT_NOT_FOUND'
  return fact.kind === 'refused' || fact.kind === 'pending' ? fact.reason : ''
}

type Paid = Extract<Fact, { kind: 'paid' }>

/** Money came. It is booked once, whatever else is wrong; goods only when nothing is. */
function receive(payment: Payment, fact: Paid, nowMs: number, referencePaid: boolean): Step {
  if (payment.transactions.includes(fact.transaction)) {
    if (payment.state !== 'paid') return { payment: waited(payment, nowMs), lines: [], events: [] }
    return saved({ payment: waited(payment, nowMs), lines: [], events: [] }, fact, nowMs)
  }
  // A test moves no money: there is nothing to book, and nothing to give.
  if (fact.isTest && payment.environment === 'production') {
    return doubt(payment, 'PAYMENT_TEST_IN_PRODUCTION', nowMs, [])
  }
  const known = { ...payment, transactions: [...payment.transactions, fact.transaction] }
  const wrong = contradiction(payment, fact, referencePaid)
  const lines = entry(known, fact, wrong === undefined ? 'owed-to-club' : 'to-be-cleared')
  const state = transitions[payment.state].paid
  if (wrong !== undefined || state === undefined) {
    return doubt(known, wrong ?? 'PAYMENT_PAID_TWICE', nowMs, lines)
  }
  // Who paid was asked for the bank's sake, and is not kept.
  return saved(move({ ...known, payer: undefined }, state, '', nowMs, lines), fact, nowMs)
}

/** Of a payment that is paid as it was asked, the token too is kept, once. */
function saved(step: Step, fact: Paid, nowMs: number): Step {
  const { payment } = step
  if (!fact.saved || !awaitsToken(payment)) return step
  const eventCount = payment.eventCount + 1
  const next = { ...payment, isSaved: true, eventCount, nextCheckMs: null }
  const event: PaymentEvent = { ...eventOf(next, nowMs), type: 'token.saved' }
  return { ...step, payment: next, events: [...step.events, event] }
}

/** Paid, and the gateway has not told the token yet. */
export function awaitsToken({ state, saveFor, isSaved }: Payment): boolean {
  return state === 'paid' && saveFor !== undefined && isSaved !== true
}

function contradiction(payment: Payment, fact: Paid, referencePaid: boolean): string | undefined {
  if (fact.amount !== payment.amount) return 'PAYMENT_AMOUNT_DIFFERS'
  if (fact.currency !== payment.currency) return 'PAYMENT_CURRENCY_DIFFERS'
  return referencePaid || payment.state === 'paid' ? 'PAYMENT_PAID_TWICE' : undefined
}

/** A person must look. What is paid stays paid: goods given are not taken back by a machine. */
function doubt(
  payment: Payment,
  reason: string,
  nowMs: number,
  lines: readonly LedgerLine[],
): Step {
  if (payment.state === 'paid') {
    const next = { ...payment, eventCount: payment.eventCount + 1 }
    return { payment: next, lines, events: [eventOf({ ...next, state: 'review', reason }, nowMs)] }
  }
  if (payment.state === 'review' && lines.length === 0) {
    return { payment: waited(payment, nowMs), lines: [], events: [] }
  }
  return move(payment, 'review', reason, nowMs, lines)
}

function move(
  payment: Payment,
  state: State,
  reason: string,
  nowMs: number,
  lines: readonly LedgerLine[],
): Step {
  const eventCount = payment.eventCount + (told.has(state) ? 1 : 0)
  const moved = { ...payment, state, reason, eventCount, checks: 0 }
  const next = { ...moved, nextCheckMs: nextCheck(moved, nowMs) }
  return { payment: next, lines, events: told.has(state) ? [eventOf(next, nowMs)] : [] }
}

/** Nothing new: look again, later each time. */
function waited(payment: Payment, nowMs: number): Payment {
  const next = { ...payment, checks: payment.checks + 1 }
  return { ...next, nextCheckMs: nextCheck(next, nowMs) }
}

function nextCheck(payment: Payment, nowMs: number): number | null {
  const { state, checks, expiresMs } = payment
  if (state === 'review' || (state === 'paid' && !awaitsToken(payment))) return null
  if (nowMs > expiresMs + (state === 'paid' ? TOKEN_LATE_MS : LATE_MS)) return null
  return nowMs + Math.min(FIRST_CHECK_MS * 2 ** Math.min(checks, 10), CHECK_MAX_MS)
}

/** Both sides of one movement; together zero. */
function entry(payment: Payment, fact: Paid, to: string): LedgerLine[] {
  const { amount, currency, transaction } = fact
  const common = { currency, transaction: `${payment.gateway}:${transaction}` }
  return [
    { ...common, account: `at-gateway:${payment.gateway}`, amount },
    { ...common, account: to, amount: -amount },
  ]
}

function eventOf(payment: Payment, nowMs: number): PaymentEvent {
  const { id, eventCount, tenant, reference, state, reason, amount, currency } = payment
  const { subscription: subscriptionId } = payment
  return {
    paymentId: id,
    sequence: eventCount,
    type: `payment.${state}`,
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    tenant,
    reference,
    state,
    reason,
    amount,
    currency,
    atMs: nowMs,
  }
}
