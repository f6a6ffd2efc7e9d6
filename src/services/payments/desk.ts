/**
 * The desk: makes payments, looks at the gateway, takes the money, and lets nothing be forgotten.
 *
 * It holds no state: whatever step it dies after, the next look continues from the store.
 *
 * @module
 */
import { DeniedError, VeiligError } from '#lib/errors.ts'
import type { Fact, Intent, Payment } from './model.ts'
import type { ChoiceOf, Gateway, GatewayOf, PaymentStore } from './ports.ts'

/** How long a payer may take. */
export const OPEN_MS: number = 30 * 60_000
const BATCH_MAX = 100

/** States in which another payment for the same reference would be a second one. */
const alive: ReadonlySet<Payment['state']> = new Set([
  'created',
  'open',
  'approved',
  'pending',
  'unknown',
  'paid',
  'review',
])

export type DeskPorts = {
  readonly store: PaymentStore
  readonly gatewayOf: GatewayOf
  readonly choiceOf: ChoiceOf
  readonly nowMs: () => number
  readonly newId: () => string
  /** Told when a gateway could not be asked. */
  readonly complain: (payment: Payment, error: VeiligError) => void
}

export class Desk {
  readonly #ports: DeskPorts

  constructor(ports: DeskPorts) {
    this.#ports = ports
  }

  /**
   * Makes a payment, or finds the one that is being made: a second tab gets the same.
   *
   * @throws {DeniedError} PAYMENT_TENANT_UNKNOWN, PAYMENT_KEY_REUSED.
   */
  async create(intent: Intent): Promise<Payment> {
    const { store, nowMs, newId } = this.#ports
    const before = await store.ofReference(intent.tenant, intent.reference)
    const live = before.find(({ state }) => alive.has(state))
    if (live) return await this.#opened(live)
    const choice = await this.#ports.choiceOf(intent.tenant)
    const { payment } = await store.create({
      ...intent,
      ...choice,
      id: newId(),
      state: 'created',
      reason: '',
      gatewayId: '',
      gatewayUrl: '',
      transactions: [],
      eventCount: 0,
      checks: 0,
      nextCheckMs: nowMs(),
      createdMs: nowMs(),
      expiresMs: nowMs() + OPEN_MS,
    })
    const same = payment.amount === intent.amount && payment.reference === intent.reference
    if (!same || payment.currency !== intent.currency) {
      const message = 'the idempotency key belongs to another payment'
      throw new DeniedError('PAYMENT_KEY_REUSED', message, message)
    }
    return await this.#opened(payment)
  }

  /** Looks at the gateway and does what is due. Never throws for the gateway's sake. */
  async refresh(id: string): Promise<Payment | undefined> {
    const found = await this.#ports.store.get(id)
    if (!found || found.state === 'paid') return found
    // Never opened, so nobody was sent anywhere: past its end it is over, not opened late.
    if (found.gatewayId === '' && this.#ports.nowMs() > found.expiresMs) {
      return await this.#apply(found, { kind: 'expired' })
    }
    const payment = await this.#opened(found)
    if (payment.gatewayId === '') return payment
    const read = await this.#ask(payment, (gateway) => gateway.read(payment))
    if (read.state === 'approved' && this.#ports.nowMs() <= read.expiresMs) {
      return await this.#ask(read, (gateway) => gateway.capture(read))
    }
    const isOver = this.#ports.nowMs() > read.expiresMs && read.state !== 'unknown'
    return isOver ? await this.#apply(read, { kind: 'expired' }) : read
  }

  /** A fact that was verified on its own: Paybox's signed answer. */
  async learn(id: string, fact: Fact): Promise<Payment> {
    return await this.#ports.store.apply(id, fact, this.#ports.nowMs())
  }

  /** Looks at all that is due. @returns How many. */
  async reconcile(): Promise<number> {
    const due = await this.#ports.store.due(this.#ports.nowMs(), BATCH_MAX)
    for (const { id } of due) await this.refresh(id)
    return due.length
  }

  async #opened(payment: Payment): Promise<Payment> {
    if (payment.gatewayId !== '') return payment
    return await this.#ask(payment, (gateway) => gateway.open(payment))
  }

  /** One call. Without an answer nothing is known, and that is written down. */
  async #ask(payment: Payment, call: (gateway: Gateway) => Promise<Fact>): Promise<Payment> {
    try {
      const gateway = await this.#ports.gatewayOf(payment)
      return await this.#apply(payment, await call(gateway))
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      this.#ports.complain(payment, error)
      return await this.#apply(payment, { kind: 'silent' })
    }
  }

  #apply(payment: Payment, fact: Fact): Promise<Payment> {
    return this.#ports.store.apply(payment.id, fact, this.#ports.nowMs())
  }
}
