/** Objects that are not ours, or not yet: of a newer Veilig, of somebody else, of another kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNATURE_SIZE } from '#crypto/signing-key.ts'
import { smallRepository, type SmallRepository } from '#kit/repository.ts'
import type { MemoryStore } from '#storage/memory-store.ts'
import { signObject } from './object-frame.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readCatalogueKey, readIdentity } from './repository-keys.ts'
import { verifyRepository } from './verify.ts'

/** Where an object's frame has its version (docs/formats/repository.md). */
const VERSION_AT = 8

test('format: an object of a newer version is told as such, and is not read', async () => {
  for (const folder of ['catalogue', 'keys', 'wal']) {
    const repository = await smallRepository('newer')
    const victim = await lastIn(repository.stores[0], folder)
    await replace(repository, victim, (bytes) => (bytes[VERSION_AT]! += 1))
    assert.deepEqual(await codesFor(repository, victim), ['REPOSITORY_FORMAT_NEWER'], victim)
  }
})

test('format: what is no object of a repository is told as such', async () => {
  for (const folder of ['catalogue', 'keys', 'wal', 'backups']) {
    const repository = await smallRepository('foreign')
    const victim = await lastIn(repository.stores[0], folder)
    await replace(repository, victim, (bytes) => bytes.set(Buffer.from('%PDF-1.7\n')))
    assert.deepEqual(await codesFor(repository, victim), ['OBJECT_DAMAGED'], victim)
  }
})

async function lastIn(store: MemoryStore, folder: string): Promise<string> {
  let last: string | undefined
  for await (const { name } of store.list('')) if (name.startsWith(folder)) last = name
  assert(last !== undefined, folder)
  return last
}

/** In every region, and signed as the writer would: nobody else could make one that is believed. */
async function replace(
  { keys, stores }: SmallRepository,
  name: string,
  change: (bytes: Uint8Array) => void,
): Promise<void> {
  const { root } = await openReader({
    regions: [{ name: 'region', store: stores[0] }],
    identity: readIdentity(keys.recoveryKey),
  })
  for (const store of stores) {
    const bytes = new Uint8Array(await store.get(name))
    change(bytes)
    const unsigned = bytes.subarray(0, bytes.length - SIGNATURE_SIZE)
    const key = readCatalogueKey(keys.catalogueKey)
    const signed = signObject(key, root.repositoryId, name, unsigned)
    await store.delete(name)
    await store.put(name, name.startsWith('backups') ? bytes : signed)
  }
}

/** What the verification says of it in every region; or why nothing at all can be read. */
async function codesFor({ keys, stores }: SmallRepository, name: string): Promise<string[]> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  let reader: RepositoryReader
  try {
    reader = await openReader({ regions, identity: readIdentity(keys.recoveryKey) })
  } catch (error) {
    return [(error as { code: string }).code]
  }
  const { findings } = await verifyRepository(reader, { contents: true })
  return [...new Set(findings.filter(({ object }) => object === name).map(({ code }) => code))]
}
