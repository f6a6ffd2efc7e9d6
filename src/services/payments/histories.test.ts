/**
 * Random histories of payments: duplicates, losses, delays, other orders, refusals that become
 * payments, forgeries, wrong amounts, two tabs, and a crash at every step. Money is right.
 *
 * VEILIG_HISTORIES and VEILIG_SEED choose how many, and which.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crash, MemoryStore, PayboxWorld, PaypalWorld } from '#kit/payments.ts'
import { mulberry32 } from '#kit/random.ts'
import { FaultError } from '#lib/errors.ts'
import { Desk } from './desk.ts'
import type { Fact, Intent, Payment } from './model.ts'

const HISTORIES = Number(process.env['VEILIG_HISTORIES'] ?? 8_000)
const SEED = Number(process.env['VEILIG_SEED'] ?? 20_261_123)
const STEPS_MAX = 14
const SETTLE_MS = 15 * 60_000

type World = {
  readonly random: () => number
  readonly store: MemoryStore
  readonly paypal: PaypalWorld
  readonly paybox: PayboxWorld
  readonly desk: Desk
  /** Payments whose goods the application gave. */
  readonly goods: Set<string>
  readonly trouble: { crash: number; lost: number }
  readonly clock: { nowMs: number }
  readonly mail: { id: string; fact: Fact | undefined }[]
}

function world(seed: number): World {
  const random = mulberry32(seed)
  const trouble = { crash: 0.06, lost: 0.1 }
  const store = new MemoryStore((where) => {
    if (random() < trouble.crash) throw new Crash(where)
  })
  const onTheWay = (where: string): void => {
    if (random() < trouble.crash) throw new Crash(where)
    if (random() < trouble.lost) throw new FaultError('PAYMENT_GATEWAY_FAILED', where)
  }
  const paypal = new PaypalWorld(onTheWay)
  const paybox = new PayboxWorld(onTheWay)
  const clock = { nowMs: 1_000_000 }
  let count = 0
  const desk = new Desk({
    store,
    gatewayOf: ({ gateway }) => Promise.resolve(gateway === 'paypal' ? paypal : paybox),
    choiceOf: (tenant) =>
      Promise.resolve({
        gateway: tenant === 'p' ? ('paypal' as const) : ('paybox' as const),
        environment: 'production' as const,
      }),
    nowMs: () => clock.nowMs,
    newId: () => `${++count}`,
    complain: () => undefined,
  })
  return { random, store, paypal, paybox, desk, goods: new Set(), trouble, clock, mail: [] }
}

/** A crash ends the act; everything that is not in the store is gone. */
async function survive(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof Crash)) throw error
  }
}

function intent({ random }: World, tenant: string): Intent {
  return {
    tenant,
    amount: 1250,
    currency: 'EUR',
    reference: random() < 0.8 ? 'booking-1' : 'booking-2',
    returnUrl: 'https://club.example/return',
    cancelUrl: 'https://club.example/cancel',
    idempotencyKey: `tab-${Math.floor(random() * 3)}`,
  }
}

/** What the payer does at the gateway, and what the gateway then sends. */
function pay(w: World, payment: Payment): void {
  const { random, paypal, paybox, mail } = w
  if (payment.gatewayId === '') return
  if (payment.gateway === 'paypal') {
    const order = paypal.orders.get(payment.gatewayId)
    if (!order || order.status === 'completed') return
    order.status = random() < 0.3 ? 'declined' : 'approved'
    mail.push({ id: payment.id, fact: undefined }) // a webhook only says: look
    return
  }
  const amount = random() < 0.08 ? 1 : payment.amount
  const fact = paybox.attempt(payment, random() < 0.4 ? 'refused' : 'paid', amount)
  mail.push({ id: payment.id, fact })
}

async function act(w: World): Promise<void> {
  const { random, desk, store, mail, clock } = w
  const payments = [...store.payments.values()]
  const payment = payments[Math.floor(random() * payments.length)]
  const choice = random()
  clock.nowMs += Math.floor(random() * 60_000)
  if (!payment || choice < 0.2) {
    const wanted = intent(w, payment?.tenant ?? (random() < 0.5 ? 'p' : 'x'))
    return await survive(() => desk.create(wanted).catch(denied))
  }
  if (choice < 0.45) return pay(w, payment)
  if (choice < 0.75) return await deliverSome(w)
  if (choice < 0.8)
    mail.push({ id: payment.id, fact: undefined }) // forged, or sent again
  else if (choice < 0.85) await survive(() => desk.learn(payment.id, { kind: 'cancelled' }))
  else if (choice < 0.95) await survive(() => desk.reconcile())
  else await survive(() => tell(w))
}

