/**
 * Random histories of payments, each from one seed: duplicates, losses, delays, other orders,
 * refusals that become payments, forgeries, replays, wrong amounts, test authorisations, two tabs at
 * one time, and a crash at every step. At the end the money must be right.
 */
import assert from 'node:assert/strict'
import { mulberry32 } from '#kit/random.ts'
import { FaultError } from '#lib/errors.ts'
import { Desk } from '#services/payments/desk.ts'
import type { Fact, Intent, Payer, Payment } from '#services/payments/model.ts'
import { Crash, MemoryStore, PayboxWorld, PaypalWorld, tokenAt } from './payments.ts'

const STEPS_MAX = 14
/** Until then everything is settled, or a person was asked. */
export const SETTLE_MS: number = 15 * 60_000
const AMOUNT = 1250

export type Told = Readonly<Record<(typeof kinds)[number], number>>

/** What happened in histories: a history of which nothing happens proves nothing. */
export const kinds = [
  'histories',
  'paid',
  'reviewed',
  'crashes',
  'lost',
  'duplicates',
  'late',
  'forged',
  'replays',
  'koThenOk',
  'wrongAmounts',
  'testMoney',
  'atOnce',
  'debits',
] as const

type Counts = Record<(typeof kinds)[number], number>

export function noCounts(): Counts {
  return Object.fromEntries(kinds.map((kind) => [kind, 0])) as Counts
}

type Notice = { readonly id: string; readonly fact: Fact | undefined }

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
  readonly mail: Notice[]
  /** What was delivered once, and can be sent again by whoever kept it. */
  readonly heard: Notice[]
  readonly counts: Counts
}

function world(seed: number, counts: Counts): World {
  const random = mulberry32(seed)
  const trouble = { crash: 0.06, lost: 0.1 }
  const crashes = (where: string): void => {
    if (random() >= trouble.crash) return
    counts.crashes++
    throw new Crash(where)
  }
  const onTheWay = (where: string): void => {
    crashes(where)
    if (random() >= trouble.lost) return
    counts.lost++
    throw new FaultError('PAYMENT_GATEWAY_FAILED', where)
  }
  const store = new MemoryStore(crashes)
  const [paypal, paybox] = [new PaypalWorld(onTheWay), new PayboxWorld(onTheWay)]
  const clock = { nowMs: 1_000_000 }
  const desk = deskOf(store, paypal, paybox, clock)
  const [mail, heard]: [Notice[], Notice[]] = [[], []]
  const goods = new Set<string>()
  return { random, store, paypal, paybox, desk, goods, trouble, clock, mail, heard, counts }
}

export function deskOf(
  store: MemoryStore,
  paypal: PaypalWorld,
  paybox: PayboxWorld,
  clock: { readonly nowMs: number },
  newId: () => string = counted(),
): Desk {
  return new Desk({
    store,
    gatewayOf: ({ gateway }) => Promise.resolve(gateway === 'paypal' ? paypal : paybox),
    choiceOf: (tenant) =>
      Promise.resolve({
        gateway: tenant === 'p' ? ('paypal' as const) : ('paybox' as const),
        environment: 'production' as const,
      }),
    openToken: (id) => Promise.resolve(tokenAt(id)),
    nowMs: () => clock.nowMs,
    newId,
    complain: () => undefined,
  })
}

function counted(): () => string {
  let count = 0
  return () => `${++count}`
}

/** A crash ends the act; everything that is not in the store is gone. */
export async function survive(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const isReused = (error as { code?: string }).code === 'PAYMENT_KEY_REUSED'
    if (!(error instanceof Crash) && !isReused) throw error
  }
}

export function intentFor(tenant: string, reference: string, idempotencyKey: string): Intent {
  const [returnUrl, cancelUrl] = ['https://club.example/return', 'https://club.example/cancel']
  const money = { tenant, amount: AMOUNT, currency: 'EUR', payer }
  return { ...money, reference, returnUrl, cancelUrl, idempotencyKey }
}

