/** DSSE: the encoding of its specification, and that a changed envelope never opens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalBytes, type Json } from './canonical-json.ts'
import { keyIdOf, openEnvelope, preAuthEncoding, publicKeyOf, rawPublicKey } from './dsse.ts'
import { sealEnvelope } from './dsse.ts'
import { ed25519PrivateKey } from './signed-note.ts'

const key = ed25519PrivateKey(new Uint8Array(32).fill(7))
const publicKey = publicKeyOf(rawPublicKey(key))
const payload = canonicalBytes({ hello: 'world' })

test('dsse: the signed bytes are the pre-authentication encoding', () => {
  const text = Buffer.from(preAuthEncoding(payload)).toString()
  assert.equal(text, 'DSSEv1 28 application/vnd.in-toto+json 17 {"hello":"world"}')
})

test('dsse: what was sealed opens with its key, and the key is found by its hash', () => {
  assert.deepEqual(openEnvelope(sealEnvelope(payload, key), publicKey), payload)
  assert.equal(keyIdOf(key), keyIdOf(publicKey))
})

test('dsse: flipping any bit of an envelope is noticed', () => {
  const sealed = sealEnvelope(payload, key)
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed)
    changed[at]! ^= 1
    assert.throws(
      () => openEnvelope(changed, publicKey),
      /^(Protocol|Integrity)Error/,
      `byte ${at}`,
    )
  }
})

test('dsse: another key, two signatures or an extra member are refused', () => {
  const other = ed25519PrivateKey(new Uint8Array(32).fill(8))
  const forged = sealEnvelope(payload, other)
  assert.throws(() => openEnvelope(forged, publicKey), { code: 'EVIDENCE_FORGED' })
  const envelope = JSON.parse(Buffer.from(sealEnvelope(payload, key)).toString()) as {
    signatures: Json[]
  }
  const twice = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] }
  for (const value of [twice, { ...envelope, extra: 1 }, []]) {
    const bytes = canonicalBytes(value)
    assert.throws(() => openEnvelope(bytes, publicKey), { code: 'DSSE_INVALID' })
  }
})
