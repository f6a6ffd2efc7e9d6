/**
 * Subscriptions in the control database; a change is written only over what it was made from.
 *
 * @module
 */
import type pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import type { Payment, PaymentEvent, Subscription } from './model.ts'
import type { SubscriptionStore } from './ports.ts'
import { failed, lockReference, timeOf, writeLinesAndEvents } from './store-steps.ts'

type Row = { body: Subscription }

export class PostgresSubscriptionStore implements SubscriptionStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async createSubscription(subscription: Subscription): Promise<Subscription> {
    const { id, tenant, token, idempotencyKey, state, nextMs } = subscription
    await this.#rows(
      `insert into subscription values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (tenant, idempotency_key) do nothing`,
      [id, tenant, token, idempotencyKey, state, timeOf(nextMs), subscription],
    )
    const sql = 'select body from subscription where tenant = $1 and idempotency_key = $2'
    const [kept] = await this.#rows(sql, [tenant, idempotencyKey])
    if (!kept) throw new FaultError('PAYMENT_STORE_FAILED', 'a subscription was not kept')
    return kept
  }

  async getSubscription(id: string): Promise<Subscription | undefined> {
    return (await this.#rows('select body from subscription where id = $1', [id]))[0]
  }

  async dueSubscriptions(nowMs: number, max: number): Promise<readonly Subscription[]> {
    return await this.#rows(
      'select body from subscription where next_at <= $1 order by next_at limit $2',
      [timeOf(nowMs), max],
    )
  }

  async activeOfToken(token: string): Promise<readonly Subscription[]> {
    return await this.#rows(`select body from subscription where token = $1 and state = 'active'`, [
      token,
    ])
  }

  async changeSubscription(
    before: Subscription,
    after: Subscription,
    lastPayment: string | undefined,
    nowMs: number,
  ): Promise<Subscription> {
    return await inTransaction(this.#pool, failed, async (client) => {
      const { rows } = await client.query<Row>(
        'select body from subscription where id = $1 for update',
        [before.id],
      )
      const [row] = rows
      if (!row) throw new FaultError('PAYMENT_STORE_FAILED', 'no such subscription')
      if (!isSame(row.body, before)) return row.body
      await client.query(
        'update subscription set state = $2, next_at = $3, body = $4 where id = $1',
        [after.id, after.state, timeOf(after.nextMs), after],
      )
      if (lastPayment !== undefined && after.state !== 'active') {
        await tellEnd(client, after, after.state, lastPayment, nowMs)
      }
      return after
    })
  }

  async #rows(sql: string, values: unknown[]): Promise<Subscription[]> {
    try {
      return (await this.#pool.query<Row>(sql, values)).rows.map(({ body }) => body)
    } catch (cause) {
      throw failed(cause)
    }
  }
}

/** Told among the events of the last payment, after them. */
async function tellEnd(
  client: pg.PoolClient,
  { id }: Subscription,
  end: Exclude<Subscription['state'], 'active'>,
  paymentId: string,
  nowMs: number,
): Promise<void> {
  await lockReference(client, paymentId)
  const { rows } = await client.query<{ body: Payment }>(
    'select body from payment where id = $1 for update',
    [paymentId],
  )
  const [row] = rows
  if (!row) return
  const payment = { ...row.body, eventCount: row.body.eventCount + 1 }
  const { tenant, reference, state, reason, amount, currency } = payment
  const event: PaymentEvent = {
    paymentId,
    sequence: payment.eventCount,
    type: `subscription.${end}`,
    subscriptionId: id,
    tenant,
    reference,
    state,
    reason,
    amount,
    currency,
    atMs: nowMs,
  }
  await writeLinesAndEvents(client, { payment, lines: [], events: [event] }, nowMs)
}

function isSame(one: Subscription, other: Subscription): boolean {
  const { state, paidCount, refusals, nextMs } = other
  return (
    one.state === state &&
    one.paidCount === paidCount &&
    one.refusals === refusals &&
    one.nextMs === nextMs
  )
}
