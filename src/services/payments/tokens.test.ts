/**
 * Ways to pay that are kept, at both gateways' twins with the real store: kept with a payment,
 * debited once, for a subscription again and again, and forgotten.
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { desksOf, intentAt, paidAt, World, type Desks } from '#kit/payment-world.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { migrate } from '#system/postgres/migrate.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { GatewayName, Intent, Payment } from './model.ts'
import { migrations } from './schema.ts'
import type { SubscriptionWish } from './token-desk.ts'

const DAY_MS = 86_400_000

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

/** A payment that keeps a token for its payer. */
async function kept(desks: Desks, world: World, gateway: GatewayName): Promise<Payment> {
  const payment = await paidAt(desks, world, gateway, { saveFor: 'member-7' })
  assert.equal(payment.isSaved, true)
  return payment
}

/** Without a word of who pays: nobody is sent anywhere. */
function debitOf(gateway: GatewayName, token: string, more: Partial<Intent> = {}): Intent {
  return intentAt(gateway, { token, payer: undefined, ...more })
}

async function eventsOf(type: string): Promise<string[]> {
  const rows = await server.query<{ type: string }>(
    `select body ->> 'type' as type from event where body ->> 'reference' like $1
     order by body ->> 'atMs', sequence`,
    [`${type}%`],
  )
  return rows.map((row) => row.type)
}

for (const gateway of ['paypal', 'paybox'] as const) {
  test(`tokens: at ${gateway} a way to pay is kept, debited, and told to nobody`, async () => {
    const world = new World()
    const desks = desksOf(pool, world, gateway)
    const first = await kept(desks, world, gateway)
    const [token] = await desks.tokens.tokensOf(gateway, 'member-7')
    assert.equal(token?.id, first.id)
    assert.equal(token.expires, gateway === 'paybox' ? '1239' : '')
    const again = await desks.desk.create(debitOf(gateway, first.id, { amount: 750 }))
    assert.equal(again.state, 'paid')
    assert.equal(world.debits, 1)
    const told = await eventsOf(first.reference)
    assert.deepEqual(told, ['payment.paid', 'token.saved'])
    const rows = await server.query<{ text: string }>(
      `select body::text as text from payment where id in ($1, $2) union all
       select body::text from event where payment_id in ($1, $2) union all
       select sealed::text from token where id = $1`,
      [first.id, again.id],
    )
    const opened = (await desks.tokens.openToken(first.id))?.means.handle ?? ''
    assert(opened.length > 10)
    const hex = Buffer.from(opened).toString('hex')
    assert(!rows.some(({ text }) => text.includes(opened) || text.includes(hex)))
    assert(!rows.some(({ text }) => text.includes('1060')), 'nor where the payer lives')
    const back = { paymentId: again.id, amount: undefined, idempotencyKey: randomUUID() }
    assert.equal((await desks.refunds.create(back)).state, 'done')
    await desks.tokenDesk.remove(first.id)
  })

  test(`tokens: at ${gateway} a lost answer to a debit is found, not asked twice`, async () => {
    const world = new World()
    const desks = desksOf(pool, world, gateway)
    const first = await kept(desks, world, gateway)
    world.loses = (_url, body) => body.includes('TYPE=00053') || body.includes('vault_id')
    const lost = await desks.desk.create(debitOf(gateway, first.id))
    assert.equal(lost.state, 'unknown')
    world.loses = () => false
    world.nowMs += 60_000
    await desks.desk.reconcile()
    assert.equal((await desks.payments.get(lost.id))?.state, 'paid')
    // PayPal is asked again, and knows the question; Paybox would debit again.
    assert.equal(world.debits, gateway === 'paypal' ? 2 : 1)
    const day = await server.query<{ count: number }>(
      `select count(*)::int as count from ledger where payment_id = $1`,
      [lost.id],
    )
    assert.equal(day[0]?.count, 2)
    await desks.tokenDesk.remove(first.id)
  })

  test(`tokens: at ${gateway} a removed token is forgotten, and debits nothing`, async () => {
    const world = new World()
    const desks = desksOf(pool, world, gateway)
    const first = await kept(desks, world, gateway)
    const open = await desks.tokens.openToken(first.id)
    assert(open)
    world.loses = (url, body) => url.includes('/v3/vault/') || body.includes('TYPE=00058')
    assert.equal((await desks.tokenDesk.remove(first.id))?.state, 'removing')
    const refused = desks.desk.create(debitOf(gateway, first.id))
    await assert.rejects(refused, { code: 'PAYMENT_TOKEN_UNKNOWN' })
    world.loses = () => false
    await desks.tokenDesk.reconcile()
    assert.equal((await desks.tokens.getToken(first.id))?.state, 'removed')
    const rows = await server.query<{ sealed: unknown }>('select sealed from token where id = $1', [
      first.id,
    ])
    assert.equal(rows[0]?.sealed, null)
    const late = await desks.payments.create({
      ...first,
      ...debitOf(gateway, first.id),
      ...fresh(),
    })
    const fact = await world.gateway(gateway).debit(late.payment, open.token, open.means)
    assert.equal(fact.kind, 'refused', 'the gateway knows it no more')
  })

  test(`tokens: a subscription at ${gateway} is paid monthly, its refusals told`, async () => {
    const world = new World()
    const desks = desksOf(pool, world, gateway)
    const first = await kept(desks, world, gateway)
    const wish = subscriptionOf(gateway, first.id)
    const made = await desks.tokenDesk.subscribe(wish)
    assert.equal((await desks.tokenDesk.subscribe(wish)).id, made.id, 'the same key is the same')
    assert.deepEqual([made.paidCount, made.state], [1, 'active'], 'the first is due at once')
    for (let day = 0; day < 100; day++) {
      world.nowMs += DAY_MS
      await desks.tokenDesk.reconcile()
    }
    const ended = await desks.subscriptions.getSubscription(made.id)
    assert.deepEqual([ended?.paidCount, ended?.state, ended?.nextMs], [3, 'ended', null])
    assert.deepEqual(await eventsOf(wish.reference), [
      'payment.paid',
      'payment.paid',
      'payment.paid',
      'subscription.ended',
    ])
    const refused = subscriptionOf(gateway, first.id, { amount: 1096 }) // the bank says no
    const stopped = await desks.tokenDesk.subscribe(refused)
    for (let day = 0; day < 12; day++) {
      world.nowMs += DAY_MS
      await desks.tokenDesk.reconcile()
    }
    assert.equal((await desks.subscriptions.getSubscription(stopped.id))?.state, 'stopped')
    assert.deepEqual(await eventsOf(refused.reference), [
      ...Array.from({ length: 4 }, () => 'payment.refused'),
      'subscription.stopped',
    ])
    await desks.tokenDesk.remove(first.id)
  })
}

