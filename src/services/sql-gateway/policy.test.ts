/** Who may connect: strict addresses, and closed when in doubt. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Startup } from '#protocol/postgres/startup.ts'
import { sqlGatewayConfig } from './config.ts'
import { allowList, plainAddress, readRange } from '#system/address-ranges.ts'
import { identify } from './policy.ts'

test('allow-list: ranges of both families, and nothing beside them', () => {
  const isAllowed = allowList(['10.1.0.0/16', '192.0.2.7', '2001:db8::/32', '::1'])
  const table: Readonly<Record<string, boolean>> = {
    '10.1.255.255': true,
    '10.2.0.0': false,
    '192.0.2.7': true,
    '192.0.2.8': false,
    '::ffff:10.1.2.3': true,
    '::FFFF:10.2.2.3': false,
    '2001:db8:1::5': true,
    '2001:db9::': false,
    '::1': true,
    '127.0.0.1': false,
  }
  for (const [address, allowed] of Object.entries(table)) {
    assert.equal(isAllowed(address), allowed, address)
  }
})

test('allow-list: ten thousand networks let in what is theirs, and nothing beside them', () => {
  const networks = Array.from({ length: 10_000 }, (_, at) => `10.${at >> 7}.${(at % 128) * 2}.0/24`)
  const { allow } = sqlGatewayConfig.parse({ allow: networks })
  const isAllowed = allowList(allow)
  for (let at = 0; at < 10_000; at += 7) {
    const [second, third] = [at >> 7, (at % 128) * 2]
    assert(isAllowed(`10.${second}.${third}.255`))
    assert(!isAllowed(`10.${second}.${third + 1}.0`), 'the network next to it')
  }
  assert(!isAllowed('11.0.0.1'))
  assert.throws(() => sqlGatewayConfig.parse({ allow: [...networks, '192.0.2.1'] }), /10000/)
})

test('allow-list: what is no address is not allowed, even by everything', () => {
  const isAllowed = allowList(['0.0.0.0/0', '::/0'])
  for (const address of ['', 'localhost', '1.2.3', '010.0.0.1', '1.2.3.4.5', '::g', undefined]) {
    assert.equal(isAllowed(address), false, String(address))
  }
  assert.equal(isAllowed('8.8.8.8'), true)
})

test('allow-list: an octal, a short or a doubtful range is an error', () => {
  const doubtful = ['010.0.0.1', '10.0', '10.0.0.0/33', '10.0.0.0/08', '::/129', '1.2.3.4/', 'x']
  for (const text of doubtful) {
    assert.equal(readRange(text), undefined, text)
    assert.throws(() => allowList([text]), { code: 'ALLOW_LIST_INVALID' })
  }
})

test('addresses: the mapped form and the zone are taken off', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
})

function startup(parameters: Readonly<Record<string, string>>): Startup {
  const map = new Map(Object.entries(parameters))
  return { kind: 'startup', minor: 0, parameters: map, options: [] }
}

test('identity: the database is the user’s own unless named', () => {
  const identity = { user: 'till', database: 'till', replication: false }
  assert.deepEqual(identify(startup({ user: 'till' }), []), identity)
  const named = identify(startup({ user: 'till', database: 'club' }), [])
  assert.equal(named.database, 'club')
})

test('identity: a user must be named', () => {
  assert.throws(() => identify(startup({}), []), { code: 'DB_USER_MISSING' })
  assert.throws(() => identify(startup({ user: '' }), []), { code: 'DB_USER_MISSING' })
})

test('identity: replication is for the roles named, whatever word asks for it', () => {
  for (const replication of ['true', 'database', 'ON', '1', 'yes', 't', '', 'nonsense']) {
    const asked = startup({ user: 'till', replication })
    assert.throws(() => identify(asked, ['archiver']), { code: 'DB_REPLICATION_DENIED' })
    assert(identify(asked, ['till']).replication)
  }
  for (const replication of ['false', 'off', 'OF', 'no', '0', 'f']) {
    assert(!identify(startup({ user: 'till', replication }), []).replication)
  }
})
