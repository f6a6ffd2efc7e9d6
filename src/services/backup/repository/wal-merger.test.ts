/** The log in few objects: the same log, sound at every moment of the change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, keysOf, openSmall, putWal, SEGMENT, walAt } from '#kit/repository.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import { walName, type WalName } from './names.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'
import { openWhole } from './sealing.ts'
import { Sweeper } from './sweep.ts'
import { Regions } from './regions.ts'
import { parseRoot } from './root.ts'
import { verifyRepository } from './verify.ts'
import { listWal } from './wal-listing.ts'

const PART = 64 * 1024
const PARTS = SEGMENT / PART
const never = new AbortController().signal

test('merging: a finished segment becomes one object with the same log, always sound', async () => {
  const place = await written()
  const [store] = place.stores
  const before = await partsOf(store)
  assert.equal(before.filter(({ whole }) => !whole).length, 2 * PARTS + 3)
  const wholes = before.filter(({ whole }) => whole)
  assert.deepEqual(
    wholes.map(({ startLsn }) => startLsn),
    [BigInt(SEGMENT), BigInt(2 * SEGMENT)],
  )
  await sound(place)
  const reader = await open(place)
  for (const whole of wholes) {
    const name = walName(whole)
    const { repositoryId } = reader.root
    const bytes = await reader.read(name)
    const plain = await openWhole(name, bytes, ['wal-whole'], repositoryId, reader.dataKeys)
    assert.deepEqual(Buffer.from(plain), Buffer.from(walAt(whole.startLsn, SEGMENT)))
  }
  assert.deepEqual(await swept(place, reader), [2 * PARTS, 2 * PARTS])
  assert.equal((await partsOf(store)).length, 2 + 3)
  await sound(place)
})

test('merging: after the sweep the log goes on, and a lost object is missed', async () => {
  const place = await written()
  await swept(place, await open(place))
  await using repository = await openSmall(place.keys, place.stores)
  await repository.attach(CLUSTER)
  const last = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
  assert.equal(last?.lsn, BigInt(3 * SEGMENT + 3 * PART))
  await repository.wal.begin(last)
  await putWal(repository, [PART])
  await sound(place)
  const whole = (await partsOf(place.stores[0])).find((part) => part.whole)!
  for (const store of place.stores) await store.delete(walName(whole))
  const { findings } = await verifyRepository(await open(place))
  assert(findings.some(({ code }) => code === 'WAL_MISSING'))
})

test('merging: an object that only calls itself whole takes the place of nothing', async () => {
  const place = await written()
  const [first] = place.stores
  const [whole] = (await partsOf(first)).filter((part) => part.whole)
  const bytes = await first.get(walName(whole!))
  await first.delete(walName(whole!))
  bytes[bytes.length - 100]! ^= 1
  await first.put(walName(whole!), bytes)
  assert.deepEqual(await swept(place, await open(place)), [PARTS, 2 * PARTS])
})

test('merging: what one region has as one does not come back in parts from another', async () => {
  const place = await written()
  const reader = await open(place)
  const region = new Regions([{ name: 'a', store: place.stores[0], required: true }], systemClock)
  const sweeper = new Sweeper(parseRoot(place.keys.root), reader.chain)
  for (let round = 0; round < 2; round++) await sweeper.sweep(region.all[0]!, never)
  await using repository = await openSmall(place.keys, place.stores)
  await repository.catalogue()
  assert.equal((await partsOf(place.stores[0])).length, 2 + 3)
})

type Place = {
  readonly keys: ReturnType<typeof keysOf>
  readonly stores: readonly [MemoryStore, MemoryStore]
}

/** Two segments and a beginning of a third, in small parts; closed. */
async function written(): Promise<Place> {
  const keys = keysOf('merging')
  const stores = [new MemoryStore(), new MemoryStore()] as const
  await using repository = await openSmall(keys, stores)
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  await putWal(
    repository,
    Array.from({ length: 2 * PARTS + 3 }, () => PART),
  )
  for (const store of stores) {
    while ((await partsOf(store)).filter(({ whole }) => whole).length < 2) {
      await systemClock.sleep(5)
    }
  }
  return { keys, stores }
}

/** Two sweeps: what is old at the second goes. */
async function swept({ keys, stores }: Place, reader: RepositoryReader): Promise<number[]> {
  const places = stores.map((store, at) => ({ name: `region-${at}`, store, required: true }))
  const regions = new Regions(places, systemClock)
  const sweeper = new Sweeper(parseRoot(keys.root), reader.chain)
  for (const region of regions.all) assert.equal(await sweeper.sweep(region, never), 0)
  const deleted: number[] = []
  for (const region of regions.all) deleted.push(await sweeper.sweep(region, never))
  return deleted
}

async function sound(place: Place): Promise<void> {
  const report = await verifyRepository(await open(place), { contents: true })
  assert.deepEqual(report.findings, [])
}

function open({ keys, stores }: Place): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity: readIdentity(keys.verifierKey), root: keys.root })
}

async function partsOf(store: MemoryStore): Promise<WalName[]> {
  const parts: WalName[] = []
  for await (const part of listWal(store)) parts.push(part)
  return parts
}