function fresh(): Partial<Payment> {
  return { id: randomUUID(), state: 'created', transactions: [], gatewayId: '' }
}

function subscriptionOf(
  tenant: string,
  token: string,
  more: Partial<SubscriptionWish> = {},
): SubscriptionWish {
  const { amount, currency, returnUrl, cancelUrl, idempotencyKey } = intentAt('paypal')
  const money = { tenant, token, amount, currency, returnUrl, cancelUrl, idempotencyKey }
  return { ...money, reference: `year-${randomUUID()}`, everyMonths: 1, count: 3, ...more }
}

test('tokens: a debit that never reached Paybox ends in half an hour, not sent twice', async () => {
  const world = new World()
  const desks = desksOf(pool, world, 'paybox')
  const first = await kept(desks, world, 'paybox')
  const { payment } = await desks.payments.create({
    ...first,
    ...debitOf('paybox', first.id),
    ...fresh(),
    createdMs: world.nowMs,
    expiresMs: world.nowMs + 30 * 60_000,
  })
  await desks.payments.apply(payment.id, { kind: 'sent' }, world.nowMs) // and then a crash
  for (let minute = 0; minute < 40; minute++) {
    world.nowMs += 60_000
    await desks.desk.reconcile()
  }
  assert.equal((await desks.payments.get(payment.id))?.state, 'expired')
  assert.equal(world.debits, 0)
  await desks.tokenDesk.remove(first.id)
})

test('tokens: a debit that PayPal may have forgotten is shown to a person', async () => {
  const world = new World()
  const desks = desksOf(pool, world, 'paypal')
  const first = await kept(desks, world, 'paypal')
  world.loses = (url, body) => body.includes('vault_id') || url.includes('/v2/checkout')
  const lost = await desks.desk.create(debitOf('paypal', first.id))
  world.nowMs += 4 * 3_600_000
  assert.equal((await desks.desk.refresh(lost.id))?.state, 'unknown')
  const before = world.debits
  world.nowMs += 2 * 3_600_000
  const after = await desks.desk.refresh(lost.id)
  assert.deepEqual([after?.state, after?.reason], ['review', 'PAYMENT_NOT_FOUND'])
  assert.equal(world.debits, before, 'a question it no longer knows would debit again')
})

test('tokens: a club’s token is no other club’s', async () => {
  const world = new World()
  const desks = desksOf(pool, world, 'paypal')
  const first = await kept(desks, world, 'paypal')
  const foreign = { ...debitOf('paypal', first.id), tenant: 'roseraie' }
  await assert.rejects(desks.desk.create(foreign), { code: 'PAYMENT_TOKEN_UNKNOWN' })
  const wish = subscriptionOf('roseraie', first.id)
  await assert.rejects(desks.tokenDesk.subscribe(wish), { code: 'PAYMENT_TOKEN_UNKNOWN' })
  await server.query(`update token set tenant = 'roseraie' where id = $1`, [first.id])
  await assert.rejects(desks.tokens.openToken(first.id), { code: 'SEALED_VALUE_ALTERED' })
})

test('payments: Paybox asks who pays, and gets it in letters that a bank can read', async () => {
  const world = new World()
  const { desk } = desksOf(pool, world, 'paybox')
  const silent = desk.create(intentAt('paybox', { payer: undefined }))
  await assert.rejects(silent, { code: 'PAYMENT_PAYER_MISSING' })
  const payment = await desk.create(intentAt('paybox'))
  await world.pay(payment) // the twin refuses a form whose payer it cannot read
  assert.equal((await desk.refresh(payment.id))?.state, 'paid')
})

test('payments: when Paybox answers again, the payer may still go there', async () => {
  const world = new World()
  const { desk } = desksOf(pool, world, 'paybox')
  const payment = await desk.create(intentAt('paybox'))
  world.loses = () => true
  assert.equal((await desk.refresh(payment.id))?.state, 'unknown')
  world.loses = () => false
  assert.equal((await desk.refresh(payment.id))?.state, 'open')
})
