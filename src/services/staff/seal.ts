/**
 * Seals the seeds of one-time codes for the control database: AES-256-GCM, bound to the account.
 *
 * @module
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { IntegrityError } from '#lib/errors.ts'
import { withAnyKey, type KeyRing } from '#lib/key-ring.ts'

const NONCE_SIZE = 12
const TAG_SIZE = 16

/** @param nonce 12 fresh random bytes. */
export function seal(keys: KeyRing, account: string, text: string, nonce: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', keys[0], nonce)
  cipher.setAAD(Buffer.from(account))
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** @throws {IntegrityError} SEED_ALTERED when it is not what was sealed for this account. */
export function unseal(keys: KeyRing, account: string, sealed: Uint8Array): string {
  const opened = withAnyKey(keys, (key) => openWith(key, account, Buffer.from(sealed)))
  if (opened !== undefined) return opened
  throw new IntegrityError('SEED_ALTERED', 'the seed of an account is not what was kept for it')
}

/** Whether the key that signs now sealed it; else it must be sealed anew before its key goes. */
export function isSealedNow([key]: KeyRing, account: string, sealed: Uint8Array): boolean {
  return openWith(key, account, Buffer.from(sealed)) !== undefined
}

function openWith(key: Uint8Array, account: string, bytes: Buffer): string | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_SIZE))
    decipher.setAAD(Buffer.from(account))
    decipher.setAuthTag(bytes.subarray(-TAG_SIZE))
    const body = decipher.update(bytes.subarray(NONCE_SIZE, -TAG_SIZE))
    return Buffer.concat([body, decipher.final()]).toString('utf8')
  } catch {
    return undefined // of another key, or altered
  }
}
