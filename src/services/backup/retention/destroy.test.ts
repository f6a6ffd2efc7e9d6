/** Destruction in real repositories: keys and objects gone in every region, the rest whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmall, SEGMENT, type keysOf } from '#kit/repository.ts'
import { DAY_MS, days, repositoryInTime } from '#kit/repository-in-time.ts'
import { toHex } from '#lib/byte-fields.ts'
import { FaultError } from '#lib/errors.ts'
import type { MemoryStore } from '#storage/memory-store.ts'
import { keyIdOf, packName, walName } from '../repository/names.ts'
import { openReader } from '../repository/open-reader.ts'
import { readIdentity } from '../repository/repository-keys.ts'
import { verifyRepository } from '../repository/verify.ts'
import { listWal } from '../repository/wal-listing.ts'
import { parseWalPart } from '../repository/wal-part.ts'

test('retention: after the window no key is left anywhere, and what stays is whole', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  const ids = await days(repository, clock, 6)
  const dry = await repository.destroyExpired(2 * DAY_MS, true)
  assert.deepEqual(dry.backups, ids.slice(0, 4))
  assert.equal(dry.objects, 0)
  const keysBefore = await names(stores[0], 'keys')
  const report = await repository.destroyExpired(2 * DAY_MS, false)
  assert.deepEqual(report.backups, ids.slice(0, 4))
  assert(report.receipts === 1 && report.logParts > 0 && report.keys >= 6)
  for (const store of stores) {
    const left = await names(store, 'keys')
    assert.equal(left.length, keysBefore.length - report.keys)
    for (const id of ids) {
      const objects = await names(store, `backups/${id}`)
      assert.equal(objects.length > 0, !report.backups.includes(id))
    }
  }
  const again = await repository.destroyExpired(2 * DAY_MS, false)
  assert.deepEqual([again.backups, again.keys, again.objects, again.receipts], [[], 0, 0, 0])
  await verified(keys, stores)
})

test('retention: a region that is away is destroyed later, then comes the receipt', async () => {
  const { keys, stores, clock } = repositoryInTime()
  let away = false
  const remove = stores[1].delete.bind(stores[1])
  stores[1].delete = (name) =>
    away ? Promise.reject(new FaultError('STORE_FAILED', 'unplugged')) : remove(name)
  const repository = await openSmall(keys, stores, { clock })
  await days(repository, clock, 5)
  away = true
  const first = await repository.destroyExpired(DAY_MS, false)
  assert.deepEqual([first.receipts, first.waitingFor], [0, ['region-1']])
  away = false
  await repository[Symbol.asyncDispose]()
  await using again = await openSmall(keys, stores, { clock })
  assert.equal((await again.destroyExpired(DAY_MS, false)).receipts, 1)
  assert.deepEqual(await names(stores[0], ''), await names(stores[1], ''))
  await verified(keys, stores)
})

test('retention: what was broken off is destroyed after a day, with its key', async () => {
  const { keys, stores, clock } = repositoryInTime()
  const repository = await openSmall(keys, stores, { clock })
  await days(repository, clock, 1)
  const start = { kind: 'full', label: '', timeline: 1, startLsn: BigInt(SEGMENT) } as const
  const writer = await repository.beginBackup(start)
  await repository[Symbol.asyncDispose]() // killed in the middle
  for (const store of stores) await store.put(packName(writer.id, 0), new Uint8Array(100))
  const keysBefore = await names(stores[0], 'keys')
  await using again = await openSmall(keys, stores, { clock })
  await again.destroyExpired(30 * DAY_MS, false)
  assert.deepEqual(await names(stores[0], 'keys'), keysBefore, 'it might still be on its way')
  clock.forward(1.5 * DAY_MS)
  const report = await again.destroyExpired(30 * DAY_MS, false)
  assert.deepEqual([report.backups, report.keys, report.objects], [[writer.id], 1, 2])
  for (const store of stores) {
    assert.equal((await names(store, 'keys')).length, keysBefore.length - 1)
    assert.deepEqual(await names(store, `backups/${writer.id}`), [])
  }
  await verified(keys, stores)
})

test('retention: no key that is left opens what went of the log, not a part of it', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  await days(repository, clock, 4)
  const before = await keysOfLog(stores[0])
  await repository.destroyExpired(DAY_MS, false)
  const after = await keysOfLog(stores[0])
  const left = (await names(stores[0], 'keys')).map(keyIdOf)
  const gone = [...before].filter(([name]) => !after.has(name))
  assert(gone.length > 4 && after.size > 4)
  assert.deepEqual(
    gone.filter(([, key]) => left.includes(key)),
    [],
  )
})

test('retention: the key of the log before the first backup goes in its hour too', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  await days(repository, clock, 2)
  const all = (await names(stores[0], 'keys')).length
  // A look before its time: the log goes, for nothing can be replayed on it, and the key stays.
  const early = await repository.destroyExpired(30 * DAY_MS, false)
  assert.deepEqual([early.backups, early.keys, early.logParts > 0], [[], 0, true])
  // The same backups are needed now as then: nothing else says that it is time to look again.
  const late = await repository.destroyExpired(1.6 * DAY_MS, false)
  assert.deepEqual([late.backups, late.keys], [[], 1])
  for (const store of stores) assert.equal((await names(store, 'keys')).length, all - 1)
  await verified(keys, stores)
})

test('retention: while a hold stands nothing from its moment on is given up', async () => {
  const { keys, stores, clock } = repositoryInTime()
  await using repository = await openSmall(keys, stores, { clock })
  const fromMs = clock.nowMs() + 1.5 * DAY_MS
  const ids = await days(repository, clock, 6)
  const id = await repository.hold(fromMs, 'case 12')
  const held = await repository.destroyExpired(DAY_MS, false)
  assert.deepEqual([held.backups, held.windowFromMs], [ids.slice(0, 1), fromMs])
  await repository.release(id, 'closed')
  const { backups } = await repository.destroyExpired(DAY_MS, false)
  assert.deepEqual(backups, ids.slice(1, 5))
  await assert.rejects(repository.release(id, 'again'), { code: 'HOLD_UNKNOWN' })
  await verified(keys, stores)
})

/** Part of the log → its key. */
async function keysOfLog(store: MemoryStore): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const part of listWal(store)) {
    const name = walName(part)
    found.set(name, toHex(parseWalPart(name, await store.get(name)).keyId))
  }
  return found
}

async function names(store: MemoryStore, folder: string): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of store.list(folder)) found.push(name)
  return found
}

async function verified(
  keys: ReturnType<typeof keysOf>,
  stores: readonly MemoryStore[],
): Promise<void> {
  const reader = await openReader({
    regions: stores.map((store, at) => ({ name: `region-${at}`, store })),
    identity: readIdentity(keys.recoveryKey),
  })
  const { findings } = await verifyRepository(reader, { contents: true })
  assert.deepEqual(findings, [])
}
