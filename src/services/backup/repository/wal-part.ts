/**
 * WAL parts: a few hundred kilobytes of log, signed, chained and sealed.
 *
 * Source: docs/formats/repository.md §9.
 *
 * @module
 */
import { constants, zstdCompressSync } from 'node:zlib'
import type { SigningKey } from '#crypto/signing-key.ts'
import { concatBytes, FieldReader, FieldWriter, fromHex, toHex } from '#lib/byte-fields.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { DataKey } from './data-key.ts'
import { parseWalName, walName } from './names.ts'
import { parseObject, signObject, unsignedDigest } from './object-frame.ts'
import {
  damaged,
  parseSealedFields,
  prepareChunk,
  SealedObject,
  type PreparedChunk,
} from './sealing.ts'

const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }
/** Up to here compressing takes less than the way to the thread pool and back. */
const SMALL_MAX = 16 * 1024
const RUN_SIZE = 8
const LINK_SIZE = 32

export type WalPart = {
  readonly timeline: number
  /** 16 hex digits. */
  readonly run: string
  readonly startLsn: Lsn
  readonly endLsn: Lsn
  readonly writtenMs: number
  readonly previousLink: Uint8Array
}

/** A part as read: with its own link, and how many parts it stands for. */
export type ReadWalPart = WalPart & {
  readonly name: string
  readonly keyId: Uint8Array
  readonly link: Uint8Array
  readonly parts: number
}

/** WAL as it will be sealed: commits wait for it perhaps, so a little is compressed at once. */
export function prepareWal(plain: Uint8Array): Promise<PreparedChunk> {
  if (plain.length > SMALL_MAX) return prepareChunk(plain)
  const smaller = zstdCompressSync(plain, COMPRESSION)
  const compressed = smaller.length < plain.length
  return Promise.resolve({ bytes: compressed ? smaller : plain, compressed })
}

export type WalSealing = {
  readonly signingKey: SigningKey
  readonly repositoryId: Uint8Array
  readonly dataKey: DataKey
  readonly salt: Uint8Array
  readonly walSegmentSize: number
}

export function sealWalPart(
  part: WalPart,
  chunk: PreparedChunk,
  how: WalSealing,
): { name: string; bytes: Uint8Array; link: Uint8Array } {
  const name = walName({ ...part, segmentLsn: segmentOf(part, how), whole: false })
  const object = new SealedObject({ ...how, kind: 'wal', name, fields: encodeFields(part) })
  object.add(chunk, true)
  const bytes = signObject(how.signingKey, how.repositoryId, name, object.finish())
  return { name, bytes, link: unsignedDigest(bytes) }
}

/**
 * Seals neighbouring parts as one.
 *
 * @param whole `previousLink` of the first, `link` of the last, and how many they are.
 * @param chunks Of 1 MiB each but the last.
 */
export function sealWalWhole(
  whole: WalPart & { readonly link: Uint8Array; readonly parts: number },
  chunks: readonly PreparedChunk[],
  how: WalSealing,
): { name: string; bytes: Uint8Array } {
  const name = walName({ ...whole, segmentLsn: segmentOf(whole, how), whole: true })
  const own = new FieldWriter().bytes(whole.link).u32(whole.parts).finish()
  const fields = concatBytes([encodeFields(whole), own])
  const object = new SealedObject({ ...how, kind: 'wal-whole', name, fields })
  for (const [at, chunk] of chunks.entries()) object.add(chunk, at === chunks.length - 1)
  return { name, bytes: signObject(how.signingKey, how.repositoryId, name, object.finish()) }
}

function segmentOf({ startLsn }: WalPart, { walSegmentSize }: WalSealing): Lsn {
  return startLsn - (startLsn % BigInt(walSegmentSize))
}

/**
 * Reads what a WAL object says of itself. Believe it only once its signature was checked.
 *
 * @throws {IntegrityError} OBJECT_DAMAGED, also when its name says otherwise.
 */
export function parseWalPart(name: string, bytes: Uint8Array): ReadWalPart {
  const { kind, fields } = parseObject(name, bytes, ['wal', 'wal-whole'])
  const { keyId, rest } = parseSealedFields(name, fields)
  const reader = new FieldReader(rest, () => damaged(name, 'is cut short'))
  const part = {
    timeline: reader.u32(),
    run: toHex(reader.bytes(RUN_SIZE)),
    startLsn: reader.u64(),
    endLsn: reader.u64(),
    writtenMs: Number(reader.u64()),
    previousLink: reader.bytes(LINK_SIZE),
  }
  const whole = kind === 'wal-whole'
  const link = whole ? reader.bytes(LINK_SIZE) : unsignedDigest(bytes)
  const parts = whole ? reader.u32() : 1
  const named = parseWalName(name)
  const agrees =
    named &&
    reader.left === 0 &&
    named.whole === whole &&
    named.timeline === part.timeline &&
    named.run === part.run &&
    named.startLsn === part.startLsn &&
    named.endLsn === part.endLsn &&
    part.startLsn < part.endLsn
  if (!agrees) throw damaged(name, 'is not the WAL its name promises')
  return { ...part, name, keyId, link, parts }
}

function encodeFields(part: WalPart): Uint8Array {
  return new FieldWriter()
    .u32(part.timeline)
    .bytes(fromHex(part.run) ?? new Uint8Array(0))
    .u64(part.startLsn)
    .u64(part.endLsn)
    .u64(BigInt(part.writtenMs))
    .bytes(part.previousLink)
    .finish()
}