const payer: Payer = {
  firstName: 'A',
  lastName: 'B',
  address1: 'C 1',
  zipCode: '1000',
  city: 'D',
  country: 'BE',
}

/** What the payer does at the gateway, and what the gateway then sends. */
function pay(w: World, payment: Payment): void {
  const { random, paypal, paybox, mail, counts } = w
  if (payment.gatewayId === '') return
  if (payment.gateway === 'paypal') {
    const order = paypal.orders.get(payment.gatewayId)
    if (!order || order.status === 'completed') return
    if (order.status === 'declined') counts.koThenOk++
    order.status = random() < 0.3 ? 'declined' : 'approved'
    if (random() < 0.03) {
      counts.wrongAmounts++
      order.amount = 1 // somebody changed the order at the gateway
    }
    mail.push({ id: payment.id, fact: undefined }) // a webhook only says: look
    return
  }
  const isWrong = random() < 0.08
  const isTest = random() < 0.04
  counts.wrongAmounts += isWrong ? 1 : 0
  counts.testMoney += isTest ? 1 : 0
  const before = paybox.answers.get(payment.id)?.at(-1)
  const outcome = random() < 0.4 ? 'refused' : 'paid'
  if (before?.kind === 'refused' && outcome === 'paid') counts.koThenOk++
  const fact = paybox.attempt(payment, outcome, isWrong ? 1 : payment.amount, isTest)
  mail.push({ id: payment.id, fact })
}

async function act(w: World): Promise<void> {
  const { random, desk, store, mail, clock, counts } = w
  const payments = [...store.payments.values()]
  const payment = payments[Math.floor(random() * payments.length)]
  const choice = random()
  clock.nowMs += Math.floor(random() * 60_000)
  if (random() < 0.04) {
    counts.late++
    clock.nowMs += Math.floor(random() * 45 * 60_000) // past the end of what was begun
  }
  if (!payment || choice < 0.2) {
    const tenant = payment?.tenant ?? (random() < 0.5 ? 'p' : 'x')
    const reference = random() < 0.8 ? 'booking-1' : 'booking-2'
    const wanted = intentFor(tenant, reference, `tab-${Math.floor(random() * 3)}`)
    const isDebit = random() < 0.25
    counts.debits += isDebit ? 1 : 0
    return await survive(() => desk.create(isDebit ? { ...wanted, token: tenant } : wanted))
  }
  if (choice < 0.45) return pay(w, payment)
  if (choice < 0.7) return await deliverSome(w)
  if (choice < 0.76) return await replay(w)
  if (choice < 0.82) {
    // A true signature over a body that was changed under its checksum: it says "look", no more.
    counts.forged++
    mail.push({ id: payment.id, fact: undefined })
  } else if (choice < 0.87) await survive(() => desk.learn(payment.id, { kind: 'cancelled' }))
  else if (choice < 0.95) await survive(() => desk.reconcile())
  else await survive(() => tell(w))
}

/** Notifications come in any order, twice, late, or never. */
async function deliverSome(w: World): Promise<void> {
  const { random, mail, heard, counts } = w
  const at = Math.floor(random() * mail.length)
  const one = mail[at]
  if (!one) return
  if (random() < 0.7) mail.splice(at, 1)
  else counts.duplicates++ // it will come again
  if (random() < 0.2) {
    counts.lost++
    return
  }
  heard.push(one)
  await hear(w, one)
}

/** A notification of long ago, sent again word for word. */
async function replay(w: World): Promise<void> {
  const one = w.heard[Math.floor(w.random() * w.heard.length)]
  if (!one) return
  w.counts.replays++
  await hear(w, one)
}

async function hear({ desk }: World, { id, fact }: Notice): Promise<void> {
  await survive(() => (fact ? desk.learn(id, fact) : desk.refresh(id)))
}

