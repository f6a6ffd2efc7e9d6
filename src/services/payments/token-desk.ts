/**
 * Kept tokens and subscriptions: makes due payments, and lets the gateway forget what is removed.
 *
 * It holds no state: after a crash the next round makes the same payments with the same keys.
 *
 * @module
 */
import { DeniedError, VeiligError } from '#lib/errors.ts'
import type { Desk } from './desk.ts'
import type { Subscription, Token } from './model.ts'
import type { GatewayOf, OpenToken, SubscriptionStore, TokenStore } from './ports.ts'
import { afterPayment, nextPayment } from './subscription.ts'

const BATCH_MAX = 100

/** What the application asks for. */
export type SubscriptionWish = Pick<
  Subscription,
  | 'tenant'
  | 'token'
  | 'amount'
  | 'currency'
  | 'reference'
  | 'returnUrl'
  | 'cancelUrl'
  | 'idempotencyKey'
  | 'everyMonths'
> & {
  /** Absent: at once. */
  readonly firstMs?: number | undefined
  /** Absent: until it is cancelled. */
  readonly count?: number | undefined
}

export type TokenDeskPorts = {
  readonly desk: Pick<Desk, 'create'>
  readonly tokens: TokenStore
  readonly subscriptions: SubscriptionStore
  readonly gatewayOf: GatewayOf
  readonly nowMs: () => number
  readonly newId: () => string
  /** Told when a gateway could not be asked. */
  readonly complain: (of: Pick<Token, 'tenant' | 'id'>, error: VeiligError) => void
}

export class TokenDesk {
  readonly #ports: TokenDeskPorts

  constructor(ports: TokenDeskPorts) {
    this.#ports = ports
  }

  /**
   * No longer debits a token, ends what it pays for, and has the gateway forget it.
   *
   * @returns Undefined when there is none.
   */
  async remove(id: string): Promise<Token | undefined> {
    const { tokens, subscriptions } = this.#ports
    const token = await tokens.removing(id)
    if (!token) return undefined
    for (const one of await subscriptions.activeOfToken(id)) await this.cancel(one.id)
    await this.#forgetAll()
    return await tokens.getToken(id)
  }

  /**
   * A subscription, or the one made with the same key; a first payment that is due is made at once.
   *
   * @throws {DeniedError} PAYMENT_TOKEN_UNKNOWN, PAYMENT_KEY_REUSED.
   */
  async subscribe(wish: SubscriptionWish): Promise<Subscription> {
    const { tokens, subscriptions, nowMs, newId } = this.#ports
    const token = await tokens.getToken(wish.token)
    if (token?.tenant !== wish.tenant || token.state !== 'active') {
      const message = 'there is no such token, or it was removed'
      throw new DeniedError('PAYMENT_TOKEN_UNKNOWN', message, message)
    }
    const firstMs = wish.firstMs ?? nowMs()
    const made = await subscriptions.createSubscription({
      ...wish,
      id: newId(),
      firstMs,
      count: wish.count ?? null,
      state: 'active',
      paidCount: 0,
      refusals: 0,
      nextMs: firstMs,
      createdMs: nowMs(),
    })
    const isSame = made.token === wish.token && made.amount === wish.amount
    if (!isSame || made.reference !== wish.reference || made.currency !== wish.currency) {
      const message = 'the idempotency key belongs to another subscription'
      throw new DeniedError('PAYMENT_KEY_REUSED', message, message)
    }
    return await this.#paid(made)
  }

  /** Makes no further payment; one that is under way is not taken back. */
  async cancel(id: string): Promise<Subscription | undefined> {
    const { subscriptions, nowMs } = this.#ports
    for (;;) {
      const found = await subscriptions.getSubscription(id)
      if (found?.state !== 'active') return found
      const over: Subscription = { ...found, state: 'cancelled', nextMs: null }
      const after = await subscriptions.changeSubscription(found, over, undefined, nowMs())
      if (after.state !== 'active') return after // else it was just paid: once more
    }
  }

  /** Makes all payments that are due, and forgets what is to be forgotten. @returns How many. */
  async reconcile(): Promise<number> {
    await this.#forgetAll()
    const due = await this.#ports.subscriptions.dueSubscriptions(this.#ports.nowMs(), BATCH_MAX)
    for (const one of due) await this.#paid(one)
    return due.length
  }

  /** Makes the payment that is due, if one is, or looks how it stands. */
  async #paid(before: Subscription): Promise<Subscription> {
    const { desk, subscriptions, nowMs } = this.#ports
    if (before.nextMs === null || before.nextMs > nowMs()) return before
    const { id, tenant, token, amount, currency, returnUrl, cancelUrl } = before
    const own = { tenant, token, amount, currency, returnUrl, cancelUrl, subscription: id }
    try {
      const payment = await desk.create({ ...own, ...nextPayment(before) })
      const after = afterPayment(before, payment, nowMs())
      return await subscriptions.changeSubscription(before, after, payment.id, nowMs())
    } catch (error) {
      if (!(error instanceof DeniedError)) throw error
      // The token is gone: nothing can be debited any more.
      const over: Subscription = { ...before, state: 'stopped', nextMs: null }
      return await subscriptions.changeSubscription(before, over, undefined, nowMs())
    }
  }

  async #forgetAll(): Promise<void> {
    for (const open of await this.#ports.tokens.toForget(BATCH_MAX)) await this.#forget(open)
  }

  async #forget({ token, means }: OpenToken): Promise<void> {
    const { tokens, gatewayOf, nowMs, complain } = this.#ports
    try {
      await (await gatewayOf(token)).forget(token, means)
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      return complain(token, error)
    }
    await tokens.removed(token.id, nowMs())
  }
}
