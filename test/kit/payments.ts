/**
 * Payments in memory, for histories: a store that keeps each step whole, and two gateways that keep
 * the rules of the real ones, with a crash or a lost answer wherever the test wants it.
 */
import { DeniedError, FaultError } from '#lib/errors.ts'
import type {
  Fact,
  LedgerLine,
  Payment,
  PaymentEvent,
  Refund,
  RefundFact,
} from '#services/payments/model.ts'
import type {
  Gateway,
  OpenToken,
  PaymentStore,
  RefundStore,
  RefundWish,
} from '#services/payments/ports.ts'
import { holding, refundStep } from '#services/payments/refund.ts'
import { step } from '#services/payments/session.ts'

/** The process dies here: not an error that anybody may handle. */
export class Crash extends Error {}

/** Called before and after every effect; may throw. */
export type Hazard = (where: string) => void

export class MemoryStore implements PaymentStore, RefundStore {
  readonly payments: Map<string, Payment> = new Map()
  readonly refunds: Map<string, Refund> = new Map()
  readonly lines: LedgerLine[] = []
  readonly events: (PaymentEvent & { delivered: boolean })[] = []
  readonly #hazard: Hazard

  constructor(hazard: Hazard = () => undefined) {
    this.#hazard = hazard
  }

  create(payment: Payment): Promise<{ payment: Payment; isNew: boolean }> {
    return this.#act('create', () => {
      const { tenant, idempotencyKey } = payment
      const same = [...this.payments.values()].find(
        (one) => one.tenant === tenant && one.idempotencyKey === idempotencyKey,
      )
      if (same) return { payment: same, isNew: false }
      this.payments.set(payment.id, payment)
      return { payment, isNew: true }
    })
  }

  get(id: string): Promise<Payment | undefined> {
    return this.#act('get', () => this.payments.get(id))
  }

  ofReference(tenant: string, reference: string): Promise<readonly Payment[]> {
    return this.#act('ofReference', () =>
      [...this.payments.values()]
        .filter((one) => one.tenant === tenant && one.reference === reference)
        .toReversed(),
    )
  }

  apply(id: string, fact: Fact, nowMs: number): Promise<Payment> {
    return this.#act(`apply ${fact.kind}`, () => {
      const payment = this.payments.get(id)
      if (!payment) throw new Error(`no payment ${id}`)
      const referencePaid = [...this.payments.values()].some(
        (one) =>
          one.id !== id &&
          one.tenant === payment.tenant &&
          one.reference === payment.reference &&
          one.state === 'paid',
      )
      const next = step(payment, fact, nowMs, referencePaid)
      this.payments.set(id, next.payment)
      this.lines.push(...next.lines)
      this.events.push(...next.events.map((event) => ({ ...event, delivered: false })))
      return next.payment
    })
  }

  due(nowMs: number, max: number): Promise<readonly Payment[]> {
    return this.#act('due', () =>
      [...this.payments.values()]
        .filter(({ nextCheckMs }) => nextCheckMs !== null && nextCheckMs <= nowMs)
        .slice(0, max),
    )
  }

  createRefund(wish: RefundWish, nowMs: number): Promise<Refund> {
    return this.#act('createRefund', () => {
      const payment = this.payments.get(wish.paymentId)
      if (!payment) throw new Error(`no payment ${wish.paymentId}`)
      const all = [...this.refunds.values()]
      const same = all.find(({ idempotencyKey }) => idempotencyKey === wish.idempotencyKey)
      if (same) return same
      const [of = ''] = payment.transactions
      const gone = all
        .filter((one) => one.of === of && holding.has(one.state))
        .reduce((sum, { amount }) => sum + amount, 0)
      const left = of === '' ? 0 : payment.amount - gone
      const { amount = left } = wish
      if (amount > left || left === 0) throw new DeniedError('REFUND_TOO_MUCH', '', '')
      const { tenant, gateway, currency } = payment
      const refund: Refund = {
        ...wish,
        amount,
        tenant,
        gateway,
        currency,
        of,
        from: 'owed-to-club',
        state: 'asked',
        reason: '',
        transaction: '',
        checks: 0,
        nextCheckMs: nowMs,
        createdMs: nowMs,
      }
      this.refunds.set(refund.id, refund)
      return refund
    })
  }

  getRefund(id: string): Promise<Refund | undefined> {
    return this.#act('getRefund', () => this.refunds.get(id))
  }

  refundsOf(paymentId: string): Promise<readonly Refund[]> {
    const all = [...this.refunds.values()]
    return Promise.resolve(all.filter((one) => one.paymentId === paymentId))
  }

  applyRefund(id: string, fact: RefundFact, nowMs: number): Promise<Refund> {
    return this.#act(`applyRefund ${fact.kind}`, () => {
      const before = this.refunds.get(id)
      const payment = before && this.payments.get(before.paymentId)
      if (!payment) throw new Error(`no refund ${id}`)
      const next = refundStep(before, fact, payment, nowMs)
      this.refunds.set(id, next.refund)
      this.payments.set(payment.id, next.payment)
      this.lines.push(...next.lines)
      this.events.push(...next.events.map((event) => ({ ...event, delivered: false })))
      return next.refund
    })
  }

  dueRefunds(nowMs: number, max: number): Promise<readonly Refund[]> {
    return this.#act('dueRefunds', () =>
      [...this.refunds.values()]
        .filter(({ nextCheckMs }) => nextCheckMs !== null && nextCheckMs <= nowMs)
        .slice(0, max),
    )
  }

  undelivered(): Promise<readonly PaymentEvent[]> {
    const first = new Map<string, PaymentEvent>()
    for (const event of this.events) {
      if (!event.delivered && !first.has(event.paymentId)) first.set(event.paymentId, event)
    }
    return Promise.resolve([...first.values()])
  }

  delivered({ paymentId, sequence }: PaymentEvent): Promise<void> {
    return this.#act('delivered', () => {
      for (const event of this.events) {
        if (event.paymentId === paymentId && event.sequence === sequence) event.delivered = true
      }
    })
  }

  undeliverable(): Promise<void> {
    return Promise.resolve()
  }

  async #act<T>(where: string, act: () => T): Promise<T> {
    await Promise.resolve()
    this.#hazard(`before ${where}`)
    const result = act()
    this.#hazard(`after ${where}`)
    return result
  }
}

