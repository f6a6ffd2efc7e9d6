/**
 * Tokens of sessions, calendars, doors, kiosks and invitations: shown once to who may use them, and
 * kept as a hash only, so that a copy of the database opens nothing.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32

/** Random and long enough that a plain hash of it cannot be guessed; fits an address. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** What the database keeps of a token, or of an address that only has to be known again. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