function denied(error: unknown): void {
  if (error instanceof Crash) throw error
  assert.equal((error as { code?: string }).code, 'PAYMENT_KEY_REUSED')
}

/** Notifications come in any order, twice, late, or never. */
async function deliverSome({ random, mail, desk }: World): Promise<void> {
  const at = Math.floor(random() * mail.length)
  const one = mail[at]
  if (!one) return
  if (random() < 0.7) mail.splice(at, 1) // else it will come again
  if (random() < 0.2) return // lost
  const { id, fact } = one
  await survive(() => (fact ? desk.learn(id, fact) : desk.refresh(id)))
}

/** Events to the application: at least once, in order; it gives goods for "paid". */
async function tell({ store, goods }: World): Promise<void> {
  for (const event of await store.undelivered()) {
    if (event.type === 'payment.paid') goods.add(event.paymentId)
    await store.delivered(event)
  }
}

async function settle(w: World): Promise<void> {
  w.trouble.crash = w.trouble.lost = 0
  const endMs = w.clock.nowMs + SETTLE_MS
  while (w.clock.nowMs < endMs) {
    w.clock.nowMs += 60_000
    await w.desk.reconcile()
  }
  for (let round = 0; round < 20; round++) await tell(w)
}

function check(w: World, seed: number): void {
  const { store, paypal, paybox, goods } = w
  const told = (id: string, type: string): boolean =>
    store.events.some((event) => event.paymentId === id && event.type === type)
  for (const payment of store.payments.values()) {
    const why = `seed ${seed}: ${JSON.stringify(payment)}`
    const order = paypal.orders.get(payment.gatewayId)
    assert((order?.captures.size ?? 0) <= 1, `captured twice; ${why}`)
    const answer = paybox.answers.get(payment.id)?.find(({ kind }) => kind === 'paid')
    const paid = answer?.kind === 'paid' ? answer.amount : order?.captures.size ? order.amount : 0
    if (goods.has(payment.id)) assert.equal(paid, payment.amount, `goods without money; ${why}`)
    if (paid > 0) {
      const known = goods.has(payment.id) || told(payment.id, 'payment.review')
      assert(known, `money without goods, and nobody asked; ${why}`)
    }
    const sequences = store.events
      .filter(({ paymentId }) => paymentId === payment.id)
      .map(({ sequence }) => sequence)
    assert.deepEqual(
      sequences,
      sequences.map((_, at) => at + 1),
      why,
    )
    const booked = store.lines
      .filter(({ account, transaction }) => account.startsWith('at-') && isOf(payment, transaction))
      .map(({ amount }) => amount)
    assert.deepEqual(booked, paid > 0 ? [paid] : [], `ledger; ${why}`)
  }
  const references = [...goods].map((id) => store.payments.get(id)?.reference)
  assert.equal(new Set(references).size, references.length, `goods twice; seed ${seed}`)
  const sum = store.lines.reduce((total, { amount }) => total + amount, 0)
  assert.equal(sum, 0, `the ledger does not balance; seed ${seed}`)
}

function isOf({ id, gatewayId }: Payment, transaction: string): boolean {
  return transaction === `paypal:C-${gatewayId}` || transaction === `paybox:T-${id}`
}

test(`payments: in ${HISTORIES} random histories the money is never wrong`, async () => {
  let paid = 0
  let reviewed = 0
  for (let at = 0; at < HISTORIES; at++) {
    const w = world(SEED + at)
    const steps = 2 + Math.floor(w.random() * STEPS_MAX)
    for (let step = 0; step < steps; step++) await act(w)
    await settle(w)
    check(w, SEED + at)
    paid += w.goods.size
    reviewed += w.store.events.some(({ state }) => state === 'review') ? 1 : 0
  }
  assert(paid > HISTORIES / 10, 'the histories do pay')
  assert(reviewed > 0, 'and some need a person')
})
