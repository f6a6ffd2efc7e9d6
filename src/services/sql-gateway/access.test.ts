/** The rules of connecting, moment by moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Access } from './access.ts'
import { sqlGatewayConfig } from './config.ts'

const app = { user: 'app', database: 'club', replication: false }
const staff = { user: 'staff', database: 'club', replication: false }
const HERE = '192.0.2.7'
const MONDAY_NOON = Date.UTC(2026, 10, 23, 12)
const HOUR_MS = 3_600_000

const access = (...connect: unknown[]): Access =>
  new Access(sqlGatewayConfig.parse({ connect }).connect)
const broken = (breaches: readonly { condition: string }[]): string[] =>
  breaches.map(({ condition }) => condition)

test('access: a rule concerns the roles and databases it names, and all of them by a star', () => {
  const rules = access({ roles: ['staff'], from: ['198.51.100.0/24'] }, { from: ['192.0.2.0/24'] })
  assert.deepEqual(broken(rules.ask(app, HERE, 0)), [])
  assert.deepEqual(broken(rules.ask(staff, HERE, 0)), ['from'])
  assert.deepEqual(broken(rules.ask(staff, '198.51.100.9', 0)), ['from'], 'both must be met')
  assert.deepEqual(broken(rules.ask(app, 'nonsense', 0)), ['from'])
  const other = access({ databases: ['other'], from: [] })
  assert.deepEqual(broken(other.ask(app, HERE, 0)), [])
})

test('access: hours are those of their zone, and may span midnight', () => {
  const office = access({
    hours: { days: ['mon', 'fri'], begin: '08:00', end: '13:30', zone: 'Europe/Brussels' },
  })
  const at = (hours: number): string[] =>
    broken(office.ask(app, HERE, MONDAY_NOON + hours * HOUR_MS))
  assert.deepEqual(at(0), [], '13:00 there')
  assert.deepEqual(at(0.5), ['hours'])
  assert.deepEqual(at(-5), [], '08:00')
  assert.deepEqual(at(-5.01), ['hours'])
  assert.deepEqual(at(24), ['hours'], 'Tuesday')
  const night = access({ hours: { days: ['mon'], begin: '22:00', end: '02:00' } })
  const by = (hours: number): string[] =>
    broken(night.ask(app, HERE, MONDAY_NOON + hours * HOUR_MS))
  assert.deepEqual(by(11), [])
  assert.deepEqual(by(13), [], 'Tuesday at one, of the night that began on Monday')
  assert.deepEqual(by(14), ['hours'])
  assert.deepEqual(by(-11), ['hours'], 'Monday at one belongs to Sunday')
})

test('access: a rate allows a burst of one minute, and no more than it in the long run', () => {
  const rules = access({ connectionsPerMinuteMax: 5 })
  let passed = 0
  for (let second = 0; second < 600; second++) {
    if (rules.ask(app, HERE, MONDAY_NOON + second * 1000).length === 0) passed++
  }
  assert(passed >= 50 && passed <= 55, `${passed} in ten minutes`)
  assert.deepEqual(broken(rules.ask(app, '192.0.2.8', MONDAY_NOON)), [], 'another address')
})

test('access: sessions are counted by role and by address, and given back', () => {
  const rules = access({ connectionsMax: 3, connectionsPerAddressMax: 2 })
  assert.deepEqual(broken(rules.enter(app, HERE)), [])
  assert.deepEqual(broken(rules.enter(app, HERE)), [])
  assert.deepEqual(broken(rules.enter(app, HERE)), ['perAddress'])
  assert.deepEqual(broken(rules.enter(app, '192.0.2.8')), [])
  assert.deepEqual(broken(rules.enter(app, '192.0.2.9')), ['connectionsMax'])
  assert.deepEqual(broken(rules.enter(staff, '192.0.2.9')), [], 'another role')
  rules.leave(app, HERE)
  assert.deepEqual(broken(rules.enter(app, '192.0.2.9')), [])
})

test('access: ten thousand networks are asked in no time, and an observed rule lets pass', () => {
  const from = Array.from({ length: 10_000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`)
  const rules = access({ from, mode: 'observe' })
  assert.deepEqual(rules.ask(app, '10.39.15.1', 0), [])
  assert.deepEqual(rules.ask(app, '10.39.16.1', 0), [{ condition: 'from', mode: 'observe' }])
})

test('access: the configuration says what is wrong with a rule', () => {
  for (const rule of [
    { hours: { zone: 'Mars/Olympus' } },
    { hours: { begin: '8:00' } },
    { from: ['010.0.0.1'] },
    { connectionsMax: -1 },
    { unknown: 1 },
  ]) {
    assert.equal(sqlGatewayConfig.safeParse({ connect: [rule] }).success, false)
  }
})
