/**
 * How every object begins, and how the signed ones end.
 *
 * Source: docs/formats/repository.md §1.3 and §3.
 *
 * @module
 */
import { createHash, subtle } from 'node:crypto'
import { SIGNATURE_SIZE, signBytes, verifierFor, type SigningKey } from '#crypto/signing-key.ts'
import { concatBytes, FieldReader, FieldWriter } from '#lib/byte-fields.ts'
import { IntegrityError, UsageError } from '#lib/errors.ts'

export type ObjectKind = 'root' | 'entry' | 'key' | 'pack' | 'manifest' | 'wal' | 'wal-whole'

type KindRule = { readonly byte: number; readonly signed: boolean }

const rules: Readonly<Record<ObjectKind, KindRule>> = {
  root: { byte: 1, signed: true },
  entry: { byte: 2, signed: true },
  key: { byte: 3, signed: true },
  pack: { byte: 4, signed: false },
  manifest: { byte: 5, signed: false },
  wal: { byte: 6, signed: true },
  'wal-whole': { byte: 7, signed: true },
}

const MAGIC = Uint8Array.from(Buffer.from('VEILIG\r\n', 'latin1'))
const VERSION = 1
const FRAME_SIZE = 16
const FIELDS_MAX = 65_536

/** An object taken apart. Nothing in it is to be believed before it is authenticated. */
export type ObjectParts = {
  readonly kind: ObjectKind
  /** Everything before the body. */
  readonly prefix: Uint8Array
  readonly fields: Uint8Array
  /** Without the signature. */
  readonly body: Uint8Array
}

export function framePrefix(kind: ObjectKind, fields: Uint8Array): Uint8Array {
  return new FieldWriter()
    .bytes(MAGIC)
    .u8(VERSION)
    .u8(rules[kind].byte)
    .u16(0)
    .u32(fields.length)
    .bytes(fields)
    .finish()
}

/**
 * @param name For the message only.
 * @throws {IntegrityError} OBJECT_DAMAGED when it is no object of one of these kinds.
 * @throws {UsageError} REPOSITORY_FORMAT_NEWER.
 */
export function parseObject(
  name: string,
  bytes: Uint8Array,
  kinds: readonly ObjectKind[],
): ObjectParts {
  const damaged = (why: string): IntegrityError =>
    new IntegrityError('OBJECT_DAMAGED', `${name} ${why}`)
  const reader = new FieldReader(bytes, () => damaged('is cut short'))
  if (!Buffer.from(reader.bytes(MAGIC.length)).equals(MAGIC)) {
    throw damaged('does not begin like an object of a Veilig repository')
  }
  const version = reader.u8()
  if (version > VERSION) throw newerFormat(name, `is of version ${version}`)
  const byte = reader.u8()
  const kind = kinds.find((wanted) => rules[wanted].byte === byte)
  if (version !== VERSION || !kind || reader.u16() !== 0) throw damaged('is of another kind')
  const fieldsSize = reader.u32()
  if (fieldsSize > FIELDS_MAX) throw damaged('announces impossible fields')
  const fields = reader.bytes(fieldsSize)
  const end = bytes.length - (rules[kind].signed ? SIGNATURE_SIZE : 0)
  const bodyAt = FRAME_SIZE + fieldsSize
  if (end < bodyAt) throw damaged('is cut short')
  return { kind, prefix: bytes.subarray(0, bodyAt), fields, body: bytes.subarray(bodyAt, end) }
}

export function newerFormat(name: string, what: string): UsageError {
  const message = `${name} ${what}; read this repository with a newer Veilig`
  return new UsageError('REPOSITORY_FORMAT_NEWER', message)
}

/** Completes a signed object. */
export function signObject(
  key: SigningKey,
  repositoryId: Uint8Array,
  name: string,
  unsigned: Uint8Array,
): Uint8Array {
  return concatBytes([unsigned, signBytes(key, signedMessage(repositoryId, name, unsigned))])
}

/** Checks the signature of a whole object. @throws {IntegrityError} OBJECT_FORGED. */
export type SignatureCheck = (name: string, bytes: Uint8Array) => void

export function signatureCheck(publicKey: Uint8Array, repositoryId: Uint8Array): SignatureCheck {
  const verify = verifierFor(publicKey)
  return (name, bytes) => {
    const at = Math.max(0, bytes.length - SIGNATURE_SIZE)
    const message = signedMessage(repositoryId, name, bytes.subarray(0, at))
    if (verify(message, bytes.subarray(at))) return
    const why = 'its signature is wrong: it was changed, or is not from this repository'
    throw new IntegrityError('OBJECT_FORGED', `${name}: ${why}`)
  }
}

/** SHA-256 of an object without its signature. */
export function unsignedDigest(bytes: Uint8Array): Uint8Array {
  return sha256(bytes.subarray(0, bytes.length - SIGNATURE_SIZE))
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** The same on the thread pool: for objects of many megabytes. */
export async function sha256Aside(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
}

function signedMessage(repositoryId: Uint8Array, name: string, unsigned: Uint8Array): Uint8Array {
  return new FieldWriter()
    .text('veilig/1 signed\0')
    .bytes(repositoryId)
    .named(name)
    .bytes(sha256(unsigned))
    .finish()
}
