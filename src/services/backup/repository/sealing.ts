/**
 * Sealed objects: plaintext in, compressed and encrypted chunks out, and back.
 *
 * Compression runs on Node's thread pool; encryption of a chunk takes about a millisecond.
 * Source: docs/formats/repository.md §6.
 *
 * @module
 */
import { promisify } from 'node:util'
import { zstdDecompress, zstdDecompressSync } from 'node:zlib'
import {
  CHUNK_SIZE,
  ChunkOpener,
  ChunkSealer,
  HEAD_SIZE,
  objectKey,
  parseChunkHead,
  SALT_SIZE,
} from '#crypto/sealed-chunks.ts'
import { ahead } from '#lib/ahead.ts'
import { concatBytes, FieldReader } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import { compress } from './compress.ts'
import type { DataKey } from './data-key.ts'
import { release } from '#lib/release.ts'
import { framePrefix, parseObject, type ObjectKind, type ObjectParts } from './object-frame.ts'

const decompressAsync = promisify(zstdDecompress)
/** A little more than a chunk: an output that is just full would be asked for more. */
const OUTPUT_SIZE = CHUNK_SIZE + 64
/** For a last chunk that was compressed to little: most of these are small. */
const SMALL_OUTPUT_SIZE = 64 * 1024
const SMALL_CHUNK_SIZE = 8 * 1024
/** Chunks of one object opened before they are taken. */
const OPENED_AHEAD = 3
const KEY_ID_SIZE = 16

/** A chunk as it will be sealed: compressed where that is shorter. */
export type PreparedChunk = { readonly bytes: Uint8Array; readonly compressed: boolean }

export async function prepareChunk(plain: Uint8Array): Promise<PreparedChunk> {
  const smaller = await compress(plain)
  if (smaller.length < plain.length) return { bytes: smaller, compressed: true }
  return { bytes: plain, compressed: false }
}

export type SealedObjectOptions = {
  readonly kind: ObjectKind
  readonly name: string
  readonly dataKey: DataKey
  readonly repositoryId: Uint8Array
  /** 16 random bytes. */
  readonly salt: Uint8Array
  /** Fields after key id and salt. */
  readonly fields?: Uint8Array
  /** Where it grows; without it in many parts, which leave holes in memory when they are joined. */
  readonly into?: Uint8Array | undefined
}

/** One sealed object while it grows. */
export class SealedObject {
  readonly name: string
  readonly into: Uint8Array | undefined
  readonly #parts: Uint8Array[] = []
  readonly #sealer: ChunkSealer
  /** Sizes of the sealed chunks so far. */
  readonly chunkSizes: number[] = []
  size = 0

  constructor(options: SealedObjectOptions) {
    const { kind, name, dataKey, repositoryId, salt, into } = options
    const { keyId, systemIdentifier } = dataKey.header
    const fields = [keyId, salt, options.fields ?? new Uint8Array(0)]
    const prefix = framePrefix(kind, concatBytes(fields))
    const context = { repositoryId, systemIdentifier, name, prefix }
    this.name = name
    this.#sealer = new ChunkSealer(objectKey(dataKey.key, salt), context)
    this.into = into
    this.#put(prefix)
  }

  add(chunk: PreparedChunk, last: boolean): void {
    const begin = this.size
    const { compressed } = chunk
    for (const part of this.#sealer.sealParts(chunk.bytes, { compressed, last })) this.#put(part)
    this.chunkSizes.push(this.size - begin)
  }

  #put(part: Uint8Array): void {
    const begin = this.size
    this.size += part.length
    if (!this.into) return void this.#parts.push(part)
    this.into.set(part, begin)
    release(part)
  }

