/**
 * Refunds in the control database: each step in one transaction, never more back than came.
 *
 * @module
 */
import type pg from 'pg'
import { DeniedError, FaultError } from '#lib/errors.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import type { Payment, Refund, RefundFact } from './model.ts'
import type { RefundStore, RefundWish } from './ports.ts'
import { holding, refundStep } from './refund.ts'
import { failed, lockReference, timeOf, writeLinesAndEvents } from './store-steps.ts'

type Row = { body: Refund }
type Movement = { transaction: string; account: string; amount: string; currency: string }

export class PostgresRefundStore implements RefundStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async createRefund(wish: RefundWish, nowMs: number): Promise<Refund> {
    return await inTransaction(this.#pool, failed, async (client) => {
      const payment = await paymentOf(client, wish.paymentId)
      const same = await client.query<Row>(
        'select body from refund where tenant = $1 and idempotency_key = $2',
        [payment.tenant, wish.idempotencyKey],
      )
      const [before] = same.rows
      if (before) return asBefore(before.body, wish)
      const refund = await newRefund(client, payment, wish, nowMs)
      await client.query(
        `insert into refund (id, payment_id, tenant, idempotency_key, of_transaction, state,
           amount, next_check_at, created_at, body) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
        [
          refund.id,
          refund.paymentId,
          refund.tenant,
          refund.idempotencyKey,
          refund.of,
          refund.state,
          refund.amount,
          timeOf(refund.nextCheckMs),
          timeOf(nowMs),
          refund,
        ],
      )
      return refund
    })
  }

  async getRefund(id: string): Promise<Refund | undefined> {
    return (await this.#rows('select body from refund where id = $1', [id]))[0]
  }

  async refundsOf(paymentId: string): Promise<readonly Refund[]> {
    return await this.#rows(
      'select body from refund where payment_id = $1 order by created_at limit 50',
      [paymentId],
    )
  }

  async dueRefunds(nowMs: number, max: number): Promise<readonly Refund[]> {
    return await this.#rows(
      'select body from refund where next_check_at <= $1 order by next_check_at limit $2',
      [timeOf(nowMs), max],
    )
  }

  async applyRefund(id: string, fact: RefundFact, nowMs: number): Promise<Refund> {
    return await inTransaction(this.#pool, failed, async (client) => {
      const found = await client.query<Row>('select body from refund where id = $1', [id])
      if (!found.rows[0]) throw new FaultError('PAYMENT_STORE_FAILED', 'no such refund')
      const payment = await paymentOf(client, found.rows[0].body.paymentId)
      const { rows } = await client.query<Row>('select body from refund where id = $1 for update', [
        id,
      ])
      const before = rows[0]?.body ?? found.rows[0].body
      const next = refundStep(before, fact, payment, nowMs)
      await client.query(
        'update refund set state = $2, next_check_at = $3, body = $4 where id = $1',
        [id, next.refund.state, timeOf(next.refund.nextCheckMs), next.refund],
      )
      await writeLinesAndEvents(client, next, nowMs)
      return next.refund
    })
  }

  async #rows(sql: string, values: unknown[]): Promise<readonly Refund[]> {
    try {
      return (await this.#pool.query<Row>(sql, values)).rows.map(({ body }) => body)
    } catch (cause) {
      throw failed(cause)
    }
  }
}

/** The payment, held until the end of the transaction. */
async function paymentOf(client: pg.PoolClient, id: string): Promise<Payment> {
  await lockReference(client, id)
  const { rows } = await client.query<{ body: Payment }>(
    'select body from payment where id = $1 for update',
    [id],
  )
  const [row] = rows
  if (row) return row.body
  const message = 'there is no such payment'
  throw new DeniedError('REFUND_NOT_POSSIBLE', message, message)
}

function asBefore(before: Refund, wish: RefundWish): Refund {
  const isSame = wish.amount === undefined || wish.amount === before.amount
  if (before.paymentId === wish.paymentId && isSame) return before
  const message = 'the idempotency key belongs to another refund'
  throw new DeniedError('PAYMENT_KEY_REUSED', message, message)
}

/** Out of the movement of money that has most left; the latest doubtful one first. */
async function newRefund(
  client: pg.PoolClient,
  payment: Payment,
  wish: RefundWish,
  nowMs: number,
): Promise<Refund> {
  const { rows } = await client.query<Movement>(
    `select transaction, account, -amount as amount, currency from ledger
     where payment_id = $1 and amount < 0 and account in ('owed-to-club', 'to-be-cleared')
     order by account desc, id desc`,
    [payment.id],
  )
  const taken = await client.query<{ of_transaction: string; amount: string }>(
    `select of_transaction, sum(amount) as amount from refund
     where payment_id = $1 and state = any($2) group by of_transaction`,
    [payment.id, [...holding]],
  )
  const gone = new Map(taken.rows.map((row) => [row.of_transaction, Number(row.amount)]))
  const prefix = `${payment.gateway}:`
  const open = rows
    .map(({ transaction, account, amount, currency }) => {
      const of = transaction.slice(prefix.length)
      return { of, from: account, currency, left: Number(amount) - (gone.get(of) ?? 0) }
    })
    .filter(({ left }) => left > 0)
  const [first] = open
  if (!first) {
    const message = 'no money of this payment can be given back'
    throw new DeniedError('REFUND_NOT_POSSIBLE', message, message)
  }
  const amount = wish.amount ?? first.left
  const chosen = open.find(({ left }) => left >= amount)
  if (!chosen) {
    const message = 'more than is left of this payment'
    throw new DeniedError('REFUND_TOO_MUCH', message, message)
  }
  return {
    id: wish.id,
    paymentId: payment.id,
    tenant: payment.tenant,
    gateway: payment.gateway,
    amount,
    currency: chosen.currency,
    of: chosen.of,
    from: chosen.from,
    idempotencyKey: wish.idempotencyKey,
    state: 'asked',
    reason: '',
    transaction: '',
    checks: 0,
    nextCheckMs: nowMs,
    createdMs: nowMs,
  }
}
