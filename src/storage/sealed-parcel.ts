/**
 * A parcel: bytes sealed for people in one object that needs nothing else to be opened.
 *
 * Who writes parcels holds public keys only. Nothing says who wrote one: what is in it must prove
 * itself. Source: docs/formats/audit.md §9.
 *
 * @module
 */
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import {
  PUBLIC_KEY_SIZE,
  RECIPIENT_ID_SIZE,
  unwrapKey,
  WRAPPED_SIZE,
  wrapKey,
  type Identity,
} from '#crypto/key-wrap.ts'
import {
  CHUNK_SIZE,
  ChunkOpener,
  ChunkSealer,
  HEAD_SIZE,
  objectKey,
  parseChunkHead,
  SALT_SIZE,
  type SealContext,
} from '#crypto/sealed-chunks.ts'
import { concatBytes, equalBytes, FieldReader, FieldWriter } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'

const MAGIC = 'VLGPARCL'
const VERSION = 1
const RECIPIENTS_MAX = 16
const KEY_SIZE = 32
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 256 * 1024 }

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/**
 * @param name The object's name: a parcel under another one does not open.
 * @param recipients X25519 public keys, at least one.
 */
export async function sealParcel(
  name: string,
  bytes: Uint8Array,
  recipients: readonly Uint8Array[],
  random: (size: number) => Uint8Array,
): Promise<Uint8Array> {
  const dataKey = random(KEY_SIZE)
  const salt = random(SALT_SIZE)
  const fields = new FieldWriter().text(MAGIC).u32(VERSION).u16(recipients.length).bytes(salt)
  for (const recipient of recipients) {
    const wrapped = wrapKey(dataKey, recipient, random(KEY_SIZE), bindingOf(name))
    fields.bytes(wrapped.recipientId).bytes(wrapped.ephemeralKey).bytes(wrapped.wrapped)
  }
  const prefix = fields.finish()
  const sealer = new ChunkSealer(objectKey(dataKey, salt), contextOf(name, prefix))
  const parts = [prefix]
  const chunks = Math.max(1, Math.ceil(bytes.length / CHUNK_SIZE))
  for (let at = 0; at < chunks; at++) {
    const plain = bytes.subarray(at * CHUNK_SIZE, (at + 1) * CHUNK_SIZE)
    const smaller = await compress(plain, LEVEL)
    const compressed = smaller.length < plain.length
    const last = at === chunks - 1
    parts.push(sealer.seal(compressed ? smaller : plain, { compressed, last }))
  }
  return concatBytes(parts)
}

/** @throws {IntegrityError} OBJECT_DAMAGED; KEY_DAMAGED when it is not for this identity. */
export async function openParcel(
  name: string,
  object: Uint8Array,
  identity: Identity,
): Promise<Uint8Array> {
  const fields = new FieldReader(object, () => damaged(name))
  const isOurs = Buffer.from(fields.bytes(MAGIC.length)).toString('latin1') === MAGIC
  if (!isOurs || fields.u32() !== VERSION) throw damaged(name)
  const recipients = fields.u16()
  if (recipients > RECIPIENTS_MAX) throw damaged(name)
  const salt = fields.bytes(SALT_SIZE)
  const wrapped = Array.from({ length: recipients }, () => ({
    recipientId: fields.bytes(RECIPIENT_ID_SIZE),
    ephemeralKey: fields.bytes(PUBLIC_KEY_SIZE),
    wrapped: fields.bytes(WRAPPED_SIZE),
  }))
  const own = wrapped.find(({ recipientId }) => equalBytes(recipientId, identity.recipientId))
  if (!own) throw new IntegrityError('KEY_DAMAGED', `${name} is sealed for others`)
  const prefixSize = MAGIC.length + 6 + SALT_SIZE + recipients * WRAP_SIZE
  const prefix = object.subarray(0, prefixSize)
  const key = objectKey(unwrapKey(own, identity, bindingOf(name)), salt)
  const opener = new ChunkOpener(key, contextOf(name, prefix))
  const parts: Uint8Array[] = []
  let at = prefixSize
  for (let number = 0n; ; number++) {
    if (at + HEAD_SIZE > object.length) throw damaged(name)
    const head = parseChunkHead(object.subarray(at, at + HEAD_SIZE))
    const end = at + HEAD_SIZE + head.length
    if (end > object.length) throw damaged(name)
    const opened = opener.open(number, object.subarray(at, end))
    parts.push(head.compressed ? await unpack(name, opened) : opened)
    at = end
    if (head.last) break
  }
  if (at !== object.length) throw damaged(name)
  return concatBytes(parts)
}

const WRAP_SIZE = RECIPIENT_ID_SIZE + PUBLIC_KEY_SIZE + WRAPPED_SIZE

async function unpack(name: string, bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await decompress(bytes, { maxOutputLength: CHUNK_SIZE })
  } catch (cause) {
    throw new IntegrityError('OBJECT_DAMAGED', `${name} does not unpack`, { cause })
  }
}

function contextOf(name: string, prefix: Uint8Array): SealContext {
  return { repositoryId: new Uint8Array(16), systemIdentifier: 0n, name, prefix }
}

function bindingOf(name: string): Uint8Array {
  return Buffer.from(`veilig/1 parcel\0${name}`)
}

function damaged(name: string): IntegrityError {
  return new IntegrityError('OBJECT_DAMAGED', `${name} is no parcel, or was cut`)
}
