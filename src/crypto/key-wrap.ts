/**
 * Data keys wrapped for people: who holds only public keys can write and never read again.
 *
 * Ephemeral-static X25519, HKDF-SHA-256, AES-256-GCM, as in age and HPKE's base mode. From one
 * 32-byte seed, which is what gets printed, come the X25519 key and the root trust key.
 *
 * Source: docs/formats/repository.md §1.1 and §5.
 *
 * @module
 */
import assert from 'node:assert/strict'
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import { concatBytes } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'

export const SEED_SIZE = 32
export const PUBLIC_KEY_SIZE = 32
export const RECIPIENT_ID_SIZE = 16
export const WRAPPED_SIZE = 48

const TAG_SIZE = 16
const NO_SALT = new Uint8Array(0)
const ZERO_NONCE = new Uint8Array(12) // each wrap key is used once

/** DER around a raw X25519 key, private (PKCS #8) and public (SPKI). RFC 8410 §7 and §4. */
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex')

/** One who can open what is wrapped for `publicKey`. */
export type Identity = {
  readonly publicKey: Uint8Array
  readonly recipientId: Uint8Array
  readonly privateKey: KeyObject
  /** Tells a genuine root from a planted one. */
  readonly trustKey: Uint8Array
}

export type WrappedKey = {
  readonly recipientId: Uint8Array
  readonly ephemeralKey: Uint8Array
  /** Ciphertext and tag, 48 bytes. */
  readonly wrapped: Uint8Array
}

export function identityFromSeed(seed: Uint8Array): Identity {
  assert.equal(seed.length, SEED_SIZE)
  const privateKey = privateKeyFrom(derive(seed, NO_SALT, 'veilig/1 recipient'))
  const publicKey = rawPublicKey(privateKey)
  return {
    publicKey,
    recipientId: recipientIdOf(publicKey),
    privateKey,
    trustKey: derive(seed, NO_SALT, 'veilig/1 root trust'),
  }
}

export function recipientIdOf(publicKey: Uint8Array): Uint8Array {
  const hash = createHash('sha256').update('veilig/1 recipient id').update(publicKey)
  return new Uint8Array(hash.digest().subarray(0, RECIPIENT_ID_SIZE))
}

/** HMAC-SHA-256 by which the holder of a seed knows a root for genuine. */
export function trustTag(trustKey: Uint8Array, fields: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', trustKey).update(fields).digest())
}

/**
 * @param ephemeralSeed 32 random bytes, fresh for each call.
 * @param binding Fields the wrapping is bound to; unwrapping needs the same.
 */
export function wrapKey(
  dataKey: Uint8Array,
  recipientKey: Uint8Array,
  ephemeralSeed: Uint8Array,
  binding: Uint8Array,
): WrappedKey {
  assert.equal(dataKey.length, 32)
  const ephemeral = privateKeyFrom(ephemeralSeed)
  const ephemeralKey = rawPublicKey(ephemeral)
  const shared = diffieHellman({ privateKey: ephemeral, publicKey: publicKeyFrom(recipientKey) })
  const key = derive(shared, concatBytes([ephemeralKey, recipientKey]), 'veilig/1 key wrap')
  const cipher = createCipheriv('aes-256-gcm', key, ZERO_NONCE, { authTagLength: TAG_SIZE })
  cipher.setAAD(binding)
  const sealed = cipher.update(dataKey)
  cipher.final()
  const wrapped = concatBytes([sealed, cipher.getAuthTag()])
  return { recipientId: recipientIdOf(recipientKey), ephemeralKey, wrapped }
}

/** @throws {IntegrityError} KEY_DAMAGED when it was wrapped for another, or is not what it was. */
export function unwrapKey(
  wrapped: WrappedKey,
  identity: Identity,
  binding: Uint8Array,
): Uint8Array {
  try {
    const publicKey = publicKeyFrom(wrapped.ephemeralKey)
    const shared = diffieHellman({ privateKey: identity.privateKey, publicKey })
    const salt = concatBytes([wrapped.ephemeralKey, identity.publicKey])
    const key = derive(shared, salt, 'veilig/1 key wrap')
    const cipher = createDecipheriv('aes-256-gcm', key, ZERO_NONCE, { authTagLength: TAG_SIZE })
    cipher.setAAD(binding)
    cipher.setAuthTag(wrapped.wrapped.subarray(WRAPPED_SIZE - TAG_SIZE))
    const dataKey = cipher.update(wrapped.wrapped.subarray(0, WRAPPED_SIZE - TAG_SIZE))
    cipher.final()
    return new Uint8Array(dataKey)
  } catch (cause) {
    throw new IntegrityError('KEY_DAMAGED', 'a data key does not open', { cause })
  }
}

function derive(secret: Uint8Array, salt: Uint8Array, info: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, info, 32))
}

function privateKeyFrom(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([PRIVATE_DER, raw])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

function publicKeyFrom(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([PUBLIC_DER, raw])
  return createPublicKey({ key, format: 'der', type: 'spki' })
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return new Uint8Array(der.subarray(PUBLIC_DER.length))
}
