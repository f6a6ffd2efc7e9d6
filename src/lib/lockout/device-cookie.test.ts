/** Device cookies and networks: what identifies a client, and what cannot be made up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountKey, DEVICE_DAYS, knownDevice, rememberDevice } from './device-cookie.ts'
import { networkOf } from './network.ts'

const DAY_MS = 86_400_000
const key = new Uint8Array(32).fill(7)
const keys = [key] as const
const bytes = (value: number): Uint8Array => new Uint8Array(16).fill(value)

test('device cookie: proves a device for one account, until it is old', () => {
  const value = rememberDevice(keys, undefined, 'lotte', bytes(1), 0)
  const device = knownDevice(keys, value, 'lotte', DAY_MS)
  assert.equal(device, Buffer.from(bytes(1)).toString('base64url'))
  assert.equal(knownDevice(keys, value, 'someone else', DAY_MS), undefined)
  assert.equal(knownDevice([new Uint8Array(32)], value, 'lotte', DAY_MS), undefined)
  assert.equal(knownDevice(keys, value, 'lotte', DEVICE_DAYS * DAY_MS), device)
  assert.equal(knownDevice(keys, value, 'lotte', (DEVICE_DAYS + 1) * DAY_MS), undefined)
})

test('device cookie: one flipped character proves nothing, and nonsense is harmless', () => {
  const value = rememberDevice(keys, undefined, 'lotte', bytes(1), 0)
  for (let at = 0; at < value.length; at++) {
    const other = value[at] === 'A' ? 'B' : 'A'
    const forged = value.slice(0, at) + other + value.slice(at + 1)
    assert.equal(knownDevice(keys, forged, 'lotte', 0), undefined, `at ${at}`)
  }
  for (const nonsense of ['', '~~~', 'a.b.c', '\u0000', '.'.repeat(10_000), 'é'.repeat(500)]) {
    assert.equal(knownDevice(keys, nonsense, 'lotte', 0), undefined)
  }
})

test('device cookie: while keys change, the one before is accepted and signs nothing new', () => {
  const old = rememberDevice(keys, undefined, 'lotte', bytes(1), 0)
  const both = [new Uint8Array(32).fill(8), key] as const
  const device = knownDevice(both, old, 'lotte', DAY_MS)
  assert.notEqual(device, undefined)
  const renewed = rememberDevice(both, old, 'lotte', bytes(2), DAY_MS)
  assert.equal(knownDevice([both[0]], renewed, 'lotte', DAY_MS), device, 'the same device')
  assert.equal(knownDevice([both[0]], old, 'lotte', DAY_MS), undefined)
})

test('device cookie: a family shares a tablet, five at most; who returns keeps the device', () => {
  let value: string | undefined
  for (const [at, name] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
    value = rememberDevice(keys, value, name, bytes(at), 0)
  }
  assert.equal(knownDevice(keys, value, 'a', 0), undefined)
  const device = knownDevice(keys, value, 'c', 0)
  assert(device !== undefined)
  const renewed = rememberDevice(keys, value, 'c', bytes(99), 50 * DAY_MS)
  assert.equal(knownDevice(keys, renewed, 'c', 100 * DAY_MS), device)
  assert(renewed.length < 512, `${renewed.length} characters`)
})

test('account key: one account however it is typed, another at another door', () => {
  const one = accountKey(key, 'web', 'Lotte@Zuiderpark.example')
  for (const typed of [
    ' lotte@zuiderpark.example ',
    'LOTTE@ZUIDERPARK.EXAMPLE',
    'ｌotte@zuiderpark.example',
  ]) {
    assert.equal(accountKey(key, 'web', typed), one, typed)
  }
  assert.notEqual(accountKey(key, 'staff', 'lotte@zuiderpark.example'), one)
  assert.notEqual(accountKey(key, 'web', 'lott@zuiderpark.example'), one)
  assert(!one.includes('lotte'))
})

test('network: IPv4 by address, IPv6 by its /64, however it is written', () => {
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7')
  assert.equal(networkOf('::ffff:192.0.2.7'), '192.0.2.7')
  const one = networkOf('2001:db8:1:2::1')
  for (const same of [
    '2001:0DB8:0001:0002:ffff:1:2:3',
    '[2001:db8:1:2::]',
    '2001:db8:1:2::9%eth0',
  ]) {
    assert.equal(networkOf(same), one, same)
  }
  assert.notEqual(networkOf('2001:db8:1:3::1'), one)
  assert.equal(networkOf('::1'), '0:0:0:0::/64')
})
