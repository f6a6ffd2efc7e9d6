/**
 * Sealed bodies: AES-256-GCM in chunks that know their place, and the last that it is the last.
 *
 * The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as in age: a counter and a
 * last-flag in the nonce, under a key used for one object only. Chunks cannot be changed, swapped,
 * repeated, dropped or cut off unseen, nor moved to another object, repository or cluster.
 *
 * Source: docs/formats/repository.md §6.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto'
import { concatBytes, FieldWriter } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'

/** Plaintext bytes of every chunk but the last. */
export const CHUNK_SIZE: number = 1024 * 1024
export const TAG_SIZE = 16
export const HEAD_SIZE = 4
export const SALT_SIZE = 16

const KEY_SIZE = 32
const LAST = 0x8000_0000
const COMPRESSED = 0x4000_0000
const LENGTH_MASK = 0x00ff_ffff

/** What a chunk's four first bytes say. Not to be believed before the chunk is opened. */
export type ChunkHead = {
  readonly last: boolean
  readonly compressed: boolean
  /** Bytes that follow the head: ciphertext and tag. */
  readonly length: number
}

/** Where an object stands; sealed into each of its chunks. */
export type SealContext = {
  readonly repositoryId: Uint8Array
  readonly systemIdentifier: bigint
  readonly name: string
  /** Everything in the object before its body. */
  readonly prefix: Uint8Array
}

/** @param salt 16 random bytes, fresh for each object: the key then is, too. */
export function objectKey(dataKey: Uint8Array, salt: Uint8Array): Uint8Array {
  assert.equal(dataKey.length, KEY_SIZE)
  assert.equal(salt.length, SALT_SIZE)
  return new Uint8Array(hkdfSync('sha256', dataKey, salt, 'veilig/1 object key', KEY_SIZE))
}

export function contextDigest(context: SealContext): Uint8Array {
  const bytes = new FieldWriter()
    .text('veilig/1 context\0')
    .bytes(context.repositoryId)
    .u64(context.systemIdentifier)
    .named(context.name)
    .bytes(context.prefix)
    .finish()
  return createHash('sha256').update(bytes).digest()
}

/** Seals the chunks of one object, in order. */
export class ChunkSealer {
  readonly #key: Uint8Array
  readonly #context: Uint8Array
  #number = 0n
  #ended = false

  constructor(key: Uint8Array, context: SealContext) {
    this.#key = key
    this.#context = contextDigest(context)
  }

  /** @returns Head, ciphertext and tag. @param bytes The chunk, compressed if it is said to be. */
  seal(bytes: Uint8Array, chunk: { compressed: boolean; last: boolean }): Uint8Array {
    return concatBytes(this.sealParts(bytes, chunk))
  }

  /** The same, not yet put together. */
  sealParts(
    bytes: Uint8Array,
    chunk: { compressed: boolean; last: boolean },
  ): readonly [head: Uint8Array, ciphertext: Uint8Array, tag: Uint8Array] {
    assert(!this.#ended, 'nothing follows the last chunk')
    assert(bytes.length <= CHUNK_SIZE)
    this.#ended = chunk.last
    const head = new FieldWriter()
      .u32(bytes.length + TAG_SIZE + (chunk.last ? LAST : 0) + (chunk.compressed ? COMPRESSED : 0))
      .finish()
    const nonce = chunkNonce(this.#number++, chunk.last)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_SIZE })
    cipher.setAAD(concatBytes([this.#context, head]))
    const sealed = cipher.update(bytes)
    cipher.final()
    return [head, sealed, cipher.getAuthTag()]
  }
}

/** @throws {IntegrityError} OBJECT_DAMAGED. */
export function parseChunkHead(bytes: Uint8Array): ChunkHead {
  const word = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)
  const length = word & LENGTH_MASK
  if ((word & 0x3f00_0000) !== 0 || length < TAG_SIZE || length > CHUNK_SIZE + TAG_SIZE) {
    throw new IntegrityError('OBJECT_DAMAGED', 'a chunk begins with an impossible head')
  }
  return { last: (word & LAST) !== 0, compressed: (word & COMPRESSED) !== 0, length }
}

/** Opens single chunks of one object, in any order. */
export class ChunkOpener {
  readonly #key: Uint8Array
  readonly #context: Uint8Array
  readonly #name: string

  constructor(key: Uint8Array, context: SealContext) {
    this.#key = key
    this.#context = contextDigest(context)
    this.#name = context.name
  }

  /**
   * @param chunk Head, ciphertext and tag.
   * @returns What was sealed; still compressed if the head says so.
   * @throws {IntegrityError} OBJECT_DAMAGED, and nothing is released.
   */
  open(number: bigint, chunk: Uint8Array): Uint8Array {
    const head = parseChunkHead(chunk)
    const nonce = chunkNonce(number, head.last)
    const cipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_SIZE })
    cipher.setAAD(concatBytes([this.#context, chunk.subarray(0, HEAD_SIZE)]))
    cipher.setAuthTag(chunk.subarray(chunk.length - TAG_SIZE))
    try {
      const bytes = cipher.update(chunk.subarray(HEAD_SIZE, chunk.length - TAG_SIZE))
      cipher.final()
      return bytes
    } catch (cause) {
      const message = `${this.#name}: chunk ${number} is not what was stored, or not for this key`
      throw new IntegrityError('OBJECT_DAMAGED', message, { cause })
    }
  }
}

/** Three zero bytes, the number in eight, the last-flag in one. */
function chunkNonce(number: bigint, last: boolean): Uint8Array {
  return new FieldWriter()
    .u8(0)
    .u16(0)
    .u64(number)
    .u8(last ? 1 : 0)
    .finish()
}
