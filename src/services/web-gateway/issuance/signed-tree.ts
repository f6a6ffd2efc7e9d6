/**
 * The checkpoint of a public log: how many certificates it has, and one hash that stands for all,
 * signed with the key by which browsers know the log.
 *
 * Source: C2SP static-ct-api, "Checkpoints"; RFC 6962 §3.5 for what is signed.
 *
 * @module
 */
import { createHash, verify, type KeyObject } from 'node:crypto'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { sha256 } from '#crypto/sha256.ts'
import { parseNote, verifyNote, type NoteVerifier } from '#crypto/signed-note.ts'

const TYPE_RFC6962 = 5
const KEY_ID_SIZE = 4
const TIME_SIZE = 8
/** Hash, signature algorithm, and the length of the signature. */
const SIGNATURE_HEAD_SIZE = 4
const TREE_HASH = 1

/**
 * Reads and checks a checkpoint.
 *
 * The log's name in it is signed by nobody; a log is who has the key.
 *
 * @throws {IntegrityError} NOTE_MALFORMED, NOTE_UNSIGNED, NOTE_SIGNATURE_INVALID,
 *   CHECKPOINT_MALFORMED.
 */
export function readSignedTree(text: string, key: KeyObject): Checkpoint {
  const note = parseNote(text)
  const checkpoint = parseCheckpoint(note.text)
  verifyNote(note, [verifierOf(checkpoint, key)])
  return checkpoint
}

/** What the log signs. @param timeMs Milliseconds since the Unix epoch. */
export function treeHead({ size, root }: Omit<Checkpoint, 'origin'>, timeMs: bigint): Buffer {
  const head = Buffer.alloc(18)
  head[1] = TREE_HASH // after version 1, which is zero
  head.writeBigUInt64BE(timeMs, 2)
  head.writeBigUInt64BE(BigInt(size), 10)
  return Buffer.concat([head, root])
}

/** Tells keys of one name apart. */
export function treeKeyId(origin: string, key: KeyObject): Uint8Array {
  const logId = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
  const typed = Buffer.concat([Buffer.from(`${origin}\n`), Buffer.from([TYPE_RFC6962]), logId])
  return sha256(typed).subarray(0, KEY_ID_SIZE)
}

function verifierOf(checkpoint: Checkpoint, key: KeyObject): NoteVerifier {
  const { origin } = checkpoint
  return {
    name: origin,
    keyId: treeKeyId(origin, key),
    verify: (_, blob) => {
      const bytes = Buffer.from(blob)
      if (bytes.length < TIME_SIZE + SIGNATURE_HEAD_SIZE) return false
      const signature = bytes.subarray(TIME_SIZE + SIGNATURE_HEAD_SIZE)
      if (bytes.readUInt16BE(TIME_SIZE + 2) !== signature.length) return false
      return verify('sha256', treeHead(checkpoint, bytes.readBigUInt64BE()), key, signature)
    },
  }
}
