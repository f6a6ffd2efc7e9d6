/** A region is tried as a backup would use it, and left as it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { tryRegion, type RegionToTry } from './probe-region.ts'

async function faultsOf(
  store: MemoryStore,
  more: Partial<RegionToTry> = {},
  databaseBytes?: number,
): Promise<string[]> {
  const region = { name: 'a', required: true, store, locks: false, freeBytes: undefined, ...more }
  const found = await tryRegion(region, databaseBytes, 'abc')
  return found.filter(({ state }) => state !== 'good').map(({ id, state }) => `${state} ${id}`)
}

test('a fit region lacks nothing, and nothing is left in it', async () => {
  const store = new MemoryStore()
  assert.deepEqual(await faultsOf(store, { freeBytes: 300 }, 100), [])
  assert.equal(store.objects.size, 0)
})

test('a region that lets an object be written twice cannot serve', async () => {
  class Forgetful extends MemoryStore {
    override async put(name: string, bytes: Uint8Array): Promise<void> {
      this.objects.delete(name)
      await super.put(name, bytes)
    }
  }
  assert.deepEqual(await faultsOf(new Forgetful()), ['missing region.a.write-once'])
})

test('a region that only hides what was deleted is told', async () => {
  class Keeping extends MemoryStore {
    override async delete(): Promise<void> {}
  }
  assert.deepEqual(await faultsOf(new Keeping()), ['weak region.a.delete'])
})

test('a region that is away is missing when it is required, and weak when it is not', async () => {
  class Away extends MemoryStore {
    // oxlint-disable-next-line require-yield -- it fails before there is anything to yield
    override async *list(): AsyncGenerator<never> {
      throw new FaultError('STORE_FAILED', 'it is away')
    }
  }
  assert.deepEqual(await faultsOf(new Away()), ['missing region.a.reach'])
  assert.deepEqual(await faultsOf(new Away(), { required: false }), ['weak region.a.reach'])
})

test('a disk with too little room is told before it is full', async () => {
  const store = new MemoryStore()
  assert.deepEqual(await faultsOf(store, { freeBytes: 299 }, 100), ['weak region.a.room'])
  assert.deepEqual(await faultsOf(store, { freeBytes: 99 }, 100), ['missing region.a.room'])
})

test('a bucket that should lock and cannot is missing, and nothing is stored in it', async () => {
  const store = Object.assign(new MemoryStore(), {
    lock: {
      enabled: () => Promise.resolve(false),
      state: () => Promise.resolve({ untilMs: undefined, held: false }),
      extend: () => Promise.resolve(),
      hold: () => Promise.resolve(),
    },
  })
  const found = await faultsOf(store, { locks: true })
  assert.deepEqual(found, ['unknown region.a.write-once', 'missing region.a.lock'])
  assert.equal(store.objects.size, 0)
})
