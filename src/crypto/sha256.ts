/**
 * SHA-256, the two ways we need it: a value, and written into a buffer that is there already.
 *
 * @module
 */
import { hash } from 'node:crypto'

/** Bytes of a SHA-256 digest. */
export const SHA256_SIZE = 32

export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(SHA256_SIZE)
  sha256Into(bytes, Buffer.from(digest.buffer), 0)
  return digest
}

/** Writes the digest of `bytes` to `target` from `at`. `target` may overlap `bytes`. */
export function sha256Into(bytes: Uint8Array, target: Buffer, at: number): void {
  // By way of a string: allocating a Buffer for the result costs more than hashing 65 bytes.
  target.write(hash('sha256', bytes, 'latin1'), at, SHA256_SIZE, 'latin1')
}
