/**
 * The root: who the repository is, whose signature counts, and for whom keys are wrapped.
 *
 * Source: docs/formats/repository.md §3.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto'
import { PUBLIC_KEY_SIZE, recipientIdOf, trustTag, type Identity } from '#crypto/key-wrap.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { concatBytes, equalBytes, FieldReader, FieldWriter } from '#lib/byte-fields.ts'
import { IntegrityError, UsageError } from '#lib/errors.ts'
import { ROOT_NAME } from './names.ts'
import {
  framePrefix,
  parseObject,
  signatureCheck,
  signObject,
  type SignatureCheck,
} from './object-frame.ts'

const ID_SIZE = 16
const TAG_SIZE = 32
const RECIPIENTS_MAX = 16

export type RepositoryRoot = {
  /** The object itself. */
  readonly bytes: Uint8Array
  readonly repositoryId: Uint8Array
  readonly createdMs: number
  /** X25519 public keys for which every data key is wrapped. */
  readonly recipientKeys: readonly Uint8Array[]
  readonly checkSignature: SignatureCheck
}

/** @param identities Those who shall be able to read; at least one. */
export function makeRoot(
  key: SigningKey,
  repositoryId: Uint8Array,
  createdMs: number,
  identities: readonly Pick<Identity, 'publicKey' | 'trustKey'>[],
  name: string = ROOT_NAME,
): Uint8Array {
  const fields = new FieldWriter()
    .bytes(repositoryId)
    .u64(BigInt(createdMs))
    .bytes(key.publicKey)
    .u16(identities.length)
  for (const { publicKey } of identities) fields.bytes(publicKey)
  const untagged = fields.finish()
  const tags = identities.map(({ trustKey }) => trustTag(trustKey, untagged))
  const unsigned = framePrefix('root', concatBytes([untagged, ...tags]))
  return signObject(key, repositoryId, name, unsigned)
}

/**
 * Reads a root that is trusted because of where it was kept.
 *
 * @throws {IntegrityError} OBJECT_DAMAGED, OBJECT_FORGED.
 */
export function parseRoot(bytes: Uint8Array): RepositoryRoot {
  return readRoot(bytes).root
}

/**
 * Reads a root from a region, and believes it for the sake of a seed.
 *
 * @throws {IntegrityError} OBJECT_DAMAGED, OBJECT_FORGED.
 * @throws {UsageError} REPOSITORY_KEY_WRONG when the root was not made for this key.
 */
export function trustRoot(
  bytes: Uint8Array,
  identity: Identity,
  name: string = ROOT_NAME,
): RepositoryRoot {
  const { root, untagged, tags } = readRoot(bytes, name)
  const at = root.recipientKeys.findIndex((key) =>
    equalBytes(recipientIdOf(key), identity.recipientId),
  )
  if (at < 0) {
    const message = 'this key belongs to another repository; look for the one printed for this'
    throw new UsageError('REPOSITORY_KEY_WRONG', message)
  }
  const tag = tags.subarray(at * TAG_SIZE, (at + 1) * TAG_SIZE)
  if (!timingSafeEqual(tag, trustTag(identity.trustKey, untagged))) {
    throw new IntegrityError('OBJECT_FORGED', 'root: it was not made with this key')
  }
  return root
}

function readRoot(
  bytes: Uint8Array,
  name: string = ROOT_NAME,
): {
  root: RepositoryRoot
  untagged: Uint8Array
  tags: Uint8Array
} {
  const { fields, body } = parseObject(name, bytes, ['root'])
  const damaged = (): IntegrityError => new IntegrityError('OBJECT_DAMAGED', `${name} is cut short`)
  const reader = new FieldReader(fields, damaged)
  const repositoryId = reader.bytes(ID_SIZE)
  const createdMs = Number(reader.u64())
  const publicKey = reader.bytes(PUBLIC_KEY_SIZE)
  const count = reader.u16()
  if (count < 1 || count > RECIPIENTS_MAX) throw damaged()
  const recipientKeys = Array.from({ length: count }, () => reader.bytes(PUBLIC_KEY_SIZE))
  const untagged = fields.subarray(0, fields.length - reader.left)
  const tags = reader.bytes(count * TAG_SIZE)
  if (reader.left > 0 || body.length > 0) throw damaged()
  const checkSignature = signatureCheck(publicKey, repositoryId)
  checkSignature(name, bytes)
  return { root: { bytes, repositoryId, createdMs, recipientKeys, checkSignature }, untagged, tags }
}
