/**
 * One value sealed for one place: AES-256-GCM, bound to a context, so that neither can it be read
 * without the key nor moved elsewhere unseen.
 *
 * Layout: nonce (12 bytes), ciphertext, tag (16 bytes).
 *
 * @module
 */
import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { IntegrityError } from '#lib/errors.ts'

const KEY_SIZE = 32
export const NONCE_SIZE = 12
const TAG_SIZE = 16

/**
 * @param context What the value belongs to; needed again to open it.
 * @param nonce Fresh random bytes, never used twice with one key.
 */
export function sealValue(
  key: Uint8Array,
  context: string,
  value: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  assert(key.length === KEY_SIZE && nonce.length === NONCE_SIZE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(context))
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
}

/** @throws {IntegrityError} SEALED_VALUE_ALTERED: another key, context, or changed bytes. */
export function openValue(key: Uint8Array, context: string, sealed: Uint8Array): Uint8Array {
  try {
    const body = sealed.subarray(NONCE_SIZE, -TAG_SIZE)
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_SIZE))
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(sealed.subarray(-TAG_SIZE))
    return Buffer.concat([decipher.update(body), decipher.final()])
  } catch (cause) {
    const message = 'a sealed value is not what was sealed for this place'
    throw new IntegrityError('SEALED_VALUE_ALTERED', message, { cause })
  }
}
