/**
 * The desk: makes payments, looks at the gateway, takes the money, and lets nothing be forgotten.
 *
 * It holds no state: whatever step it dies after, the next look continues from the store.
 *
 * @module
 */
import { DeniedError, IntegrityError, VeiligError } from '#lib/errors.ts'
import type { Fact, Intent, Payment } from './model.ts'
import { payerMissing } from './paybox.ts'
import type {
  ChoiceOf,
  Chosen,
  Gateway,
  GatewayOf,
  OpenToken,
  OpenTokenOf,
  PaymentStore,
} from './ports.ts'
import { awaitsToken } from './session.ts'

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
  readonly openToken: OpenTokenOf
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
   * @throws {DeniedError} PAYMENT_TENANT_UNKNOWN, PAYMENT_KEY_REUSED, PAYMENT_PAYER_MISSING,
   *   PAYMENT_TOKEN_UNKNOWN.
   */
  async create(intent: Intent): Promise<Payment> {
    const { store, nowMs, newId } = this.#ports
    const before = await store.ofReference(intent.tenant, intent.reference)
    const live = before.find(({ state }) => alive.has(state))
    if (live) return await this.#opened(live)
    const choice = await this.#choice(intent)
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

  /** A token is debited at the gateway that gave it, whatever the club has chosen since. */
  async #choice({ tenant, token, payer }: Intent): Promise<Chosen> {
    if (token !== undefined) {
      const found = await this.#ports.openToken(token)
      if (found?.token.tenant === tenant) {
        const { gateway, environment } = found.token
        return { gateway, environment }
      }
      const message = 'there is no such token, or it was removed'
      throw new DeniedError('PAYMENT_TOKEN_UNKNOWN', message, message)
    }
    const choice = await this.#ports.choiceOf(tenant)
    if (choice.gateway === 'paybox' && !payer) throw payerMissing()
    return choice
  }

  /** Looks at the gateway and does what is due. Never throws for the gateway's sake. */
  async refresh(id: string): Promise<Payment | undefined> {
    const found = await this.#ports.store.get(id)
    if (!found || (found.state === 'paid' && !awaitsToken(found))) return found
    // Never opened, so nobody was sent anywhere: past its end it is over, not opened late.
    const isUnsent = found.token === undefined || found.state === 'created'
    if (found.gatewayId === '' && isUnsent && this.#ports.nowMs() > found.expiresMs) {
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
    if (payment.token !== undefined) return await this.#debited(payment, payment.token)
    return await this.#ask(payment, (gateway) => gateway.open(payment))
  }

  /** Sends a debit once; after that it is only looked for. */
  async #debited(payment: Payment, token: string): Promise<Payment> {
    if (payment.state === 'unknown') return await this.#findDebit(payment, token)
    if (payment.state !== 'created') return payment
    const open = await this.#opening(token, payment)
    if (!open) return await this.#apply(payment, { kind: 'refused', reason: 'TOKEN_REMOVED' })
    // Marked first: after a crash it is looked for, not sent a second time.
    const sent = await this.#apply(payment, { kind: 'sent' })
    if (sent.state !== 'unknown' || sent.checks > 0) return sent
    return await this.#ask(sent, (gateway) => gateway.debit(sent, open.token, open.means))
  }

  /** Undefined, too, when it does not open: it never will. */
  async #opening(token: string, payment: Payment): Promise<OpenToken | undefined> {
    try {
      return await this.#ports.openToken(token)
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      this.#ports.complain(payment, error)
      return undefined
    }
  }

  async #findDebit(payment: Payment, token: string): Promise<Payment> {
    const nowMs = this.#ports.nowMs()
    const { expiresMs, createdMs } = payment
    const open = await this.#opening(token, payment)
    return await this.#ask(payment, async (gateway) => {
      if (nowMs > createdMs + gateway.debitKnownMs) return { kind: 'lost' }
      const fact = await gateway.readDebit(payment, open?.means)
      return fact.kind === 'unchanged' && nowMs > expiresMs ? { kind: 'expired' } : fact
    })
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
