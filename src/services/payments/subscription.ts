/**
 * How a subscription goes on: when the next payment is due, and what follows from the last.
 *
 * A refused payment is tried again on other days, for what was refused for want of money may be
 * there tomorrow; then the subscription stops, and the application is told.
 *
 * @module
 */
import type { Payment, Subscription } from './model.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** After each refusal in turn; after the last, no more. */
const RETRY_DAYS: readonly number[] = [1, 3, 7]
/** Between two looks at a payment whose outcome is not known. */
const LOOK_MS = 5 * 60_000

/**
 * The day of the month on which the nth payment is due (0 is the first), at the hour of the first;
 * a month without that day gives its last.
 */
export function dueMs(firstMs: number, everyMonths: number, nth: number): number {
  const first = new Date(firstMs)
  const month = first.getUTCMonth() + everyMonths * nth
  const begin = Date.UTC(first.getUTCFullYear(), month, 1)
  const days = new Date(Date.UTC(first.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const timeMs = firstMs % DAY_MS
  return begin + (Math.min(first.getUTCDate(), days) - 1) * DAY_MS + timeMs
}

/** What the next payment is for, and the key that makes it one. */
export function nextPayment({ id, reference, paidCount, refusals }: Subscription): {
  readonly reference: string
  readonly idempotencyKey: string
} {
  const nth = paidCount + 1
  return { reference: `${reference}/${nth}`, idempotencyKey: `${id}/${nth}/${refusals + 1}` }
}

/** The subscription after its payment was made, or was found to stand as it does. */
export function afterPayment(
  before: Subscription,
  { state }: Pick<Payment, 'state'>,
  nowMs: number,
): Subscription {
  switch (state) {
    case 'paid': {
      const paidCount = before.paidCount + 1
      const next = { ...before, paidCount, refusals: 0 }
      if (before.count !== null && paidCount >= before.count) {
        return { ...next, state: 'ended', nextMs: null }
      }
      return { ...next, nextMs: dueMs(before.firstMs, before.everyMonths, paidCount) }
    }
    case 'refused':
    case 'cancelled':
    case 'expired': {
      const days = RETRY_DAYS[before.refusals]
      const next = { ...before, refusals: before.refusals + 1 }
      if (days === undefined) return { ...next, state: 'stopped', nextMs: null }
      return { ...next, nextMs: nowMs + days * DAY_MS }
    }
    case 'review': // a person looks; nothing more is taken before
      return { ...before, nextMs: nowMs + HOUR_MS }
    case 'created':
    case 'open':
    case 'approved':
    case 'pending':
    case 'unknown':
      return { ...before, nextMs: nowMs + LOOK_MS }
  }
}