type Order = {
  status: 'created' | 'approved' | 'declined' | 'completed'
  amount: number
  currency: string
  /** Movements of money, by request id. */
  readonly captures: Map<string, string>
}

/** A token that every payer of these histories has. */
export function tokenAt(tenant: string): OpenToken {
  const gateway = tenant === 'p' ? ('paypal' as const) : ('paybox' as const)
  const token = { id: tenant, tenant, customer: 'c', gateway, environment: 'production' } as const
  const means = { handle: 'kept', expires: '1239' }
  return { token: { ...token, state: 'active', expires: '1239', createdMs: 0 }, means }
}

/** PayPal's rules: one order for a request id; captured once, and only after approval. */
export class PaypalWorld implements Gateway {
  readonly orders: Map<string, Order> = new Map()
  /** Refunds that were given, each once. */
  readonly refunds: Set<string> = new Set()
  readonly #hazard: Hazard

  constructor(hazard: Hazard = () => undefined) {
    this.#hazard = hazard
  }

  open(payment: Payment): Promise<Fact> {
    return this.#call('open', () => {
      const id = `O-${payment.id}` // the request id decides: asked again, the same order
      const { amount, currency } = payment
      if (!this.orders.has(id)) {
        this.orders.set(id, { status: 'created', amount, currency, captures: new Map() })
      }
      return { kind: 'opened', gatewayId: id, gatewayUrl: `https://gateway.example/${id}` }
    })
  }

  read(payment: Payment): Promise<Fact> {
    return this.#call('read', () => this.#factOf(payment.gatewayId))
  }

  capture(payment: Payment): Promise<Fact> {
    return this.#call('capture', () => {
      const order = this.#order(payment.gatewayId)
      const requestId = `capture-${payment.id}`
      if (order.status === 'approved' && !order.captures.has(requestId)) {
        order.status = 'completed'
        order.captures.set(requestId, `C-${payment.gatewayId}`)
      }
      return this.#factOf(payment.gatewayId)
    })
  }

  readonly debitKnownMs: number = 5 * 3_600_000

  /** The request id decides: asked again, the same order, and the same debit. */
  debit(payment: Payment): Promise<Fact> {
    return this.#call('debit', () => {
      const id = `O-${payment.id}`
      const { amount, currency } = payment
      if (!this.orders.has(id)) {
        const captures = new Map([[`debit-${payment.id}`, `C-${id}`]])
        this.orders.set(id, { status: 'completed', amount, currency, captures })
      }
      return { ...this.#factOf(id), gatewayId: id }
    })
  }

  readDebit(payment: Payment): Promise<Fact> {
    return this.debit(payment)
  }

  forget(): Promise<void> {
    return Promise.resolve()
  }

  refund(_payment: Payment, { id }: Refund): Promise<RefundFact> {
    return this.#call('refund', () => this.#giveBack(id))
  }

  readRefund(_payment: Payment, { id }: Refund): Promise<RefundFact> {
    return this.#call('readRefund', () => this.#giveBack(id)) // the request id decides
  }

  #giveBack(id: string): RefundFact {
    this.refunds.add(id)
    return { kind: 'done', transaction: `R-${id}` }
  }

  #order(id: string): Order {
    const order = this.orders.get(id)
    if (!order) throw new FaultError('PAYMENT_GATEWAY_FAILED', 'no such order')
    return order
  }

  #factOf(id: string): Fact {
    const { status, amount, currency, captures } = this.#order(id)
    const [transaction] = captures.values()
    if (transaction !== undefined) {
      return { kind: 'paid', transaction, amount, currency, isTest: false }
    }
    if (status === 'approved') return { kind: 'approved' }
    if (status === 'declined') return { kind: 'refused', reason: 'INSTRUMENT_DECLINED' }
    return { kind: 'opened', gatewayId: id, gatewayUrl: `https://gateway.example/${id}` }
  }

  async #call<F extends Fact | RefundFact>(where: string, act: () => F): Promise<F> {
    await Promise.resolve()
    this.#hazard(`before ${where}`)
    const fact = act()
    this.#hazard(`after ${where}`)
    return fact
  }
}

