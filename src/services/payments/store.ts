/**
 * Payments, ledger and events in the control database: each step in one transaction.
 *
 * @module
 */
import pg from 'pg'
import { FaultError } from '#lib/errors.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import type { Fact, Payment, PaymentEvent } from './model.ts'
import type { PaymentStore } from './ports.ts'
import { step } from './session.ts'
import { failed, lockReference, timeOf, writeLinesAndEvents } from './store-steps.ts'
import { keepToken, type SealMeans } from './token-store.ts'

const FIRST_RETRY_MS = 2_000
const RETRY_MAX_MS = 300_000
const LISTED_MAX = 50
const TENANT_LISTED_MAX = 200

type Row = { body: Payment }

/** Counts for a probe: no payment, no person. */
export type LedgerState = {
  readonly paid: number
  /** Paid payments without the gateway's own transaction in the ledger. */
  readonly unwitnessed: number
  readonly unbalanced: number
}

export type TenantLedger = Omit<LedgerState, 'unbalanced'> & { readonly tenant: string }

/** Of a paid payment: the gateway's own transaction is not in the ledger. */
const UNWITNESSED = `not exists (
  select from ledger where payment_id = payment.id and account like 'at-gateway:%'
    and amount = payment.amount and ledger.currency = payment.currency)`

export class PostgresPaymentStore implements PaymentStore {
  readonly #pool: pg.Pool
  readonly #sealMeans: SealMeans

  constructor(pool: pg.Pool, sealMeans: SealMeans) {
    this.#pool = pool
    this.#sealMeans = sealMeans
  }

  async create(payment: Payment): Promise<{ payment: Payment; isNew: boolean }> {
    const { id, tenant, reference, idempotencyKey, state, amount, currency } = payment
    const { rowCount } = await this.#query(
      `insert into payment (id, tenant, reference, idempotency_key, state, amount, currency,
         next_check_at, created_at, body) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       on conflict (tenant, idempotency_key) do nothing`,
      [
        id,
        tenant,
        reference,
        idempotencyKey,
        state,
        amount,
        currency,
        timeOf(payment.nextCheckMs),
        timeOf(payment.createdMs),
        payment,
      ],
    )
    if (rowCount === 1) return { payment, isNew: true }
    const { rows } = await this.#query<Row>(
      'select body from payment where tenant = $1 and idempotency_key = $2',
      [tenant, idempotencyKey],
    )
    const [row] = rows
    if (!row) throw new FaultError('PAYMENT_STORE_FAILED', 'a payment was not kept')
    return { payment: row.body, isNew: false }
  }

  async get(id: string): Promise<Payment | undefined> {
    const { rows } = await this.#query<Row>('select body from payment where id = $1', [id])
    return rows[0]?.body
  }

  async ofReference(tenant: string, reference: string): Promise<readonly Payment[]> {
    const { rows } = await this.#query<Row>(
      `select body from payment where tenant = $1 and reference = $2
       order by created_at desc limit ${LISTED_MAX}`,
      [tenant, reference],
    )
    return rows.map(({ body }) => body)
  }

  /** A tenant's own, the newest first. */
  async ofTenant(tenant: string): Promise<readonly Payment[]> {
    const { rows } = await this.#query<Row>(
      'select body from payment where tenant = $1 order by created_at desc limit $2',
      [tenant, TENANT_LISTED_MAX],
    )
    return rows.map(({ body }) => body)
  }

  async apply(id: string, fact: Fact, nowMs: number): Promise<Payment> {
    return await this.#transaction(async (client) => {
      await lockReference(client, id)
      const { rows } = await client.query<Row & { reference_paid: boolean }>(
        `select body, exists (select from payment other where other.tenant = payment.tenant
           and other.reference = payment.reference and other.id <> payment.id
           and other.state = 'paid') as reference_paid
         from payment where id = $1 for update`,
        [id],
      )
      const [row] = rows
      if (!row) throw new FaultError('PAYMENT_STORE_FAILED', 'no such payment')
      const next = step(row.body, fact, nowMs, row.reference_paid)
      await writeLinesAndEvents(client, next, nowMs)
      if (fact.kind === 'paid' && fact.saved && next.payment.isSaved && !row.body.isSaved) {
        await keepToken(client, next.payment, fact.saved, this.#sealMeans, nowMs)
      }
      return next.payment
    })
  }

  async due(nowMs: number, max: number): Promise<readonly Payment[]> {
    const { rows } = await this.#query<Row>(
      'select body from payment where next_check_at <= $1 order by next_check_at limit $2',
      [timeOf(nowMs), max],
    )
    return rows.map(({ body }) => body)
  }

  async undelivered(nowMs: number, max: number): Promise<readonly PaymentEvent[]> {
    const { rows } = await this.#query<{ body: PaymentEvent }>(
      `select body from (
         select distinct on (payment_id) body, next_at from event where delivered_at is null
         order by payment_id, sequence) first
       where next_at <= $1 order by next_at limit $2`,
      [timeOf(nowMs), max],
    )
    return rows.map(({ body }) => body)
  }

  async delivered({ paymentId, sequence }: PaymentEvent, nowMs: number): Promise<void> {
    await this.#query(
      'update event set delivered_at = $3 where payment_id = $1 and sequence = $2',
      [paymentId, sequence, timeOf(nowMs)],
    )
  }

  async undeliverable({ paymentId, sequence }: PaymentEvent, nowMs: number): Promise<void> {
    await this.#query(
      `update event set attempts = attempts + 1, next_at = $3::timestamptz
         + least($4 * power(2, least(attempts, 12)), $5) * interval '1 millisecond'
       where payment_id = $1 and sequence = $2`,
      [paymentId, sequence, timeOf(nowMs), FIRST_RETRY_MS, RETRY_MAX_MS],
    )
  }

  /** What the ledger says of all paid payments. */
  async ledgerState(): Promise<LedgerState> {
    const { rows } = await this.#query<LedgerState>(
      `select count(*)::int as paid,
         count(*) filter (where ${UNWITNESSED})::int as unwitnessed,
         (select count(*)::int from (select from ledger group by tenant, transaction
            having sum(amount) <> 0) wrong) as unbalanced
       from payment where state = 'paid'`,
      [],
    )
    const [row] = rows
    if (!row) throw new FaultError('PAYMENT_STORE_FAILED', 'the ledger did not answer')
    return row
  }

  /** The same for each tenant that has a paid payment. */
  async ledgerOfTenants(): Promise<readonly TenantLedger[]> {
    const { rows } = await this.#query<TenantLedger>(
      `select tenant, count(*)::int as paid,
         count(*) filter (where ${UNWITNESSED})::int as unwitnessed
       from payment where state = 'paid' group by tenant order by tenant`,
      [],
    )
    return rows
  }

  async #query<R extends pg.QueryResultRow>(
    sql: string,
    values: unknown[],
  ): Promise<pg.QueryResult<R>> {
    try {
      return await this.#pool.query<R>(sql, values)
    } catch (cause) {
      throw failed(cause)
    }
  }

  #transaction<T>(act: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    return inTransaction(this.#pool, failed, act)
  }
}
