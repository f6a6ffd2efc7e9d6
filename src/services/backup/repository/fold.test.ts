/** A catalogue that is folded says the same as one that is not, in fewer objects. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmall } from '#kit/repository.ts'
import { DAY_MS, days, repositoryInTime, type RepositoryInTime } from '#kit/repository-in-time.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { CatalogueChain } from './chain.ts'
import { openReader, type KnownChains, type RepositoryReader } from './open-reader.ts'
import { readChain } from './read-chain.ts'
import { readIdentity } from './repository-keys.ts'
import { parseRoot } from './root.ts'
import { verifyRepository } from './verify.ts'

test('fold: from the newest fold on it says what it says from its beginning', async () => {
  const place = await folded()
  const whole = await readFromStart(place)
  const reader = await open(place)
  assert(reader.chain.foldAt !== undefined && reader.chain.foldAt > 10)
  assert.deepEqual(reader.chain.head, whole.head)
  assert.deepEqual(plain(reader.chain), plain(whole))
  assert.deepEqual(new Set(reader.chain.names()), new Set(whole.names()))
})

test('fold: what it replaces may go; the repository stays sound and goes on', async () => {
  const place = await folded()
  const before = await open(place)
  for (const store of place.stores) await deleteFolded(store, before.chain)
  const reader = await open(place)
  assert.deepEqual(plain(reader.chain), plain(before.chain))
  assert.deepEqual((await verifyRepository(reader, { contents: true })).findings, [])
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 1)
  assert.equal(
    (await open(place)).chain.state.backups.length,
    before.chain.state.backups.length + 1,
  )
})

test('fold: without an entry that it names, or with another, it is not believed', async () => {
  const place = await folded()
  const [first] = place.stores
  const { chain } = await open(place)
  for (const store of place.stores) await deleteFolded(store, chain)
  const kept = chain.names().find((name) => !name.endsWith('-fold'))!
  const bytes = await first.get(kept)
  await first.delete(kept)
  const root = parseRoot(place.keys.root)
  await assert.rejects(readChain(first, new CatalogueChain(root)), { code: 'CATALOGUE_INCOMPLETE' })
  bytes[bytes.length - 70]! ^= 1
  await first.put(kept, bytes)
  await assert.rejects(readChain(first, new CatalogueChain(root)), { code: 'OBJECT_FORGED' })
  assert.equal((await open(place)).chain.length, chain.length, 'the other region helps')
})

test('fold: a region cut off while it was brought level does not stop the writer', async () => {
  const place = await folded()
  const { chain } = await open(place)
  for (const store of place.stores) await deleteFolded(store, chain)
  const [, second] = place.stores
  await second.delete(chain.names().find((name) => !name.endsWith('-fold'))!)
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  assert.equal((await repository.catalogue()).backups.length, chain.state.backups.length)
  await readChain(second, new CatalogueChain(parseRoot(place.keys.root)))
})

test('fold: a catalogue rolled back to before its fold is still known by the head', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, {
    clock: place.clock,
    foldEvery: 8,
  })
  await days(repository, place.clock, 2)
  const early: [string, Uint8Array][] = []
  for await (const { name } of place.stores[0].list('')) {
    early.push([name, await place.stores[0].get(name)])
  }
  await days(repository, place.clock, 4)
  const { head } = (await open(place)).chain
  const old = new MemoryStore()
  for (const [name, bytes] of early) await old.put(name, bytes)
  const rolled = { ...place, stores: [old, old] as const }
  await assert.rejects(open(rolled, { head }), { code: 'CATALOGUE_ROLLED_BACK' })
  await open(place, { head })
})

test('fold: whoever has read the catalogue before reads what is new alone', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 3)
  const known: KnownChains = new Map()
  await open(place, { known })
  const read: string[] = []
  for (const store of place.stores) {
    const get = store.get.bind(store)
    store.get = (name) => {
      read.push(name)
      return get(name)
    }
  }
  const before = (await open(place, { known })).chain.state
  assert.deepEqual(read, [])
  await repository.hold(0, 'one entry more')
  const after = (await open(place, { known })).chain.state
  assert.equal(read.length, place.stores.length)
  assert.deepEqual(
    [before.holds.size, after.holds.size],
    [0, 1],
    'the earlier reader stays as it was',
  )
})

async function folded(): Promise<RepositoryInTime> {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, {
    clock: place.clock,
    foldEvery: 8,
  })
  await days(repository, place.clock, 5, true)
  await repository.hold(0, 'case 12')
  await repository.release(await repository.hold(1, 'case 13'), 'closed')
  await repository.destroyExpired(2 * DAY_MS, false)
  return place
}

/** Entry after entry, as if there were no fold to begin with. */
async function readFromStart({ keys, stores }: RepositoryInTime): Promise<CatalogueChain> {
  const chain = new CatalogueChain(parseRoot(keys.root))
  for await (const { name } of stores[0].list('catalogue')) {
    chain.add(name, await stores[0].get(name))
  }
  return chain
}

async function deleteFolded(store: MemoryStore, chain: CatalogueChain): Promise<void> {
  const counts = new Set(chain.names())
  for await (const { name } of store.list('catalogue')) {
    if (!counts.has(name)) await store.delete(name)
  }
}

function open(
  { keys, stores }: Pick<RepositoryInTime, 'keys' | 'stores'>,
  more: Partial<Parameters<typeof openReader>[0]> = {},
): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  const identity = readIdentity(keys.verifierKey)
  return openReader({ regions, identity, root: keys.root, ...more })
}

function plain({ state }: CatalogueChain): unknown {
  const { cluster, backups, runs, runEnds, histories, logStarts, expiries, holds } = state
  return { cluster, backups, runs, runEnds, histories, logStarts, expiries, holds }
}