/** Paybox's rules: it tells of every attempt, and a refusal may be followed by a payment. */
export class PayboxWorld implements Gateway {
  /** What was told for each payment, oldest first. */
  readonly answers: Map<string, Fact[]> = new Map()
  /** Refunds that were given, as often as they were. */
  readonly refunds: string[] = []
  /** Debits of tokens, as often as they were made. */
  readonly debits: string[] = []
  readonly #hazard: Hazard

  constructor(hazard: Hazard = () => undefined) {
    this.#hazard = hazard
  }

  open(payment: Payment): Promise<Fact> {
    const gatewayUrl = `https://pay.example/go/${payment.id}`
    return Promise.resolve({ kind: 'opened', gatewayId: payment.id, gatewayUrl })
  }

  async read(payment: Payment): Promise<Fact> {
    await Promise.resolve()
    this.#hazard('before read')
    const answers = this.answers.get(payment.id) ?? []
    const paid = answers.find(({ kind }) => kind === 'paid')
    return paid ?? answers.at(-1) ?? (await this.open(payment))
  }

  readonly debitKnownMs: number = 7 * 86_400_000

  async debit(payment: Payment): Promise<Fact> {
    await Promise.resolve()
    this.#hazard('before debit')
    this.debits.push(payment.id) // no memory of requests: each one moves money
    const fact = this.attempt(payment, 'paid')
    this.#hazard('after debit')
    return { ...fact, gatewayId: payment.id }
  }

  async readDebit(payment: Payment): Promise<Fact> {
    await Promise.resolve()
    this.#hazard('before readDebit')
    const found = this.answers.get(payment.id)?.at(-1)
    return found ? { ...found, gatewayId: payment.id } : { kind: 'unchanged' }
  }

  forget(): Promise<void> {
    return Promise.resolve()
  }

  capture(): Promise<Fact> {
    return Promise.resolve({ kind: 'unchanged' })
  }

  async refund(_payment: Payment, { id }: Refund): Promise<RefundFact> {
    await Promise.resolve()
    this.#hazard('before refund')
    this.refunds.push(id) // no memory of requests: each one moves money
    this.#hazard('after refund')
    return { kind: 'done', transaction: `R-${id}` }
  }

  async readRefund(_payment: Payment, { id }: Refund): Promise<RefundFact> {
    await Promise.resolve()
    this.#hazard('before readRefund')
    return this.refunds.includes(id)
      ? { kind: 'done', transaction: `R-${id}` }
      : { kind: 'missing' }
  }

  /** The payer tries. @returns What the notification says. */
  attempt(
    payment: Payment,
    outcome: 'paid' | 'refused',
    amount: number = payment.amount,
    isTest: boolean = false,
  ): Fact {
    const answers = this.answers.get(payment.id) ?? []
    this.answers.set(payment.id, answers)
    const before = answers.find(({ kind }) => kind === 'paid')
    if (before) return before // code 00015: already paid
    const { currency, id } = payment
    const fact: Fact =
      outcome === 'paid'
        ? { kind: 'paid', transaction: `T-${id}`, amount, currency, isTest }
        : { kind: 'refused', reason: '00105' }
    answers.push(fact)
    return fact
  }
}
