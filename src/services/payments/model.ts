/**
 * A payment: what was asked, and what is known of it.
 *
 * One payment is one attempt at one gateway. Another attempt for the same reference is another
 * payment.
 *
 * @module
 */

export type GatewayName = 'paypal' | 'paybox'

/** `demonstration`: the strict test gateways of the ring. Only `production` moves real money. */
export type Environment = 'demonstration' | 'test' | 'production'

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

/** Something the gateway said, in a form we may believe; or our own clock (`expired`, `silent`). */
export type Fact =
  | { readonly kind: 'opened'; readonly gatewayId: string; readonly gatewayUrl: string }
  | { readonly kind: 'approved' | 'cancelled' | 'expired' | 'silent' | 'unchanged' }
  | { readonly kind: 'pending' | 'refused'; readonly reason: string }
  | {
      readonly kind: 'paid'
      /** The gateway's own number of the movement of money. */
      readonly transaction: string
      readonly amount: number
      readonly currency: string
      /** Whether the gateway marks it as a test, in which no money moves. */
      readonly isTest: boolean
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

/** What the application is told; `sequence` counts from 1 for each payment. */
export type PaymentEvent = {
  readonly paymentId: string
  readonly sequence: number
  readonly type: `payment.${State}` | `refund.${RefundState}`
  /** Present when it is about money that goes back; then `amount` is that money. */
  readonly refundId?: string
  readonly tenant: string
  readonly reference: string
  readonly state: State
  readonly reason: string
  readonly amount: number
  readonly currency: string
  readonly atMs: number
}
