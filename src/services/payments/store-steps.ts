/**
 * What every step in the store of payments has in common.
 *
 * @module
 */
import type pg from 'pg'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { LedgerLine, Payment, PaymentEvent } from './model.ts'

export type Written = {
  readonly payment: Payment
  readonly lines: readonly LedgerLine[]
  readonly events: readonly PaymentEvent[]
}

/** One at a time for a reference: two payments for it must see each other. */
export async function lockReference(client: pg.PoolClient, paymentId: string): Promise<void> {
  await client.query(
    `select pg_advisory_xact_lock(hashtextextended(tenant || ' ' || reference, 0))
     from payment where id = $1`,
    [paymentId],
  )
}

/** The payment as it is now, its ledger lines, and what the application is to be told. */
export async function writeLinesAndEvents(
  client: pg.PoolClient,
  { payment, lines, events }: Written,
  nowMs: number,
): Promise<void> {
  const at = timeOf(nowMs)
  await client.query('update payment set state = $2, next_check_at = $3, body = $4 where id = $1', [
    payment.id,
    payment.state,
    timeOf(payment.nextCheckMs),
    payment,
  ])
  for (const { transaction, account, amount, currency } of lines) {
    await client.query(
      `insert into ledger (payment_id, tenant, transaction, account, amount, currency, booked_at)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [payment.id, payment.tenant, transaction, account, amount, currency, at],
    )
  }
  for (const event of events) {
    await client.query(
      'insert into event (payment_id, sequence, body, next_at) values ($1, $2, $3, $4)',
      [payment.id, event.sequence, event, at],
    )
  }
}

export function timeOf(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}

export function failed(cause: unknown): VeiligError {
  if (cause instanceof VeiligError) return cause
  return new FaultError('PAYMENT_STORE_FAILED', (cause as Error).message, { cause })
}
