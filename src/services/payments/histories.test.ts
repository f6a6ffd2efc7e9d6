/**
 * Random histories of payments (`test/kit/payment-histories.ts`), and one history of each gateway
 * with a crash, and with a lost answer, at every single step and at every two. Money is right.
 *
 * VEILIG_HISTORIES and VEILIG_SEED choose how many, and which; `npm run bench -- payments` does a
 * million.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkMoney,
  deskOf,
  intentFor,
  kinds,
  liveHistory,
  noCounts,
  settle,
  survive,
} from '#kit/payment-histories.ts'
import { Crash, MemoryStore, PayboxWorld, PaypalWorld, type Hazard } from '#kit/payments.ts'
import { FaultError } from '#lib/errors.ts'

const HISTORIES = Number(process.env['VEILIG_HISTORIES'] ?? 5_000)
const SEED = Number(process.env['VEILIG_SEED'] ?? 20_261_123)

test(`payments: in ${HISTORIES} random histories the money is never wrong`, async () => {
  const counts = noCounts()
  for (let at = 0; at < HISTORIES; at++) await liveHistory(SEED + at, counts)
  for (const kind of kinds) assert(counts[kind] > HISTORIES / 100, `${kind}: ${counts[kind]}`)
})

/** One booking: begun, paid, told of, reconciled; trouble comes at the given steps. */
async function liveWithTrouble(
  tenant: 'p' | 'x',
  at: ReadonlySet<number>,
  trouble: (where: string) => Error,
): Promise<number> {
  let steps = 0
  const hazard: Hazard = (where) => {
    if (at.has(steps++)) throw trouble(where)
  }
  const store = new MemoryStore(hazard)
  const [paypal, paybox] = [new PaypalWorld(hazard), new PayboxWorld(hazard)]
  const clock = { nowMs: 1_000_000 }
  const desk = deskOf(store, paypal, paybox, clock)
  const intent = intentFor(tenant, 'booking', 'tab')
  const goods = new Set<string>()
  const tries = { crash: 0, lost: 0 }
  for (let round = 0; round < 3; round++) await survive(() => desk.create(intent)) // tried again
  const [payment] = store.payments.values()
  assert(payment)
  const order = paypal.orders.get(payment.gatewayId)
  if (order) order.status = 'approved'
  const told = tenant === 'x' ? paybox.attempt(payment, 'paid') : undefined
  await survive(() => (told ? desk.learn(payment.id, told) : desk.refresh(payment.id)))
  await survive(() => desk.refresh(payment.id)) // the payer comes back
  await settle({ trouble: tries, clock, desk, store, goods })
  const name = `${tenant} ${[...at].join(' ')}`
  checkMoney({ store, paypal, paybox, goods }, name)
  assert.deepEqual([...goods], [payment.id], `the goods are given; ${name}`)
  return steps
}

for (const tenant of ['p', 'x'] as const) {
  const name = tenant === 'p' ? 'PayPal' : 'Paybox'
  test(`payments: a crash or a lost answer at any one or two steps at ${name}`, async () => {
    const count = await liveWithTrouble(tenant, new Set(), (where) => new Crash(where))
    const last = Math.min(count, 30) // later ones only find that all is settled
    assert(last > 10)
    for (let first = 0; first < last; first++) {
      for (let second = first; second < last; second++) {
        const steps = new Set([first, second])
        await liveWithTrouble(tenant, steps, (where) => new Crash(where))
        await liveWithTrouble(tenant, steps, (where) =>
          /open|read|capture/.test(where)
            ? new FaultError('PAYMENT_GATEWAY_FAILED', where)
            : new Crash(where),
        )
      }
    }
  })
}

/** A token debited, with trouble at the given steps; tried again as an application would. */
async function debitWithTrouble(tenant: 'p' | 'x', at: ReadonlySet<number>): Promise<number> {
  let steps = 0
  const hazard: Hazard = (where) => {
    if (at.has(steps++)) throw new Crash(where)
  }
  const store = new MemoryStore(hazard)
  const [paypal, paybox] = [new PaypalWorld(hazard), new PayboxWorld(hazard)]
  const clock = { nowMs: 1_000_000 }
  const desk = deskOf(store, paypal, paybox, clock)
  const goods = new Set<string>()
  const intent = { ...intentFor(tenant, 'booking', 'debit'), token: tenant }
  for (let round = 0; round < 3; round++) await survive(() => desk.create(intent))
  await settle({ trouble: { crash: 0, lost: 0 }, clock, desk, store, goods })
  checkMoney({ store, paypal, paybox, goods }, `${tenant} ${[...at].join(' ')}`)
  const moved = paybox.debits.length + paypal.orders.size
  assert.equal(goods.size, moved, 'what was debited was given')
  return steps
}

for (const tenant of ['p', 'x'] as const) {
  const name = tenant === 'p' ? 'PayPal' : 'Paybox'
  test(`payments: a crash at any one or two steps of a debit at ${name} debits once`, async () => {
    const count = Math.min(await debitWithTrouble(tenant, new Set()), 30)
    assert(count > 8)
    for (let first = 0; first < count; first++) {
      for (let second = first; second < count; second++) {
        await debitWithTrouble(tenant, new Set([first, second]))
      }
    }
  })
}
