/**
 * What a log asks of a witness: sign this checkpoint, which continues the one you saw last.
 *
 * A line with the size the witness is believed to have seen, a line for each hash of the proof, an
 * empty line, and the signed checkpoint.
 *
 * Source: C2SP tlog-witness (c2sp.org/tlog-witness), `add-checkpoint`.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { SHA256_SIZE } from './sha256.ts'

export type AddCheckpoint = {
  /** The size the witness is believed to have seen; 0 when it knows nothing of the log. */
  readonly oldSize: number
  /** RFC 6962 consistency proof from there. */
  readonly proof: readonly Uint8Array[]
  /** A signed note with a checkpoint. */
  readonly note: string
}

/** Bytes of a request: a proof has at most 63 hashes, a note a few signatures. */
export const ADD_CHECKPOINT_SIZE_MAX: number = 16 * 1024

const PROOF_MAX = 63

export function encodeAddCheckpoint({ oldSize, proof, note }: AddCheckpoint): string {
  const hashes = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`)
  return `old ${oldSize}\n${hashes.join('')}\n${note}`
}

/** @throws {ProtocolError} WITNESS_REQUEST_MALFORMED. */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const end = body.indexOf('\n\n')
  const [first = '', ...lines] = body.slice(0, Math.max(end, 0)).split('\n')
  const [, digits] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? []
  const oldSize = Number(digits)
  if (digits === undefined || !Number.isSafeInteger(oldSize) || lines.length > PROOF_MAX)
    throw malformed('its first lines are no size and proof')
  return { oldSize, proof: lines.map(readHash), note: body.slice(end + 2) }
}

function readHash(line: string): Uint8Array {
  const hash = Buffer.from(line, 'base64')
  if (hash.length !== SHA256_SIZE || hash.toString('base64') !== line)
    throw malformed('a line of its proof is no hash')
  return Uint8Array.from(hash)
}

function malformed(why: string): ProtocolError {
  return new ProtocolError('WITNESS_REQUEST_MALFORMED', `not a request to a witness: ${why}`)
}
