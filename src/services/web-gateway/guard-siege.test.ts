/** Two days of guessing from 10,000 addresses, through the guard itself, on a simulated clock. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { limitsInMemory } from '#lib/lockout/lockout.ts'
import type { RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { guardedRoute } from './guard-config.ts'
import { LoginGuard } from './guard.ts'

const SECOND_MS = 1000
const DAY_MS = 24 * 3600 * SECOND_MS
const EVERY_MS = 15 * SECOND_MS

const route = guardedRoute.parse({ path: '/login', success: { setsCookie: 'session' } })

test('guard: 10,000 addresses get at most 100 guesses a day; the owner is never kept out', (t) => {
  let nowMs = DAY_MS
  const guard = new LoginGuard([route], {
    key: randomBytes(32),
    deviceKeys: [randomBytes(32)],
    random: randomBytes,
    limits: limitsInMemory(() => nowMs),
    wallClockMs: () => nowMs,
    record: () => undefined,
  })
  /** @returns The application's answer as the visitor gets it; undefined when it was not asked. */
  const signIn = (address: string, password: string, cookie = ''): ResponseHead | undefined => {
    const body = Buffer.from(`email=Owner%40club.example&password=${password}`)
    const login = guard.open(headOf(cookie, body.length), 'club', address) ?? assert.fail()
    login.take(body)
    const verdict = login.decide()
    assert(!(verdict instanceof Promise))
    if (verdict !== undefined) return undefined
    return login.answered(answerTo(password))
  }
  const first = signIn('192.0.2.1', 'right') ?? assert.fail('the first login is let in')
  const device = (first.headers.at(-1) ?? '').split(';')[0] ?? ''
  assert.match(device, /^__Host-veilig-device=/)
  const guessesMs: number[] = []
  let tries = 0
  let ownerLockouts = 0
  for (const endMs = nowMs + 2 * DAY_MS; nowMs < endMs; nowMs += EVERY_MS) {
    const at = tries++ % 10_000
    const address = `10.1.${at >> 8}.${at & 255}`
    if (signIn(address, 'guess', tries % 3 === 0 ? device.replace(/.$/, '~') : '')) {
      guessesMs.push(nowMs)
    }
    if (tries % 120 === 0 && !signIn('198.51.100.7', 'right', device)) ownerLockouts++
  }
  const inAnyDay = guessesMs.map(
    (startMs) => guessesMs.filter((ms) => ms >= startMs && ms < startMs + DAY_MS).length,
  )
  const most = Math.max(...inAnyDay)
  t.diagnostic(`${tries} tries, ${most} evaluated in a day at most, ${ownerLockouts} lockouts`)
  assert(tries > 10_000)
  assert(most <= 100, `${most} guesses in a day`)
  assert(guessesMs.length > 40, 'whoever has no device yet is not kept out for good')
  assert.equal(ownerLockouts, 0)
})

function headOf(cookie: string, length: number): RequestHead {
  const type = ['content-type', 'application/x-www-form-urlencoded']
  return {
    method: 'POST',
    target: '/login',
    minorVersion: 1,
    headers: cookie === '' ? type : [...type, 'cookie', cookie],
    host: 'club.example',
    body: 'length',
    length,
    keepAlive: true,
    connection: [],
    expectsContinue: false,
    upgrade: undefined,
  }
}

function answerTo(password: string): ResponseHead {
  const isRight = password === 'right'
  return {
    status: isRight ? 303 : 401,
    reason: '',
    minorVersion: 1,
    headers: isRight ? ['set-cookie', 'session=1'] : [],
    body: 'none',
    length: 0,
    keepAlive: true,
    connection: [],
    upgrade: undefined,
  }
}
