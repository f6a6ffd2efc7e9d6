/** Money given back at both gateways' twins, with the real store: whole, in parts, never twice. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { desksOf, paidAt, World } from '#kit/payment-world.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { migrate } from '#system/postgres/migrate.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Payment } from './model.ts'
import { migrations } from './schema.ts'

let server: TestPostgres
let pool: pg.Pool
const stack = new AsyncDisposableStack()
before(async () => {
  server = stack.use(await startPostgres())
  pool = stack.adopt(openPool(server.connection), (held) => held.end())
  const client = await pool.connect()
  await migrate(client, migrations)
  client.release()
})
after(() => stack.disposeAsync())

async function balance(payment: Payment): Promise<Record<string, number>> {
  const rows = await server.query<{ account: string; sum: string }>(
    'select account, sum(amount) from ledger where payment_id = $1 group by account order by 1',
    [payment.id],
  )
  return Object.fromEntries(rows.map(({ account, sum }) => [account, Number(sum)]))
}

for (const gateway of ['paypal', 'paybox'] as const) {
  test(`refunds: ${gateway} gives back in parts, then the rest, and then no more`, async () => {
    const world = new World()
    const payment = await paidAt(desksOf(pool, world, gateway), world, gateway)
    const { refunds } = desksOf(pool, world, gateway)
    const ask = { paymentId: payment.id, amount: 500, idempotencyKey: randomUUID() }
    const first = await refunds.create(ask)
    assert.equal(first.state, 'done')
    assert.deepEqual(await refunds.create(ask), first, 'the same key is the same refund')
    const much = { ...ask, amount: 1501, idempotencyKey: randomUUID() }
    await assert.rejects(refunds.create(much), { code: 'REFUND_TOO_MUCH' })
    const rest = { ...ask, amount: undefined, idempotencyKey: randomUUID() }
    assert.deepEqual(await refunds.create(rest).then(({ amount, state }) => ({ amount, state })), {
      amount: 1500,
      state: 'done',
    })
    const again = { ...rest, idempotencyKey: randomUUID() }
    await assert.rejects(refunds.create(again), { code: 'REFUND_NOT_POSSIBLE' })
    assert.deepEqual(await balance(payment), { [`at-gateway:${gateway}`]: 0, 'owed-to-club': 0 })
    const told = await server.query<{ type: string }>(
      `select body ->> 'type' as type from event where payment_id = $1 order by sequence`,
      [payment.id],
    )
    assert.deepEqual(
      told.map(({ type }) => type),
      ['payment.paid', 'refund.done', 'refund.done'],
    )
  })

  test(`refunds: an answer of ${gateway} that is lost is found, not asked twice`, async () => {
    const world = new World()
    const payment = await paidAt(desksOf(pool, world, gateway), world, gateway)
    const { refunds, refundStore } = desksOf(pool, world, gateway)
    const question = { paymentId: payment.id, amount: 700, idempotencyKey: randomUUID() }
    world.loses = (url, body) => url.endsWith('/refund') || body.includes('TYPE=00014')
    const lost = await refunds.create(question)
    assert.equal(lost.state, 'unknown')
    world.loses = () => false
    world.nowMs += 60_000
    await refunds.reconcile()
    const found = await refundStore.getRefund(lost.id)
    assert.equal(found?.state, 'done')
    const at = `at-gateway:${gateway}`
    assert.deepEqual(await balance(payment), { [at]: 1300, 'owed-to-club': -1300 })
  })
}

test('refunds: a refund that never came to Paybox is shown to a person, who settles', async () => {
  const world = new World()
  const desks = desksOf(pool, world, 'paybox')
  const payment = await paidAt(desks, world, 'paybox')
  const { refunds, refundStore } = desks
  const wish = { id: randomUUID(), paymentId: payment.id, amount: 700, idempotencyKey: 'crash' }
  const made = await refundStore.createRefund(wish, world.nowMs)
  await refundStore.applyRefund(made.id, { kind: 'sent' }, world.nowMs) // and then a crash
  world.nowMs += 60_000
  assert.equal((await refunds.refresh(made.id))?.state, 'unknown')
  world.nowMs += 600_000
  assert.equal((await refunds.refresh(made.id))?.state, 'review')
  const all = { paymentId: payment.id, amount: 2000, idempotencyKey: randomUUID() }
  await assert.rejects(refunds.create(all), { code: 'REFUND_TOO_MUCH' }, 'it may have gone')
  const settled = await refunds.settle(made.id, { kind: 'refused', reason: 'BY_A_PERSON' })
  assert.equal(settled?.state, 'refused')
  assert.equal((await refunds.create(all)).state, 'done')
})

test('refunds: the database itself lets no more go back than came', async () => {
  const world = new World()
  const desks = desksOf(pool, world, 'paypal')
  const payment = await paidAt(desks, world, 'paypal')
  const { refunds } = desks
  await refunds.create({ paymentId: payment.id, amount: 1500, idempotencyKey: randomUUID() })
  const values = [randomUUID(), payment.id, payment.transactions[0]]
  await assert.rejects(
    server.query(
      `insert into refund values ($1, $2, 'paypal', 'k', $3, 'asked', 501, null, now(), '{}')`,
      values,
    ),
    /more would go back than came/,
  )
})
