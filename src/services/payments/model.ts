/**
 * A payment: what was asked, and what is known of it.
 *
 * One payment is one attempt at one gateway. Another attempt for the same reference is another
 * payment.
 *
 * @module
 */

import type { BilledPerson } from '#protocol/payments/paybox-billing.ts'

export type GatewayName = 'paypal' | 'paybox'

/** `demonstration`: the strict test gateways of the ring. Only `production` moves real money. */
export type Environment = 'demonstration' | 'test' | 'production'

/** Who pays, as banks ask for 3-D Secure; of a text too long the rest is not sent. */
export type Payer = BilledPerson

/** What the application asks for. */
export type Intent = {
  readonly tenant: string
  /** In the currency's smallest unit. */
  readonly amount: number
  /** ISO 4217, three letters. */
  readonly currency: string
  /** What is paid for, in the application's own words; at most one paid payment has it. */
  readonly reference: string
  readonly returnUrl: string
  readonly cancelUrl: string
  /** The same key makes the same payment, whenever it is asked again. */
  readonly idempotencyKey: string
  /** Paybox needs it of whoever is sent there. */
  readonly payer?: Payer | undefined
  /** Whose token is to be kept for later, in the application's own words. */
  readonly saveFor?: string | undefined
  /** A token that is debited: nobody is sent anywhere. */
  readonly token?: string | undefined
  /** Of a payment that a subscription made. */
  readonly subscription?: string | undefined
}

/**
 * What a gateway gives to debit the same payer again: worth nothing without the club's keys. No
 * number of a card.
 */
export type Means = {
  readonly handle: string
  /** When it ends, `MMYY`; '' when the gateway does not say. */
  readonly expires: string
}

/** `removing`: no longer debited, and the gateway is still to forget it. */
export type TokenState = 'active' | 'removing' | 'removed'

/** A way to pay that was kept, with the id of the payment that kept it. */
export type Token = {
  readonly id: string
  readonly tenant: string
  /** Whose it is, in the application's own words. */
  readonly customer: string
  readonly gateway: GatewayName
  readonly environment: Environment
  readonly state: TokenState
  readonly expires: string
  readonly createdMs: number
}

/**
 * - `created`: known to us; whether the gateway knows it is not sure
 * - `open`: the payer may go to the gateway
 * - `approved`: the payer agreed, the money is still to be taken
 * - `pending`: the gateway itself does not know yet
 * - `unknown`: a call was made and its outcome is not known
 * - `review`: what the gateway says contradicts what was asked; a person must look
 */
export type State =
  | 'created'
  | 'open'
  | 'approved'
  | 'pending'
  | 'unknown'
  | 'paid'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'review'

/**
 * Something the gateway said, in a form we may believe; or what we know ourselves: `sent` and
 * `lost` (of a debit), `expired`, `silent`.
 */
export type Fact = Said & {
  /** Of what the gateway knows by a number of its own from now on. */
  readonly gatewayId?: string | undefined
}

type Said =
  | { readonly kind: 'opened'; readonly gatewayId: string; readonly gatewayUrl: string }
  | {
      readonly kind: 'approved' | 'cancelled' | 'expired' | 'silent' | 'unchanged' | 'sent' | 'lost'
    }
  | { readonly kind: 'pending' | 'refused'; readonly reason: string }
  | {
      readonly kind: 'paid'
      /** The gateway's own number of the movement of money. */
      readonly transaction: string
      readonly amount: number
      readonly currency: string
      /** Whether the gateway marks it as a test, in which no money moves. */
      readonly isTest: boolean
      /** What was kept to debit the same payer again. */
      readonly saved?: Means | undefined
    }

export type Payment = Intent & {
  readonly id: string
  readonly gateway: GatewayName
  readonly environment: Environment
  readonly state: State
  /** The gateway's code, or ours, for a state that needs one; else ''. */
  readonly reason: string
  readonly gatewayId: string
  /** Where the payer goes. */
  readonly gatewayUrl: string
  /** Every movement of money the gateway told of, in the ledger each once. */
  readonly transactions: readonly string[]
  /** Whether the token that was asked for is kept; its id is the payment's. */
  readonly isSaved?: boolean | undefined
  readonly eventCount: number
  /** Looks at the gateway since the last change. */
  readonly checks: number
  /** When the reconciler looks next; null when all is settled. */
  readonly nextCheckMs: number | null
  readonly createdMs: number
  /** After this no money is taken any more. */
  readonly expiresMs: number
}

/**
 * - `asked`: known to us, not sent
 * - `unknown`: sent, and the outcome is not known
 * - `pending`: the gateway itself does not know yet
 * - `review`: it cannot be found out; a person must look
 */
export type RefundState = 'asked' | 'unknown' | 'pending' | 'done' | 'refused' | 'review'

/** Money that goes back, whole or in part: a movement of its own. */
export type Refund = {
  readonly id: string
  readonly paymentId: string
  readonly tenant: string
  readonly gateway: GatewayName
  /** In the currency's smallest unit. */
  readonly amount: number
  readonly currency: string
  /** The gateway's own number of the movement that is undone. */
  readonly of: string
  /** The ledger's account from which the money goes. */
  readonly from: string
  readonly idempotencyKey: string
  readonly state: RefundState
  readonly reason: string
  /** The gateway's number of the movement back; '' until it is known. */
  readonly transaction: string
  readonly checks: number
  readonly nextCheckMs: number | null
  readonly createdMs: number
}

/** What the gateway said of a refund, or we: `sent`, `silent`. */
export type RefundFact =
  | { readonly kind: 'sent' | 'silent' | 'missing' }
  | { readonly kind: 'pending' | 'refused'; readonly reason: string }
  | { readonly kind: 'done'; readonly transaction: string }

/** A line of the double-entry ledger: positive is debit, negative is credit. */
export type LedgerLine = {
  readonly account: string
  readonly amount: number
  readonly currency: string
  readonly transaction: string
}

/** `ended`: all was paid; `stopped`: refused again and again; `cancelled`: by the application. */
export type SubscriptionEnd = 'ended' | 'stopped' | 'cancelled'

/** A token debited again and again, by the calendar of universal time. */
export type Subscription = {
  readonly id: string
  readonly tenant: string
  readonly token: string
  readonly amount: number
  readonly currency: string
  /** Each payment is for this reference and its number: `membership-7/3`. */
  readonly reference: string
  readonly returnUrl: string
  readonly cancelUrl: string
  readonly idempotencyKey: string
  readonly everyMonths: number
  readonly firstMs: number
  /** How many payments; null: until it is cancelled. */
  readonly count: number | null
  readonly state: 'active' | SubscriptionEnd
  /** Payments that were made. */
  readonly paidCount: number
  /** Attempts at the next payment that were refused. */
  readonly refusals: number
  /** When the next attempt is due; null when it is over. */
  readonly nextMs: number | null
  readonly createdMs: number
}

/** What the application is told; `sequence` counts from 1 for each payment. */
export type PaymentEvent = {
  readonly paymentId: string
  readonly sequence: number
  readonly type:
    `payment.${State}` | `refund.${RefundState}` | 'token.saved' | `subscription.${SubscriptionEnd}`
  /** Present when it is about money that goes back; then `amount` is that money. */
  readonly refundId?: string
  /** Present when a subscription made the payment. */
  readonly subscriptionId?: string | undefined
  readonly tenant: string
  readonly reference: string
  readonly state: State
  readonly reason: string
  readonly amount: number
  readonly currency: string
  readonly atMs: number
}
