/**
 * What was measured for one customer: from the probe to that customer's own page and evidence,
 * checked by whoever has the link, and seen by nobody else.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { customerToken } from '#crypto/customer-leaves.ts'
import { verifyBundle, type EvidenceBundle } from '#crypto/evidence-bundle.ts'
import { probing, startChain, type Chain } from '#kit/chain.ts'
import { eventually } from '#kit/eventually.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import type { Finding } from '#lib/claims/statement.ts'
import { withCustomers, type CustomerBook } from '#services/prober/customers.ts'
import type { Probe } from '#services/prober/probe.ts'
import { systemClock } from '#system/clock.ts'

const CLAIM = 'payments.redirect'
const secret = new Uint8Array(32).fill(7)
const script = fileURLToPath(new URL('../../bin/verify-evidence.py', import.meta.url))
let base: string
before(async () => {
  base = await temporaryFolder('customers')
})
after(() => rm(base, { recursive: true }))

type Ledgers = Map<string, Finding[]>

/** A chain whose probe finds for each customer what `found` says now. */
async function started(name: string, found: Ledgers): Promise<Chain & AsyncDisposable> {
  const stack = new AsyncDisposableStack()
  const chain = stack.use(await startChain(base, name))
  const book: CustomerBook = {
    secret,
    keep: (claim, sets) => Promise.resolve(void chain.customers.set(claim, sets)),
    clock: systemClock,
  }
  const probe: Probe = {
    version: 1,
    measure: () => {
      const findings = [{ code: 'PAY_WITH_WORD', values: { paid: 3 } }]
      return Promise.resolve({ outcome: 'pass', findings, customers: new Map(found) })
    },
  }
  const probes = new Map([[CLAIM, withCustomers(CLAIM, probe, book)]])
  stack.use(await probing(chain, probes, { intervalSeconds: 1 }))
  return { ...chain, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const paid = (count: number): Finding[] => [{ code: 'CUSTOMER_PAID', values: { paid: count } }]

/** The page, once it says so. */
async function pageSaying(chain: Chain, token: string, text: string): Promise<string> {
  return eventually(`a page that says ${text}`, async () => {
    const { body } = await chain.get(`/en/customer?token=${token}`)
    return body.includes(text) ? body : undefined
  })
}

test('customers: each sees its own and no other, and what is wrong with it at once', async () => {
  const found: Ledgers = new Map([
    ['noord', paid(12)],
    ['zuid', paid(7)],
  ])
  await using chain = await started('own', found)
  const token = customerToken(secret, 'noord')
  const page = await pageSaying(chain, token, 'called paid: 12.')
  assert(page.includes('noord') && !page.includes('zuid') && !page.includes('paid: 7.'))
  assert(page.includes(`href="/nl/customer?token=${token}"`), 'in another language it is the same')
  const everybody = (await chain.get('/en')).body
  assert(everybody.includes('Measured for each of 2 customers apart'))
  assert(!everybody.includes('noord') && !everybody.includes(token))
  for (const wrong of [customerToken(secret, 'west'), 'x', '', `${token}.${token}.x`]) {
    const { status, body } = await chain.get(`/en/customer?token=${wrong}`)
    assert.equal(status, 404, wrong)
    assert(body.includes('There is nothing to see here.'))
  }
  found.set('noord', [{ code: 'CUSTOMER_UNWITNESSED', values: { paid: 12, unwitnessed: 1 } }])
  await pageSaying(chain, token, 'Of your 12 paid orders, 1 lack')
  const both = `${token}.${customerToken(secret, 'zuid')}`
  await pageSaying(chain, both, 'noord · zuid')
})

test('customers: two verifiers that share no code check it, and refuse every change', async () => {
  const found: Ledgers = new Map(['a', 'b', 'c', 'd', 'e'].map((name) => [name, paid(1)]))
  await using chain = await started('proof', found)
  const token = customerToken(secret, 'c')
  await pageSaying(chain, token, 'called paid: 1.')
  const { body } = await chain.get(`/customer.bundle?token=${token}`)
  const bundle = JSON.parse(body) as EvidenceBundle
  const [own] = verifyBundle(body).customers
  assert.deepEqual([own?.customer, own?.claim], ['c', CLAIM])
  const [part] = bundle.customers ?? []
  assert(part)
  const leaf = Buffer.from(part.leaf, 'base64').toString()
  const changes = {
    'as it is': part,
    'another number': { ...part, leaf: encoded(leaf.replace('"paid":1', '"paid":2')) },
    'another place': { ...part, at: (part.at + 1) % part.count },
    'another count': { ...part, count: part.count + 1 },
    'no proof': { ...part, proof: part.proof.slice(1) },
    'another entry': { ...part, index: 99 },
  }
  for (const [name, change] of Object.entries(changes)) {
    const text = JSON.stringify({ ...bundle, customers: [change] })
    const whole: boolean = name === 'as it is'
    assert.equal(accepts(text), whole, `ours, ${name}`)
    const file = join(base, 'customer.bundle')
    await writeFile(file, text)
    assert.equal(spawnSync('python3', [script, file]).status === 0, whole, `theirs, ${name}`)
  }
})

function accepts(text: string): boolean {
  try {
    verifyBundle(text)
    return true
  } catch {
    return false
  }
}

function encoded(text: string): string {
  return Buffer.from(text).toString('base64')
}
