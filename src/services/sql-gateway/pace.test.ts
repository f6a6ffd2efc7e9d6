/** The pace of statements: bursts, the long run, who shares an account, what is recorded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { Access } from './access.ts'
import { sqlGatewayConfig } from './config.ts'
import { hasteOf, Pace, Pacer } from './pace.ts'

const MINUTE_MS = 60_000
const peer = { session: 's', user: 'app', database: 'club', address: '192.0.2.7' }

test('pace: whoever waits as told says no more than the rate, whatever the bursts', () => {
  const random = mulberry32(7)
  const pace = new Pace(300)
  let nowMs = 1_000_000
  let said = 0
  const beginMs = nowMs
  while (nowMs < beginMs + 60 * MINUTE_MS) {
    const burst = 1 + Math.floor(random() * 40)
    said += burst
    nowMs += pace.said(burst, nowMs) + random() * 3_000
  }
  const minutes = (nowMs - beginMs) / MINUTE_MS
  assert(said <= 300 * (minutes + 1) + 40, `${said} in ${minutes} minutes`)
  assert(said > 300 * minutes * 0.8, 'and is not held up more than that')
})

test('pace: a minute’s worth at once is free; a flood waits a minute at most', () => {
  const pace = new Pace(60)
  assert.equal(pace.said(60, 0), 0)
  assert.equal(pace.said(1, 0), 1_000)
  assert.equal(pace.said(1_000_000, 0), MINUTE_MS)
  assert.equal(pace.said(1, 3 * MINUTE_MS), 0, 'and is forgiven after that')
})

test('pace: sessions of a role from an address share one account, others have their own', () => {
  const rule = { roles: ['app', 'till'], statementsPerMinuteMax: 60 }
  const access = new Access(sqlGatewayConfig.parse({ connect: [rule] }).connect)
  const of = (user: string, address: string) =>
    access.pacerOf({ user, database: 'club', replication: false }, { ...peer, user, address })
  const [one, two] = [of('app', '192.0.2.7'), of('app', '192.0.2.7')]
  assert.equal(one?.said(60, 0).waitMs, 0)
  assert.equal(two?.said(1, 0).waitMs, 1_000)
  assert.equal(of('app', '192.0.2.8')?.said(1, 0).waitMs, 0)
  assert.equal(of('till', '192.0.2.7')?.said(1, 0).waitMs, 0)
  assert.equal(of('staff', '192.0.2.7'), undefined, 'no rule, no account')
})

test('pace: what is only observed is recorded and waits for nothing, once in ten seconds', () => {
  const pacer = new Pacer(peer, hasteOf([{ pace: new Pace(60), mode: 'observe' }]))
  assert.deepEqual(pacer.said(60, 0), { waitMs: 0, events: [] })
  const detail = { ...peer, mode: 'observe', waitMs: 0 }
  const told = { waitMs: 0, events: [{ code: 'DB_PACE_EXCEEDED', detail }] }
  assert.deepEqual(pacer.said(1, 1), told)
  assert.deepEqual(pacer.said(100, 9_000), { waitMs: 0, events: [] })
  assert.deepEqual(pacer.said(100, 10_001), told)
})
