/**
 * Random histories of refunds: asked twice, whole and in parts, answers lost, and a crash at every
 * step. Never more goes back than came, nothing goes back twice, and the ledger says what happened.
 *
 * VEILIG_HISTORIES and VEILIG_SEED choose how many, and which.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crash, MemoryStore, PayboxWorld, PaypalWorld } from '#kit/payments.ts'
import { mulberry32 } from '#kit/random.ts'
import { FaultError } from '#lib/errors.ts'
import type { Payment } from './model.ts'
import { RefundDesk } from './refund-desk.ts'

const HISTORIES = Number(process.env['VEILIG_HISTORIES'] ?? 1_000)
const SEED = Number(process.env['VEILIG_SEED'] ?? 20_261_123)
const SETTLE_MS = 30 * 60_000
const PAID = 1250

type World = {
  readonly random: () => number
  readonly trouble: { crash: number; lost: number }
  readonly store: MemoryStore
  readonly paypal: PaypalWorld
  readonly paybox: PayboxWorld
  readonly desk: RefundDesk
  readonly clock: { nowMs: number }
}

function world(seed: number): World {
  const random = mulberry32(seed)
  const trouble = { crash: 0, lost: 0 }
  const hazard = (where: string): void => {
    if (random() < trouble.crash) throw new Crash(where)
    if (random() < trouble.lost) throw new FaultError('PAYMENT_GATEWAY_FAILED', where)
  }
  const store = new MemoryStore((where) => {
    if (random() < trouble.crash) throw new Crash(where)
  })
  const [paypal, paybox] = [new PaypalWorld(hazard), new PayboxWorld(hazard)]
  const clock = { nowMs: 1_000_000 }
  let count = 0
  const desk = new RefundDesk({
    payments: store,
    store,
    gatewayOf: ({ gateway }) => Promise.resolve(gateway === 'paypal' ? paypal : paybox),
    nowMs: () => clock.nowMs,
    newId: () => `r${++count}`,
    complain: () => undefined,
  })
  return { random, trouble, store, paypal, paybox, desk, clock }
}

function paidPayment(gateway: Payment['gateway']): Payment {
  return {
    id: gateway,
    tenant: gateway,
    gateway,
    environment: 'production',
    amount: PAID,
    currency: 'EUR',
    reference: 'booking',
    idempotencyKey: 'tab',
    state: 'paid',
    reason: '',
    returnUrl: '',
    cancelUrl: '',
    gatewayId: `O-${gateway}`,
    gatewayUrl: '',
    transactions: [`C-${gateway}`],
    eventCount: 1,
    checks: 0,
    nextCheckMs: null,
    createdMs: 0,
    expiresMs: 0,
  }
}

async function survive(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const isTooMuch = (error as { code?: string }).code === 'REFUND_TOO_MUCH'
    if (!(error instanceof Crash) && !isTooMuch) throw error
  }
}

async function live(w: World): Promise<void> {
  const { random, desk, clock, trouble, store } = w
  for (const gateway of ['paypal', 'paybox'] as const) {
    store.payments.set(gateway, paidPayment(gateway))
  }
  Object.assign(trouble, { crash: 0.08, lost: 0.15 })
  for (let steps = 2 + Math.floor(random() * 8); steps > 0; steps--) {
    clock.nowMs += Math.floor(random() * 120_000)
    const paymentId = random() < 0.5 ? 'paypal' : 'paybox'
    const amount = random() < 0.3 ? undefined : 1 + Math.floor(random() * 900)
    const idempotencyKey = `${paymentId} ${Math.floor(random() * 4)}`
    await survive(() => desk.create({ paymentId, amount, idempotencyKey }))
    if (random() < 0.4) await survive(() => desk.reconcile())
  }
  Object.assign(trouble, { crash: 0, lost: 0 })
  const endMs = clock.nowMs + SETTLE_MS
  while (clock.nowMs < endMs) {
    clock.nowMs += 60_000
    await desk.reconcile()
  }
}

function check({ store, paypal, paybox }: World, seed: number): { done: number; review: number } {
  const found = { done: 0, review: 0 }
  const given = { paypal: [...paypal.refunds], paybox: paybox.refunds }
  for (const gateway of ['paypal', 'paybox'] as const) {
    const refunds = [...store.refunds.values()].filter((one) => one.gateway === gateway)
    const why = `seed ${seed}: ${JSON.stringify(refunds)}`
    const done = refunds.filter(({ state }) => state === 'done')
    assert.deepEqual(given[gateway].toSorted(), done.map(({ id }) => id).toSorted(), why)
    const back = done.reduce((sum, { amount }) => sum + amount, 0)
    assert(back <= PAID, `more went back than came; ${why}`)
    const booked = store.lines
      .filter(({ account }) => account === `at-gateway:${gateway}`)
      .reduce((sum, { amount }) => sum + amount, 0)
    assert.equal(booked + back, 0, `ledger; ${why}`)
    const open = refunds.filter(({ state }) => state === 'unknown' || state === 'asked')
    assert.deepEqual(open, [], `not settled; ${why}`)
    const sequences = store.events.filter((one) => one.paymentId === gateway)
    assert.deepEqual(
      sequences.map(({ sequence }) => sequence),
      sequences.map((_, at) => at + 2),
      why,
    )
    found.done += done.length
    found.review += refunds.filter(({ state }) => state === 'review').length
  }
  assert.equal(
    store.lines.reduce((sum, { amount }) => sum + amount, 0),
    0,
    `seed ${seed}`,
  )
  return found
}

test(`refunds: in ${HISTORIES} random histories money goes back once`, async () => {
  let done = 0
  let review = 0
  for (let at = 0; at < HISTORIES; at++) {
    const w = world(SEED + at)
    await live(w)
    const found = check(w, SEED + at)
    done += found.done
    review += found.review
  }
  assert(done > HISTORIES, 'the histories do give back')
  assert(review > 0, 'and some need a person')
})
