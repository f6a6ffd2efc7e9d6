/** The laws of the lockout: the attacker's budget is bounded, the owner's is the owner's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lockout, type LoginAttempt } from './lockout.ts'
import { lockoutDefaults } from './policy.ts'
import { Remembered } from './remembered.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const stranger: LoginAttempt = { account: 'lotte', network: '192.0.2.1' }
const owner: LoginAttempt = { account: 'lotte', network: '192.0.2.1', device: 'tablet' }

/** Tries once; a wrong password when admitted. @returns Whether it was evaluated. */
function guess(lockout: Lockout, attempt: LoginAttempt, nowMs: number): boolean {
  const admission = lockout.begin(attempt, nowMs)
  if (admission.admitted) lockout.settle(admission.ticket, 'wrong', nowMs)
  return admission.admitted
}

test('lockout: five mistakes are free, the sixth waits, and the wait doubles up to an hour', () => {
  const lockout = new Lockout()
  const waits: number[] = []
  let nowMs = 1_000
  for (let attempt = 0; attempt < 15; attempt++) {
    const admission = lockout.begin(stranger, nowMs)
    if (admission.admitted) {
      lockout.settle(admission.ticket, 'wrong', nowMs)
      continue
    }
    waits.push(admission.retryAfterMs / 1000)
    nowMs += admission.retryAfterMs
  }
  assert.deepEqual(waits.slice(0, 5), [30, 60, 120, 240, 480])
  const patient = { ...stranger, network: 'x' }
  for (let at = 0; at < 30; at++) {
    guess(lockout, patient, nowMs)
    nowMs += HOUR_MS
  }
  guess(lockout, patient, nowMs)
  const last = lockout.begin(patient, nowMs)
  assert(!last.admitted && last.retryAfterMs === HOUR_MS)
})

test('lockout: a hundred attempts sent at once are a hundred attempts', () => {
  const lockout = new Lockout()
  const admitted = Array.from({ length: 100 }, () => lockout.begin(stranger, 5)).filter(
    (admission) => admission.admitted,
  )
  assert.equal(admitted.length, lockoutDefaults.unknownDevices.freeFailures)
})

test('lockout: a known device has its own budget, and cannot use it up by being right', () => {
  const lockout = new Lockout()
  while (guess(lockout, stranger, 0));
  for (let at = 0; at < 1_000; at++) {
    const admission = lockout.begin(owner, at)
    assert(admission.admitted)
    lockout.settle(admission.ticket, 'right', at)
  }
  assert(!guess(lockout, stranger, 1_000), 'the owner’s success buys the attacker nothing')
})

test('lockout: the owner’s mistakes on a known device slow that device alone', () => {
  const lockout = new Lockout()
  while (guess(lockout, owner, 0));
  assert(guess(lockout, { ...owner, device: 'telephone' }, 0))
  assert(guess(lockout, stranger, 0))
})

test('lockout: a success tells how many failures came before it, and ends the row', () => {
  const lockout = new Lockout()
  for (let at = 0; at < 4; at++) guess(lockout, stranger, at)
  const admission = lockout.begin(stranger, 10)
  assert(admission.admitted)
  assert.equal(lockout.settle(admission.ticket, 'right', 11).failuresBefore, 4)
  for (let at = 0; at < 5; at++) assert(guess(lockout, stranger, 20 + at), 'free again')
})

test('lockout: an answer nobody saw counts as a failure; no evaluation counts for nothing', () => {
  const lockout = new Lockout()
  for (let at = 0; at < 50; at++) {
    const admission = lockout.begin(stranger, at)
    assert(admission.admitted)
    lockout.settle(admission.ticket, 'not-evaluated', at)
  }
  for (let at = 0; at < 5; at++) {
    const admission = lockout.begin(stranger, 100 + at)
    assert(admission.admitted)
    lockout.settle(admission.ticket, 'unseen', 100 + at)
  }
  assert(!guess(lockout, stranger, 200))
})

test('lockout: one network that tries many accounts is slowed down, and no other', () => {
  const lockout = new Lockout()
  let evaluated = 0
  for (let at = 0; at < 10_000; at++) {
    if (guess(lockout, { account: `a${at}`, network: 'n' }, at)) evaluated++
  }
  const { failuresMax } = lockoutDefaults.network
  assert(evaluated >= failuresMax && evaluated <= failuresMax + 1, String(evaluated))
  assert(guess(lockout, { account: 'a', network: 'm' }, 10_000))
  assert(guess(lockout, { account: 'a', network: 'n', device: 'd' }, 10_000), 'a known device')
  assert(guess(lockout, { account: 'b', network: 'n' }, 10_000 + HOUR_MS))
})

test('lockout: 10,000 addresses get 100 guesses a day at most; the owner gets in', () => {
  const lockout = new Lockout()
  const evaluatedMs: number[] = []
  const days = 3
  for (let nowMs = 0; nowMs < days * DAY_MS; nowMs += 2_000) {
    for (let address = 0; address < 5; address++) {
      const network = `10.0.${(nowMs / 2_000 + address) % 10_000}`
      if (guess(lockout, { account: 'lotte', network }, nowMs)) evaluatedMs.push(nowMs)
    }
    if (nowMs % HOUR_MS > 0) continue
    const admission = lockout.begin(owner, nowMs)
    assert(admission.admitted, `the owner is locked out after ${nowMs} ms`)
    lockout.settle(admission.ticket, 'right', nowMs)
  }
  for (const [at, ms] of evaluatedMs.entries()) {
    const within = evaluatedMs.slice(at).filter((later) => later < ms + DAY_MS).length
    assert(within <= lockoutDefaults.unknownDevices.perDayMax)
  }
  assert(evaluatedMs.length > 24, 'it is slowed down, not shut')
})

test('lockout: even successes in between give no more than 100 wrong guesses a day', () => {
  const lockout = new Lockout()
  let wrong = 0
  for (let nowMs = 0; nowMs < DAY_MS; nowMs += MINUTE_MS) {
    const network = `n${nowMs}`
    if (guess(lockout, { account: 'lotte', network }, nowMs)) wrong++
    const own = lockout.begin({ account: 'lotte', network }, nowMs)
    if (own.admitted) lockout.settle(own.ticket, 'right', nowMs)
  }
  assert.equal(wrong, lockoutDefaults.unknownDevices.perDayMax)
})

test('lockout: a million invented names neither fill the memory nor wipe out a record', () => {
  const lockout = new Lockout({ ...lockoutDefaults, rememberedMax: 1_000 })
  while (guess(lockout, stranger, 0));
  for (let at = 0; at < 100_000; at++) {
    guess(lockout, { account: `invented${at}`, network: `n${at}` }, 1)
  }
  assert(lockout.size <= 3_000)
  assert(!guess(lockout, { ...stranger, network: 'fresh' }, 2))
})

test('remembered: what is forgotten goes first, then the lightest', () => {
  const item = (weight: number, forgotten = false) => ({ weight, isForgotten: () => forgotten })
  const made = [item(5), item(1), item(9, true), item(3), item(2)]
  const memory = new Remembered(3, () => made.shift() ?? item(0))
  for (const key of ['five', 'one', 'gone', 'three', 'two']) memory.get(key, 0)
  assert.equal(memory.get('five', 0).weight, 5)
  assert.equal(memory.get('three', 0).weight, 3)
  assert.equal(memory.get('two', 0).weight, 2)
})
