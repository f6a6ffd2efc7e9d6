/**
 * Gives money back: a refund is written down, marked as sent, sent once, and then looked for until
 * its outcome is known, or a person is asked.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { Payment, Refund, RefundFact } from './model.ts'
import type { Gateway, GatewayOf, PaymentStore, RefundStore, RefundWish } from './ports.ts'

const BATCH_MAX = 100

export type RefundDeskPorts = {
  readonly payments: Pick<PaymentStore, 'get'>
  readonly store: RefundStore
  readonly gatewayOf: GatewayOf
  readonly nowMs: () => number
  readonly newId: () => string
  /** Told when a gateway could not be asked. */
  readonly complain: (payment: Payment, error: VeiligError) => void
}

export class RefundDesk {
  readonly #ports: RefundDeskPorts

  constructor(ports: RefundDeskPorts) {
    this.#ports = ports
  }

  /**
   * Makes a refund, or finds the one made with the same key, and sends it.
   *
   * @throws {DeniedError} REFUND_NOT_POSSIBLE, REFUND_TOO_MUCH, PAYMENT_KEY_REUSED.
   */
  async create(wish: Omit<RefundWish, 'id'>): Promise<Refund> {
    const { store, newId, nowMs } = this.#ports
    const refund = await store.createRefund({ ...wish, id: newId() }, nowMs())
    return (await this.refresh(refund.id)) ?? refund
  }

  /** Does what is due for one refund. Never throws for the gateway's sake. */
  async refresh(id: string): Promise<Refund | undefined> {
    const { store, payments } = this.#ports
    const found = await store.getRefund(id)
    const payment = found && (await payments.get(found.paymentId))
    if (!found || !payment) return found
    switch (found.state) {
      case 'asked': {
        // Marked first: after a crash it is looked for, not sent a second time.
        const sent = await this.#apply(found, { kind: 'sent' })
        if (sent.state !== 'unknown' || sent.checks > 0) return sent
        return await this.#ask(payment, sent, (gateway) => gateway.refund(payment, sent))
      }
      case 'unknown':
      case 'pending':
        return await this.#ask(payment, found, (gateway) => gateway.readRefund(payment, found))
      case 'done':
      case 'refused':
      case 'review':
        return found
    }
  }

  /** A person has looked at the gateway, and says what became of a refund nobody could find. */
  async settle(id: string, fact: RefundFact): Promise<Refund | undefined> {
    const { store, nowMs } = this.#ports
    const found = await store.getRefund(id)
    return found?.state === 'review' ? await store.applyRefund(id, fact, nowMs()) : found
  }

  /** Looks at all that is due. @returns How many. */
  async reconcile(): Promise<number> {
    const due = await this.#ports.store.dueRefunds(this.#ports.nowMs(), BATCH_MAX)
    for (const { id } of due) await this.refresh(id)
    return due.length
  }

  async #ask(
    payment: Payment,
    refund: Refund,
    call: (gateway: Gateway) => Promise<RefundFact>,
  ): Promise<Refund> {
    try {
      const gateway = await this.#ports.gatewayOf(payment)
      return await this.#apply(refund, await call(gateway))
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      this.#ports.complain(payment, error)
      return await this.#apply(refund, { kind: 'silent' })
    }
  }

  #apply(refund: Refund, fact: RefundFact): Promise<Refund> {
    return this.#ports.store.applyRefund(refund.id, fact, this.#ports.nowMs())
  }
}