/** Events to the application: at least once, in order; it gives goods for "paid". */
async function tell({ store, goods }: Pick<World, 'store' | 'goods'>): Promise<void> {
  for (const event of await store.undelivered()) {
    if (event.type === 'payment.paid') goods.add(event.paymentId)
    await store.delivered(event)
  }
}

export async function settle(
  w: Pick<World, 'trouble' | 'clock' | 'desk' | 'store' | 'goods'>,
): Promise<void> {
  w.trouble.crash = w.trouble.lost = 0
  const endMs = w.clock.nowMs + SETTLE_MS
  while (w.clock.nowMs < endMs) {
    w.clock.nowMs += 60_000
    await survive(() => w.desk.reconcile())
  }
  while (w.store.events.some(({ delivered }) => !delivered)) {
    await survive(() => tell(w))
  }
}

/** @throws {AssertionError} When money is wrong. */
export function checkMoney(
  w: Pick<World, 'store' | 'paypal' | 'paybox' | 'goods'>,
  name: string,
): void {
  const { store, paypal, paybox, goods } = w
  const told = (id: string, type: string): boolean =>
    store.events.some((event) => event.paymentId === id && event.type === type)
  for (const payment of store.payments.values()) {
    const why = (what: string): string => `${what}; ${name}: ${JSON.stringify(payment)}`
    const order = paypal.orders.get(`O-${payment.id}`) // whether we know of it or not
    if (paybox.debits.filter((id) => id === payment.id).length > 1)
      assert.fail(why('debited twice'))
    if ((order?.captures.size ?? 0) > 1) assert.fail(why('captured twice'))
    const answer = paybox.answers.get(payment.id)?.find(({ kind }) => kind === 'paid')
    const real = answer?.kind === 'paid' && !answer.isTest ? answer.amount : 0
    const paid = order?.captures.size ? order.amount : real
    if (goods.has(payment.id) && paid !== payment.amount) assert.fail(why('goods without money'))
    const isKnown = goods.has(payment.id) || told(payment.id, 'payment.review')
    if (paid > 0 && !isKnown) assert.fail(why('money without goods, and nobody asked'))
    const own = store.events.filter(({ paymentId }) => paymentId === payment.id)
    if (own.some(({ sequence }, at) => sequence !== at + 1)) assert.fail(why('events out of order'))
    const booked = store.lines.filter(
      ({ account, transaction }) => account.startsWith('at-') && isOf(payment, transaction),
    )
    const sum = booked.reduce((total, { amount }) => total + amount, 0)
    if (sum !== paid || booked.length > 1) assert.fail(why('the ledger says something else'))
  }
  const references = [...goods].map((id) => {
    const { tenant = '', reference = '' } = store.payments.get(id) ?? {}
    return `${tenant} ${reference}`
  })
  if (new Set(references).size !== references.length) assert.fail(`goods twice; ${name}`)
  const sum = store.lines.reduce((total, { amount }) => total + amount, 0)
  if (sum !== 0) assert.fail(`the ledger does not balance; ${name}`)
}

function isOf({ id }: Payment, transaction: string): boolean {
  return transaction === `paypal:C-O-${id}` || transaction === `paybox:T-${id}`
}

/** One history, lived and checked. @param counts Grows by what happened. */
export async function liveHistory(seed: number, counts: Counts): Promise<void> {
  const w = world(seed, counts)
  const steps = 2 + Math.floor(w.random() * STEPS_MAX)
  for (let at = 0; at < steps; at++) {
    if (w.random() < 0.2) {
      counts.atOnce++
      await Promise.all([act(w), act(w)]) // two tabs, or a tab and a notification
    } else await act(w)
  }
  await settle(w)
  checkMoney(w, `seed ${seed}`)
  counts.histories++
  counts.paid += w.goods.size
  counts.reviewed += w.store.events.some(({ state }) => state === 'review') ? 1 : 0
}
