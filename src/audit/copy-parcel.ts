/**
 * The contents of one copy: pieces of books and the newest checkpoints, as bytes and back.
 *
 * @module
 */
import { concatBytes } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { Piece, PiecePlace } from './copy.ts'

const HEAD_MAX = 4 * 1024 * 1024
const LENGTH_SIZE = 4

export type CopyParcel = {
  /** The machine's name. */
  readonly node: string
  /** Unix milliseconds. */
  readonly atMs: number
  readonly pieces: readonly Piece[]
  /** Book → its newest checkpoint, with those who signed it, as of before the pieces were read. */
  readonly notes: Readonly<Record<string, string>>
  /** The C2SP verifier key of the seal. */
  readonly sealKey: string
}

type Head = Omit<CopyParcel, 'pieces'> & {
  readonly pieces: readonly (PiecePlace & { readonly size: number })[]
}

export function encodeCopy(parcel: CopyParcel): Uint8Array {
  const { pieces, ...about } = parcel
  const places = pieces.map(({ bytes, ...place }) => ({ ...place, size: bytes.length }))
  const head = Buffer.from(JSON.stringify({ ...about, pieces: places } satisfies Head))
  const length = Buffer.alloc(LENGTH_SIZE)
  length.writeUInt32BE(head.length)
  return concatBytes([length, head, ...pieces.map(({ bytes }) => bytes)])
}

/** @throws {IntegrityError} AUDIT_COPY_INVALID. */
export function decodeCopy(bytes: Uint8Array): CopyParcel {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < LENGTH_SIZE) throw invalid()
  const headEnd = LENGTH_SIZE + buffer.readUInt32BE(0)
  if (headEnd > Math.min(buffer.length, LENGTH_SIZE + HEAD_MAX)) throw invalid()
  const head = parse(buffer.toString('utf8', LENGTH_SIZE, headEnd))
  let at = headEnd
  const pieces = head.pieces.map(({ process, segment, offset, size }) => {
    const isSane = typeof process === 'string' && Number.isSafeInteger(size) && size >= 0
    if (!isSane || at + size > buffer.length) throw invalid()
    at += size
    return { process, segment, offset, bytes: buffer.subarray(at - size, at) }
  })
  return { ...head, pieces }
}

function parse(text: string): Head {
  try {
    const head = JSON.parse(text) as Partial<Head>
    const { node, atMs, pieces, notes, sealKey } = head
    const isHead =
      typeof node === 'string' &&
      typeof atMs === 'number' &&
      typeof sealKey === 'string' &&
      pieces instanceof Array &&
      typeof notes === 'object'
    if (isHead) return { node, atMs, pieces, notes, sealKey }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw invalid()
}

function invalid(): IntegrityError {
  return new IntegrityError('AUDIT_COPY_INVALID', 'a copy of the trail is not one of ours')
}
