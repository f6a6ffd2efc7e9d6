/**
 * Checkpoints: the size and root of a log, as the text of a signed note.
 *
 * Whoever keeps one can later tell whether the log still begins with what it had then.
 *
 * Source: C2SP tlog-checkpoint (c2sp.org/tlog-checkpoint).
 *
 * @module
 */
import assert from 'node:assert/strict'
import { IntegrityError } from '#lib/errors.ts'
import { SHA256_SIZE } from './sha256.ts'

export type Checkpoint = {
  /** Which log: a unique name, by convention a URL without its scheme. */
  readonly origin: string
  /** Leaves in the tree. */
  readonly size: number
  /** The Merkle root of those leaves, 32 bytes. */
  readonly root: Uint8Array
}

/** The text to sign. Extension lines are written by nobody here. */
export function encodeCheckpoint({ origin, size, root }: Checkpoint): string {
  assert(/^[^\n]+$/.test(origin) && Number.isSafeInteger(size) && size >= 0)
  assert.equal(root.length, SHA256_SIZE)
  return `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
}

/**
 * Reads the text of a note. Extension lines are passed over, as the specification asks.
 *
 * @throws {IntegrityError} CHECKPOINT_MALFORMED.
 */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n')
  const [origin = '', digits = '', encoded = ''] = lines
  const root = Buffer.from(encoded, 'base64')
  const size = Number(digits)
  const wellFormed =
    lines.length >= 4 &&
    lines.pop() === '' &&
    lines.every((line) => line !== '') &&
    /^(0|[1-9][0-9]{0,15})$/.test(digits) &&
    Number.isSafeInteger(size) &&
    root.length === SHA256_SIZE &&
    root.toString('base64') === encoded
  if (!wellFormed) throw new IntegrityError('CHECKPOINT_MALFORMED', 'the text is no checkpoint')
  return { origin, size, root: Uint8Array.from(root) }
}
