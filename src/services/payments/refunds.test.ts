/** Money given back at both gateways' twins, with the real store: whole, in parts, never twice. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { FaultError } from '#lib/errors.ts'
import { payboxTwin } from '#services/payment-twins/paybox.ts'
import { paypalTwin } from '#services/payment-twins/paypal.ts'
import type { TwinKeys } from '#services/payment-twins/ports.ts'
import type { CallHttp } from '#system/http-call.ts'
import { migrate } from '#system/postgres/migrate.ts'
import { openPool } from '#system/postgres/pool.ts'
import { Desk } from './desk.ts'
import type { GatewayName, Payment } from './model.ts'
import { payboxGateway } from './paybox-gateway.ts'
import { payboxForm } from './paybox.ts'
import { paypalGateway } from './paypal.ts'
import type { Places } from './places.ts'
import type { Gateway } from './ports.ts'
import { RefundDesk } from './refund-desk.ts'
import { PostgresRefundStore } from './refund-store.ts'
import { migrations } from './schema.ts'
import { PostgresPaymentStore } from './store.ts'

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const keys: TwinKeys = {
  paypal: {
    clientId: 'club',
    clientSecret: 'secret',
    webhookId: 'WH-1',
    certificatePem: '',
    authorityPem: '',
    keyPem,
  },
  paybox: {
    site: '1999888',
    rank: '32',
    identifier: '110647233',
    hmacKey: 'AB'.repeat(64),
    publicPem: '',
    keyPem,
  },
}
const place: Places = {
  api: 'https://paypal.example',
  forms: ['https://paybox.example/cgi/MYchoix_pagepaiement.cgi'],
  directs: ['https://paybox.example/PPPS.php'],
  publicOrigin: 'https://pay.example',
  receiptAddress: 'club@example.com',
}

/** Each world's twin counts on where no other has counted. */
let worlds = 7_000

/** The twins without a network between; answers can get lost on the way back. */
class World {
  nowMs = Date.UTC(2026, 10, 23, 12)
  losesAnswers = false
  readonly #paypal = paypalTwin({
    keys: keys.paypal,
    origin: place.api,
    webhookUrl: '',
    nowMs: () => this.nowMs,
    send: () => Promise.resolve(),
  })
  readonly #paybox = payboxTwin({
    keys: keys.paybox,
    send: () => Promise.resolve(),
    firstNumber: (worlds += 100),
  })

  readonly call: CallHttp = async ({ method, url, headers = {}, body }) => {
    const app = url.startsWith(place.api) ? this.#paypal : this.#paybox
    const { pathname, search } = new URL(url)
    const init = { method, headers, ...(method === 'POST' ? { body: body ?? '' } : {}) }
    const answer = await app.request(pathname + search, init)
    const text = await answer.text()
    if (this.losesAnswers) throw new FaultError('HTTP_CALL_FAILED', 'the answer was lost')
    return { status: answer.status, text }
  }

  gateway(name: GatewayName): Gateway {
    if (name === 'paypal') return paypalGateway({ gateway: name, ...keys.paypal }, place, this.call)
    return payboxGateway({ gateway: name, ...keys.paybox }, place, {
      call: this.call,
      nowMs: () => this.nowMs,
      digit: () => this.#question++ % 10,
    })
  }
  #question = 0

  /** What the payer does in the browser. */
  async pay(payment: Payment): Promise<void> {
    const choice = {
      method: 'POST' as const,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    if (payment.gateway === 'paypal') {
      const url = `${place.api}/checkoutnow/${payment.gatewayId}`
      await this.call({ ...choice, url, body: 'choice=pay' })
      return
    }
    const form = payboxForm({ gateway: 'paybox', ...keys.paybox }, place, payment, this.nowMs)
    const fields = new URLSearchParams(form.map(([name, value]) => [name, value])).toString()
    await this.call({ ...choice, url: place.forms[0], body: fields })
    const url = `https://paybox.example/pay/${payment.id}`
    await this.call({ ...choice, url, body: 'choice=pay' })
  }
}

let server: TestPostgres
let stores: { payments: PostgresPaymentStore; refunds: PostgresRefundStore }
const stack = new AsyncDisposableStack()
before(async () => {
  server = stack.use(await startPostgres())
  const pool = stack.adopt(openPool(server.connection), (held) => held.end())
  const client = await pool.connect()
  await migrate(client, migrations)
  client.release()
  stores = { payments: new PostgresPaymentStore(pool), refunds: new PostgresRefundStore(pool) }
})
after(() => stack.disposeAsync())

function desks(world: World, gateway: GatewayName): { desk: Desk; refunds: RefundDesk } {
  const ports = {
    gatewayOf: () => Promise.resolve(world.gateway(gateway)),
    nowMs: () => world.nowMs,
    newId: randomUUID,
    complain: () => undefined,
  }
  const choiceOf = (): Promise<Pick<Payment, 'gateway' | 'environment'>> =>
    Promise.resolve({ gateway, environment: 'demonstration' })
  const { payments: store } = stores
  return {
    desk: new Desk({ ...ports, store, choiceOf }),
    refunds: new RefundDesk({ ...ports, payments: store, store: stores.refunds }),
  }
}

async function paid(world: World, gateway: GatewayName): Promise<Payment> {
  const { desk } = desks(world, gateway)
  const intent = {
    tenant: gateway,
    amount: 2000,
    currency: 'EUR',
    reference: randomUUID(),
    returnUrl: 'https://club.example/',
    cancelUrl: 'https://club.example/',
  }
  const payment = await desk.create({ ...intent, idempotencyKey: randomUUID() })
  await world.pay(payment)
  const after = await desk.refresh(payment.id)
  assert.equal(after?.state, 'paid')
  return after
}

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
    const payment = await paid(world, gateway)
    const { refunds } = desks(world, gateway)
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
    const payment = await paid(world, gateway)
    const { refunds } = desks(world, gateway)
    const question = { paymentId: payment.id, amount: 700, idempotencyKey: randomUUID() }
    const { call } = world
    const loseRefunds: CallHttp = async (asked) => {
      const isRefund = asked.url.endsWith('/refund') || asked.body?.includes('TYPE=00014') === true
      world.losesAnswers = isRefund
      try {
        return await call(asked)
      } finally {
        world.losesAnswers = false
      }
    }
    Object.assign(world, { call: loseRefunds })
    const lost = await refunds.create(question)
    assert.equal(lost.state, 'unknown')
    Object.assign(world, { call })
    world.nowMs += 60_000
    await desks(world, gateway).refunds.reconcile()
    const found = await stores.refunds.getRefund(lost.id)
    assert.equal(found?.state, 'done')
    const at = `at-gateway:${gateway}`
    assert.deepEqual(await balance(payment), { [at]: 1300, 'owed-to-club': -1300 })
  })
}

test('refunds: a refund that never came to Paybox is shown to a person, who settles', async () => {
  const world = new World()
  const payment = await paid(world, 'paybox')
  const { refunds } = desks(world, 'paybox')
  const wish = { id: randomUUID(), paymentId: payment.id, amount: 700, idempotencyKey: 'crash' }
  const made = await stores.refunds.createRefund(wish, world.nowMs)
  await stores.refunds.applyRefund(made.id, { kind: 'sent' }, world.nowMs) // and then a crash
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
  const payment = await paid(world, 'paypal')
  const { refunds } = desks(world, 'paypal')
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
