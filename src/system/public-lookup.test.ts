/** What a stranger may have us call, and what not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPublicAddress, publicLookup } from './public-lookup.ts'

test('public lookup: addresses of this machine, its network and nobody are not public', () => {
  const inside = `127.0.0.1 10.1.2.3 169.254.169.254 192.168.1.1 172.31.0.9 0.0.0.0 100.64.0.1
    224.0.0.1`
  for (const address of inside.split(/\s+/)) assert(!isPublicAddress(address, 4), address)
  const inside6 = `::1 :: ::ffff:10.0.0.1 fe80::1 fd00::1 ff02::1 64:ff9b::a00:1 2001:db8::1
    2002:a00:1::`
  for (const address of inside6.split(/\s+/)) assert(!isPublicAddress(address, 6), address)
  for (const address of ['9.9.9.9', '172.32.0.1']) assert(isPublicAddress(address, 4), address)
  for (const address of ['2620:fe::fe', '2a00:1450::1'])
    assert(isPublicAddress(address, 6), address)
})

test('public lookup: a name that leads to this machine is as one that does not exist', async () => {
  for (const all of [true, false]) {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    publicLookup('localhost', { all }, (error) => resolve(error?.code))
    assert.equal(await promise, 'ENOTFOUND')
  }
})