  /** The object, once the last chunk was added; signed kinds still lack their signature. */
  finish(): Uint8Array {
    if (this.into) return this.into.subarray(0, this.size)
    const whole = concatBytes(this.#parts)
    for (const part of this.#parts.splice(0)) release(part)
    return whole
  }
}

/** Fields at the beginning of every sealed object. */
export type SealedFields = {
  readonly keyId: Uint8Array
  readonly salt: Uint8Array
  readonly rest: Uint8Array
}

export function parseSealedFields(name: string, fields: Uint8Array): SealedFields {
  const reader = new FieldReader(fields, () => damaged(name, 'is cut short'))
  const keyId = reader.bytes(KEY_ID_SIZE)
  const salt = reader.bytes(SALT_SIZE)
  return { keyId, salt, rest: reader.bytes(reader.left) }
}

/** Gives the data key of an id. @throws {IntegrityError} KEY_MISSING, KEY_DAMAGED. */
export type DataKeys = (keyId: Uint8Array) => Promise<DataKey>

/** The chunks of one sealed object, to be opened in any order. */
export type SealedChunks = {
  readonly count: number
  /** @throws {IntegrityError} OBJECT_DAMAGED, and nothing is released. */
  readonly open: (number: number) => Promise<Uint8Array>
  /** The same on this thread, which it blocks for a millisecond. */
  readonly openNow: (number: number) => Uint8Array
}

/** @throws {IntegrityError} OBJECT_DAMAGED, KEY_MISSING, KEY_DAMAGED. */
export async function sealedChunks(
  name: string,
  bytes: Uint8Array,
  kinds: readonly ObjectKind[],
  repositoryId: Uint8Array,
  dataKeys: DataKeys,
): Promise<SealedChunks> {
  const parts = parseObject(name, bytes, kinds)
  const { keyId, salt } = parseSealedFields(name, parts.fields)
  const { header, key } = await dataKeys(keyId)
  const { systemIdentifier } = header
  const context = { repositoryId, systemIdentifier, name, prefix: parts.prefix }
  const opener = new ChunkOpener(objectKey(key, salt), context)
  const chunks = [...chunksOf(name, parts)]
  const decrypted = (number: number): Decrypted => {
    const placed = chunks[number]
    if (!placed) throw damaged(name, `has no chunk ${number}`)
    const bytes = opener.open(placed.number, placed.chunk)
    const { compressed } = parseChunkHead(placed.chunk)
    return { name, bytes, compressed, last: placed.last }
  }
  return {
    count: chunks.length,
    open: async (number) => {
      const chunk = decrypted(number)
      return checked(chunk, chunk.compressed ? await decompress(chunk) : chunk.bytes)
    },
    openNow: (number) => {
      const chunk = decrypted(number)
      return checked(chunk, chunk.compressed ? decompressNow(chunk) : chunk.bytes)
    },
  }
}

/**
 * Opens a whole sealed object, chunk by chunk; each is released only once it is authenticated,
 * and the end only when it is the end.
 *
 * @throws As `sealedChunks`, and its `open`.
 */
export async function* openSealed(
  ...args: Parameters<typeof sealedChunks>
): AsyncGenerator<Uint8Array> {
  const { count, open } = await sealedChunks(...args)
  yield* ahead(Array(count).keys(), OPENED_AHEAD, open)
}

/** A chunk that is authenticated. */
type Decrypted = {
  /** Of its object. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly compressed: boolean
  readonly last: boolean
}

/** Gives the ciphertext's memory back. @throws {IntegrityError} OBJECT_DAMAGED. */
function checked({ name, bytes, last }: Decrypted, plain: Uint8Array): Uint8Array {
  if (plain !== bytes) release(bytes)
  if (last || plain.length === CHUNK_SIZE) return plain
  throw damaged(name, 'has a short chunk in the middle')
}

async function decompress(chunk: Decrypted): Promise<Uint8Array> {
  try {
    return await decompressAsync(chunk.bytes, outputOf(chunk))
  } catch {
    throw notCompressed(chunk)
  }
}

function decompressNow(chunk: Decrypted): Uint8Array {
  try {
    return zstdDecompressSync(chunk.bytes, outputOf(chunk))
  } catch {
    throw notCompressed(chunk)
  }
}

function outputOf({ bytes, last }: Decrypted): { maxOutputLength: number; chunkSize: number } {
  const small = last && bytes.length < SMALL_CHUNK_SIZE
  return { maxOutputLength: CHUNK_SIZE, chunkSize: small ? SMALL_OUTPUT_SIZE : OUTPUT_SIZE }
}

function notCompressed({ name }: Decrypted): IntegrityError {
  return damaged(name, 'holds a chunk that does not decompress')
}

type PlacedChunk = { readonly number: bigint; readonly chunk: Uint8Array; readonly last: boolean }

/** Cuts a body into its chunks. @throws {IntegrityError} OBJECT_DAMAGED. */
export function* chunksOf(name: string, { body }: ObjectParts): Generator<PlacedChunk> {
  let at = 0
  for (let number = 0n; ; number++) {
    if (body.length - at < HEAD_SIZE) throw damaged(name, 'ends without its last chunk')
    const { length, last } = parseChunkHead(body.subarray(at))
    const end = at + HEAD_SIZE + length
    if (end > body.length) throw damaged(name, 'ends within a chunk')
    if (last && end !== body.length) throw damaged(name, 'goes on after its last chunk')
    yield { number, chunk: body.subarray(at, end), last }
    if (last) return
    at = end
  }
}

/** Reads a whole sealed object into memory. @throws As `openSealed`. */
export async function openWhole(...args: Parameters<typeof openSealed>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of openSealed(...args)) chunks.push(chunk)
  return chunks.length === 1 && chunks[0] ? chunks[0] : concatBytes(chunks)
}

export function damaged(name: string, why: string): IntegrityError {
  return new IntegrityError('OBJECT_DAMAGED', `${name} ${why}`)
}
