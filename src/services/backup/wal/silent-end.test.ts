/**
 * A recovery never ends early in silence: the log comes whole, or the restore fails and says why.
 *
 * Method: regions stop answering at operation 0, 1, 2, … of reading the same log.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, keysOf, openSmall, putWal, SEGMENT } from '#kit/repository.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { openReader } from '../repository/open-reader.ts'
import { readIdentity } from '../repository/repository-keys.ts'
import { archiveEnd } from '../restore/archive-end.ts'
import { walPieces } from '../restore/wal-source.ts'

const keys = keysOf('silent end')
const START = BigInt(SEGMENT)
const SIZES = [700, SEGMENT - 1000, 900, 5000]
const END = START + BigInt(SIZES.reduce((a, b) => a + b))
const PATH = [{ timeline: 1, startLsn: 0n, endLsn: undefined }]

test('pgBackRest#2549: regions gone while the log is fetched never make it end early', async () => {
  const stores = await written()
  let answered = 0
  while (!(await comesWhole(stores, answered))) assert(++answered < 1000)
  assert(answered > 10, 'too few operations to prove anything')
})

/** @param answered Operations until all regions are gone. */
async function comesWhole(stores: readonly MemoryStore[], answered: number): Promise<boolean> {
  let operations = 0
  const away = (): boolean => operations++ >= answered
  try {
    assert.equal(await logEnd(stores.map((store) => goingAway(store, away))), END)
    return true
  } catch (error) {
    assert(error instanceof FaultError && error.code === 'STORE_FAILED', String(error))
    return false
  }
}

test('pgBackRest#2402: one region away, the log comes from the other', async () => {
  const stores = await written()
  const [first, second] = stores
  assert.equal(await logEnd([goingAway(first!, () => true), second!]), END)
})

test('pgBackRest#2402: one region away, a hole in the other: it fails', async () => {
  const stores = await written()
  const [first, second] = stores
  const part = [...second!.objects.keys()].filter((name) => name.startsWith('wal/')).sort()[1]!
  second!.objects.delete(part)
  const outcomes = new Set<string>()
  for (let answered = 0; answered < 60; answered++) {
    let operations = 0
    const going = goingAway(first!, () => operations++ >= answered)
    const ended = logEnd([going, second!])
    outcomes.add(await ended.then(String, ({ code }: { code: string }) => code))
  }
  assert(outcomes.delete(String(END)) && outcomes.size > 0)
  for (const code of outcomes) assert(['STORE_FAILED', 'WAL_MISSING'].includes(code), code)
})

test('log: an end that was marked cannot come earlier, whoever is away', async () => {
  const stores = await written()
  for (const { objects } of stores) {
    const last = [...objects.keys()]
      .filter((name) => name.startsWith('wal/'))
      .sort()
      .at(-1)!
    objects.delete(last)
  }
  await assert.rejects(logEnd(stores), { code: 'WAL_MISSING' })
})

async function written(): Promise<readonly MemoryStore[]> {
  const stores = [new MemoryStore(), new MemoryStore()]
  await using repository = await openSmall(keys, stores)
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: START })
  await putWal(repository, SIZES)
  return stores
}

/** @returns Where the log ended that was read, from its beginning to where the archive ends. */
async function logEnd(stores: readonly ObjectStore[]): Promise<bigint> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  const reader = await openReader({ regions, identity: readIdentity(keys.recoveryKey) })
  const endLsn = await archiveEnd(reader, 1)
  let lsn = START
  for await (const { startLsn, bytes } of walPieces(reader, PATH, START, endLsn)) {
    assert.equal(startLsn, lsn)
    lsn += BigInt(bytes.length)
  }
  return lsn
}

/** A region that answers nothing any more from the operation on at which it goes away. */
function goingAway(store: MemoryStore, away: () => boolean): ObjectStore {
  const check = (): void => {
    if (away()) throw new FaultError('STORE_FAILED', 'the region went away')
  }
  const first = async <T>(work: () => Promise<T>): Promise<T> => {
    check()
    return work()
  }
  return {
    put: (name, bytes) => first(() => store.put(name, bytes)),
    get: (name) => first(() => store.get(name)),
    getRange: (name, start, length) => first(() => store.getRange(name, start, length)),
    head: (name) => first(() => store.head(name)),
    delete: (name) => first(() => store.delete(name)),
    list: async function* (folder) {
      check()
      yield* store.list(folder)
    },
  }
}
