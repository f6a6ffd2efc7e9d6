/**
 * Wraps every data key again, for other recipients. No content is touched: of a repository of any
 * size a few hundred bytes for each backup and each hour of log are written anew.
 *
 * Done by whoever can open the keys and sign; the backup process, which can only sign, enters the
 * new recipients in the catalogue first, so that no key is made for the old ones meanwhile.
 *
 * @module
 */
import { eachAtOnce } from '#lib/ahead.ts'
import { equalBytes } from '#lib/byte-fields.ts'
import { recipientIdOf, type Identity } from '#crypto/key-wrap.ts'
import type { SigningKey } from '#crypto/signing-key.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { openDataKey, parseKeyObject, wrapForAll, type KeyMaker, type Random } from './data-key.ts'
import { isOldKey, KEYS_FOLDER, laterRootName, ROOTS_FOLDER } from './names.ts'
import type { RepositoryReader } from './open-reader.ts'
import { makeRoot } from './root.ts'
import { newestKeys } from './synchronise.ts'

export type RewrapOptions = {
  /** Opened with a key that opens what is there now. */
  readonly reader: RepositoryReader
  readonly identity: Identity
  readonly signingKey: SigningKey
  /** Who shall open from now on. */
  readonly recipients: readonly Pick<Identity, 'publicKey' | 'trustKey'>[]
  readonly random: Random
  readonly nowMs: number
}

const AT_ONCE = 8

/** Makes the root by which the new recipients know the repository. To be done first. */
export async function putLaterRoot(options: RewrapOptions): Promise<void> {
  const { reader, signingKey, recipients, nowMs } = options
  let number = 1
  for (const { store } of reader.regions) {
    for await (const { name } of store.list(ROOTS_FOLDER)) {
      number = Math.max(number, Number.parseInt(name.slice(ROOTS_FOLDER.length + 1), 16) + 1)
    }
  }
  const name = laterRootName(number)
  const bytes = makeRoot(signingKey, reader.root.repositoryId, nowMs, recipients, name)
  for (const { store } of reader.regions) await store.put(name, bytes)
}

/**
 * Wraps what is there for the recipients, in every region, and then deletes what was there before.
 * Broken off, it is run again: what is done is not done twice.
 *
 * @returns How many keys were wrapped anew.
 * @throws {FaultError} As the stores: every region must answer.
 */
export async function rewrapKeys(options: RewrapOptions): Promise<number> {
  const { reader, identity, signingKey, recipients, random } = options
  const { repositoryId } = reader.root
  const recipientKeys = recipients.map(({ publicKey }) => publicKey)
  const maker: KeyMaker = { signingKey, repositoryId, recipientKeys, random }
  const newest = new Map<string, string>()
  for (const { store } of reader.regions) {
    for (const [id, name] of await newestKeys(store)) {
      if (name > (newest.get(id) ?? '')) newest.set(id, name)
    }
  }
  let wrapped = 0
  await eachAtOnce([...newest], AT_ONCE, async ([id, name]) => {
    const bytes = await reader.read(name)
    let object = { name, bytes }
    if (!isFor(recipientKeys, name, bytes)) {
      const { header, key } = openDataKey(name, bytes, repositoryId, identity)
      object = wrapForAll(maker, { ...header, generation: header.generation + 1 }, key)
      newest.set(id, object.name)
      wrapped++
    }
    for (const { store } of reader.regions) await store.put(object.name, object.bytes)
  })
  for (const { store } of reader.regions) await deleteOld(store, newest)
  return wrapped
}

function isFor(recipientKeys: readonly Uint8Array[], name: string, bytes: Uint8Array): boolean {
  const { wrapped } = parseKeyObject(name, bytes)
  const same = recipientKeys.every((key) =>
    wrapped.some(({ recipientId }) => equalBytes(recipientId, recipientIdOf(key))),
  )
  return same && wrapped.length === recipientKeys.length
}

/** Only once all regions have the new ones. */
async function deleteOld(store: ObjectStore, newest: ReadonlyMap<string, string>): Promise<void> {
  const old: string[] = []
  for await (const { name } of store.list(KEYS_FOLDER)) if (isOldKey(name, newest)) old.push(name)
  for (const name of old) await store.delete(name)
}
