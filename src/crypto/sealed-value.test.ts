/** A sealed value opens in its place, and nowhere else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openValue, sealValue } from './sealed-value.ts'

const key = Buffer.alloc(32, 1)
const nonce = Buffer.alloc(12, 2)
const sealed = sealValue(key, 'here', Buffer.from('hello'), nonce)
const altered = { code: 'SEALED_VALUE_ALTERED' }

test('sealed value: opens with its key in its place', () => {
  assert.equal(Buffer.from(openValue(key, 'here', sealed)).toString(), 'hello')
})

test('sealed value: no other key, place or byte opens it', () => {
  assert.throws(() => openValue(Buffer.alloc(32, 3), 'here', sealed), altered)
  assert.throws(() => openValue(key, 'there', sealed), altered)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at]! ^= 1
    assert.throws(() => openValue(key, 'here', changed), altered)
    assert.throws(() => openValue(key, 'here', sealed.subarray(0, at)), altered)
  }
})
