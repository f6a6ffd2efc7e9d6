/**
 * What PostgreSQL keeps in place of a password. Made on this side, the password itself stands in no
 * statement, no server log and no audit record.
 *
 * Source: RFC 5802 §3; the text form is of PostgreSQL's scram-common.c, `scram_build_secret`.
 *
 * @module
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

/** PostgreSQL's own default, `scram_iterations`. */
const ITERATIONS = 4096
const KEY_SIZE = 32

/**
 * The verifier of a password of printable ASCII, which SASLprep leaves as it is.
 *
 * @param salt 16 fresh random bytes.
 */
export function scramVerifier(password: string, salt: Uint8Array): string {
  if (!/^[\x21-\x7e]+$/.test(password)) throw new RangeError('a password of printable ASCII')
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_SIZE, 'sha256')
  const clientKey = createHmac('sha256', salted).update('Client Key').digest()
  const storedKey = createHash('sha256').update(clientKey).digest('base64')
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64')
  const salt64 = Buffer.from(salt).toString('base64')
  return `SCRAM-SHA-256$${ITERATIONS}:${salt64}$${storedKey}:${serverKey}`
}
