/**
 * What the payments service needs from others.
 *
 * @module
 */
import type {
  Fact,
  Intent,
  Means,
  Payment,
  PaymentEvent,
  Refund,
  RefundFact,
  Subscription,
  Token,
} from './model.ts'
import type { Movement } from './office/statement.ts'

/**
 * A gateway with one tenant's keys. Every call but `refund` and `debit` may be made again and
 * again.
 */
export type Gateway = {
  /** Makes the gateway know the payment. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  open(payment: Payment): Promise<Fact>
  /** What the gateway itself says now. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  read(payment: Payment): Promise<Fact>
  /** Takes the money the payer agreed to. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  capture(payment: Payment): Promise<Fact>
  /** Gives money back; called once for a refund. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  refund(payment: Payment, refund: Refund): Promise<RefundFact>
  /** What became of a refund that was sent. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  readRefund(payment: Payment, refund: Refund): Promise<RefundFact>
  /** Debits a token; called once for a payment. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  debit(payment: Payment, token: Token, means: Means): Promise<Fact>
  /**
   * What became of a debit that was sent; `unchanged` where the gateway knows of none.
   *
   * @param means Undefined when the token is gone. @throws {FaultError} PAYMENT_GATEWAY_FAILED.
   */
  readDebit(payment: Payment, means: Means | undefined): Promise<Fact>
  /** How long after a debit was made `readDebit` can find out about it. */
  readonly debitKnownMs: number
  /** Makes the gateway forget a token. @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
  forget(token: Token, means: Means): Promise<void>
}

/** A token, and what debits it, opened. */
export type OpenToken = { readonly token: Token; readonly means: Means }

export type TokenStore = {
  getToken(id: string): Promise<Token | undefined>
  tokensOf(tenant: string, customer: string): Promise<readonly Token[]>
  /** Undefined when it is no longer kept. @throws {IntegrityError} SEALED_VALUE_ALTERED. */
  openToken(id: string): Promise<OpenToken | undefined>
  /** No longer to be debited. @returns As it then is; undefined when there is none. */
  removing(id: string): Promise<Token | undefined>
  /** The gateway has forgotten it: so do we. */
  removed(id: string, nowMs: number): Promise<void>
  /** Those that the gateway is still to forget. */
  toForget(max: number): Promise<readonly OpenToken[]>
}

export type SubscriptionStore = {
  /** A new one, or the one that was made with the same key. */
  createSubscription(subscription: Subscription): Promise<Subscription>
  getSubscription(id: string): Promise<Subscription | undefined>
  dueSubscriptions(nowMs: number, max: number): Promise<readonly Subscription[]>
  activeOfToken(token: string): Promise<readonly Subscription[]>
  /**
   * Writes a change, unless the subscription was changed since `before`; with its end an event of
   * its last payment.
   */
  changeSubscription(
    before: Subscription,
    after: Subscription,
    lastPayment: string | undefined,
    nowMs: number,
  ): Promise<Subscription>
}

/** The gateway as a club's office asks it. */
export type GatewayDesk = {
  /**
   * Asks something harmless with the keys.
   *
   * @throws {FaultError} PAYMENT_KEYS_REFUSED, PAYMENT_GATEWAY_FAILED. @throws {DeniedError}
   *   PAYMENT_KEYS_WRONG when they open the door but are not all right.
   */
  check(): Promise<void>
  /** Movements of a time. @param booked What the ledger says of it: some gateways list nothing. */
  movements(fromMs: number, toMs: number, booked: readonly Movement[]): Promise<readonly Movement[]>
}

export type RefundWish = Pick<Refund, 'id' | 'paymentId' | 'idempotencyKey'> & {
  /** In minor units; undefined: all that can still be given back. */
  readonly amount: number | undefined
}

export type RefundStore = {
  /**
   * A new refund within what is left of the payment, or the one made with the same key.
   *
   * @throws {DeniedError} REFUND_NOT_POSSIBLE, REFUND_TOO_MUCH, PAYMENT_KEY_REUSED.
   */
  createRefund(wish: RefundWish, nowMs: number): Promise<Refund>
  getRefund(id: string): Promise<Refund | undefined>
  refundsOf(paymentId: string): Promise<readonly Refund[]>
  /** One step with its ledger lines and events, or nothing of it. */
  applyRefund(id: string, fact: RefundFact, nowMs: number): Promise<Refund>
  dueRefunds(nowMs: number, max: number): Promise<readonly Refund[]>
}

export type PaymentStore = {
  /** A new payment, or the one made with the same key. */
  create(payment: Payment): Promise<{ readonly payment: Payment; readonly isNew: boolean }>
  get(id: string): Promise<Payment | undefined>
  /** Payments for one reference, the newest first. */
  ofReference(tenant: string, reference: string): Promise<readonly Payment[]>
  /** One step, with its ledger lines and events, or nothing of it. */
  apply(id: string, fact: Fact, nowMs: number): Promise<Payment>
  /** Payments to look at now. */
  due(nowMs: number, max: number): Promise<readonly Payment[]>
  /** For each payment its first event that was not delivered yet. */
  undelivered(nowMs: number, max: number): Promise<readonly PaymentEvent[]>
  delivered(event: PaymentEvent, nowMs: number): Promise<void>
  undeliverable(event: PaymentEvent, nowMs: number): Promise<void>
}

/** The gateway of a payment, opened with its tenant's keys. */
export type GatewayOf = (
  payment: Pick<Payment, 'tenant' | 'gateway' | 'environment'>,
) => Promise<Gateway>

export type Chosen = Pick<Payment, 'gateway' | 'environment'>

/** The gateway a tenant has chosen. @throws {DeniedError} PAYMENT_TENANT_UNKNOWN. */
export type ChoiceOf = (tenant: Intent['tenant']) => Promise<Chosen>

/** What debits a token; undefined when it is no longer kept. */
export type OpenTokenOf = (id: string) => Promise<OpenToken | undefined>
