/**
 * The console besieged by a simulated botnet of 10,000 addresses for 24 simulated hours, while the
 * owner signs in each hour and a new device tries a passkey.
 *
 * `SIEGE_TRIES=100000` makes it the whole campaign; by default a slice of 400 tries.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { askConsole, enrolled, startConsole, type Person, type TestConsole } from '#kit/console.ts'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import { systemClock } from '#system/clock.ts'

const TRIES = Number(process.env['SIEGE_TRIES'] ?? 400)
const ADDRESSES = 10_000
const DAY_MS = 86_400_000
let desk: TestConsole
let lotte: Person
let aheadMs = 0

before(async () => {
  const clock = { ...systemClock, nowMs: () => systemClock.nowMs() + aheadMs }
  const loginLimits = limitsInMemory(() => systemClock.monotonicMs() + aheadMs)
  desk = await startConsole({ clock, loginLimits })
  lotte = await enrolled(desk, 'lotte@club.example', 'owner')
})
after(() => desk[Symbol.asyncDispose]())

const evaluated = (): number => desk.trail.of('STAFF_PASSWORD_WRONG').length

async function ownerSignsIn(): Promise<void> {
  const fields = { name: lotte.name, password: lotte.password }
  const page = await askConsole(desk, 'POST', '/login', { fields, cookie: lotte.cookie })
  assert.equal(page.to, '/second', 'the known device, at the first try')
}

test(`siege: of ${TRIES} tries from 10,000 addresses at most 100 are evaluated`, async (t) => {
  aheadMs += 2 * DAY_MS
  const before = evaluated()
  const stepMs = DAY_MS / TRIES
  const every = Math.ceil(TRIES / 24)
  let signedIn = 0
  for (let at = 0; at < TRIES; at++) {
    aheadMs += stepMs
    const host = at % ADDRESSES
    const address = `100.${64 + (host >> 12)}.${(host >> 4) & 255}.${(host & 15) * 16}`
    const fields = { name: lotte.name, password: `guess ${at}` }
    const { status } = await askConsole(desk, 'POST', '/login', { fields, address })
    assert(status === 422 || status === 429, String(status))
    if (at % every !== 0) continue
    await ownerSignsIn()
    signedIn++
    // A new device is let try its passkey, whatever happens at the other door.
    const more = { address: `192.0.2.${signedIn}`, fields: { id: 'x' } }
    assert.equal((await askConsole(desk, 'POST', '/login/passkey', more)).status, 403)
  }
  const count = evaluated() - before
  t.diagnostic(
    `${count} of ${TRIES} evaluated; the owner signed in ${signedIn} of ${signedIn} times`,
  )
  assert(count <= 100, `${count} were evaluated`)
  const told = desk.mails.length
  assert(told >= 1 && told <= 6, `${told} notices`)
})
