/** Tokens mean what we meant, for us alone. */
import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  addressHash,
  bounceAddress,
  readBounceAddress,
  readSubscriptionToken,
  subscriptionToken,
} from './token.ts'

const key = randomBytes(32)
const id = randomUUID()

test('token: what was signed is read, also by itself from its text', () => {
  const token = { id, generation: 4_000_000_000 }
  assert.deepEqual(readSubscriptionToken(key, subscriptionToken(key, token)), token)
  assert.equal(readSubscriptionToken(randomBytes(32), subscriptionToken(key, token)), undefined)
})

test('token: a bounce address names its delivery in any case, and cannot be made up', () => {
  const address = bounceAddress(key, id, 'bounces.x.example')
  assert.equal(readBounceAddress(key, address), id)
  assert.equal(readBounceAddress(key, address.toUpperCase()), id)
  const other = bounceAddress(key, randomUUID(), 'bounces.x.example')
  assert.equal(readBounceAddress(key, address.slice(0, 34) + other.slice(34)), undefined)
  assert.equal(readBounceAddress(randomBytes(32), address), undefined)
  assert(address.indexOf('@') <= 64, 'RFC 5321 §4.5.3.1.1')
})

test('token: a hash of an address needs the key', () => {
  assert.notEqual(addressHash(key, 'a@x.nl'), addressHash(randomBytes(32), 'a@x.nl'))
  assert.equal(addressHash(key, 'a@x.nl'), addressHash(key, 'a@x.nl'))
})
