/**
 * Key objects: one data key, wrapped for each recipient. Source: docs/formats/repository.md §5.
 *
 * @module
 */
import {
  PUBLIC_KEY_SIZE,
  RECIPIENT_ID_SIZE,
  unwrapKey,
  wrapKey,
  WRAPPED_SIZE,
  type Identity,
  type WrappedKey,
} from '#crypto/key-wrap.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import { concatBytes, equalBytes, FieldReader, FieldWriter } from '#lib/byte-fields.ts'
import { IntegrityError, UsageError } from '#lib/errors.ts'
import { keyName } from './names.ts'
import { framePrefix, parseObject, signObject } from './object-frame.ts'

const KEY_ID_SIZE = 16
const RECIPIENTS_MAX = 16

export type KeyPurpose = 'backup' | 'wal'

const purposeBytes: Readonly<Record<KeyPurpose, number>> = { backup: 1, wal: 2 }

/** Everything about a data key but the key. */
export type KeyHeader = {
  readonly keyId: Uint8Array
  readonly generation: number
  readonly purpose: KeyPurpose
  /** When its use began; of a backup, when the backup began. */
  readonly periodStartMs: number
  readonly systemIdentifier: bigint
}

/** A data key in use by the process that made it. Never stored but wrapped. */
export type DataKey = { readonly header: KeyHeader; readonly key: Uint8Array }

/** Source of randomness: `size` bytes nobody can guess. */
export type Random = (size: number) => Uint8Array

export type KeyMaker = {
  readonly signingKey: SigningKey
  readonly repositoryId: Uint8Array
  readonly recipientKeys: readonly Uint8Array[]
  readonly random: Random
}

/** Makes a data key and the object that keeps it for the recipients. */
export function makeDataKey(
  maker: KeyMaker,
  purpose: Pick<KeyHeader, 'purpose' | 'periodStartMs' | 'systemIdentifier'>,
): { dataKey: DataKey; name: string; bytes: Uint8Array } {
  const header = { ...purpose, keyId: maker.random(KEY_ID_SIZE), generation: 0 }
  const key = maker.random(32)
  return { dataKey: { header, key }, ...wrapForAll(maker, header, key) }
}

/** The object that keeps a data key for the recipients. */
export function wrapForAll(
  maker: KeyMaker,
  header: KeyHeader,
  key: Uint8Array,
): { name: string; bytes: Uint8Array } {
  const { repositoryId, recipientKeys, random } = maker
  const head = encodeHeader(header)
  const binding = concatBytes([repositoryId, head])
  const fields = new FieldWriter().bytes(head).u16(recipientKeys.length)
  for (const recipientKey of recipientKeys) {
    const { recipientId, ephemeralKey, wrapped } = wrapKey(key, recipientKey, random(32), binding)
    fields.bytes(recipientId).bytes(ephemeralKey).bytes(wrapped)
  }
  const name = keyName(header.keyId, header.generation)
  const unsigned = framePrefix('key', fields.finish())
  return { name, bytes: signObject(maker.signingKey, repositoryId, name, unsigned) }
}

/**
 * Reads a key object whose signature holds, without opening it.
 *
 * @throws {IntegrityError} OBJECT_DAMAGED.
 */
export function parseKeyObject(
  name: string,
  bytes: Uint8Array,
): { header: KeyHeader; wrapped: readonly WrappedKey[] } {
  const damaged = (): IntegrityError => new IntegrityError('OBJECT_DAMAGED', `${name} is no key`)
  const { fields, body } = parseObject(name, bytes, ['key'])
  const reader = new FieldReader(fields, damaged)
  const keyId = reader.bytes(KEY_ID_SIZE)
  const generation = reader.u32()
  const purposeByte = reader.u8()
  const purpose = (['backup', 'wal'] as const).find((at) => purposeBytes[at] === purposeByte)
  const periodStartMs = Number(reader.u64())
  const systemIdentifier = reader.u64()
  const count = reader.u16()
  if (!purpose || count > RECIPIENTS_MAX || body.length > 0) throw damaged()
  const wrapped = Array.from({ length: count }, () => ({
    recipientId: reader.bytes(RECIPIENT_ID_SIZE),
    ephemeralKey: reader.bytes(PUBLIC_KEY_SIZE),
    wrapped: reader.bytes(WRAPPED_SIZE),
  }))
  if (reader.left > 0 || keyName(keyId, generation) !== name) throw damaged()
  return { header: { keyId, generation, purpose, periodStartMs, systemIdentifier }, wrapped }
}

/**
 * Opens a key object whose signature holds.
 *
 * @throws {UsageError} REPOSITORY_KEY_WRONG when it is not for this identity.
 * @throws {IntegrityError} OBJECT_DAMAGED, KEY_DAMAGED.
 */
export function openDataKey(
  name: string,
  bytes: Uint8Array,
  repositoryId: Uint8Array,
  identity: Identity,
): DataKey {
  const { header, wrapped } = parseKeyObject(name, bytes)
  const mine = wrapped.find(({ recipientId }) => equalBytes(recipientId, identity.recipientId))
  if (!mine) {
    const message =
      `this key does not open what is kept here (${name} was not wrapped for it); ` +
      'use the recovery key of this repository, the newest print of it'
    throw new UsageError('REPOSITORY_KEY_WRONG', message)
  }
  const binding = concatBytes([repositoryId, encodeHeader(header)])
  return { header, key: unwrapKey(mine, identity, binding) }
}

function encodeHeader(header: KeyHeader): Uint8Array {
  return new FieldWriter()
    .bytes(header.keyId)
    .u32(header.generation)
    .u8(purposeBytes[header.purpose])
    .u64(BigInt(header.periodStartMs))
    .u64(header.systemIdentifier)
    .finish()
}
