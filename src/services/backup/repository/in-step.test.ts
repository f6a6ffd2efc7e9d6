/** Parts of the log travel a few at once: what that may leave behind, and what it may not hide. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, keysOf, openSmall, putWal, SEGMENT, walAt } from '#kit/repository.ts'
import { eventually } from '#kit/eventually.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import { archiveEnd } from '../restore/archive-end.ts'
import { walPieces } from '../restore/wal-source.ts'
import { IN_STEP_MAX, RegionLane } from './lane.ts'
import { parseWalName, walName, type WalName } from './names.ts'
import { openReader, type RepositoryReader } from './open-reader.ts'
import { readIdentity } from './repository-keys.ts'
import { parseRoot } from './root.ts'
import { copyMissing } from './synchronise.ts'
import { verifyRepository } from './verify.ts'
import { WalRanges } from './wal-listing.ts'

const keys = keysOf('in step')
const START = BigInt(SEGMENT)
const SIZE = 100

/** Keeps one put waiting until it is told to let it go. */
class Gated extends MemoryStore {
  readonly #gate = Promise.withResolvers<void>()
  readonly #waits: (name: string) => boolean

  constructor(waits: (name: string) => boolean) {
    super()
    this.#waits = waits
  }

  open(): void {
    this.#gate.resolve()
  }

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#waits(name)) await this.#gate.promise
    await super.put(name, bytes)
  }
}

test('parts in step: few beside the first that is missing, durable in their order', async () => {
  const store = new Gated((name) => name === 'n-0')
  const lane = new RegionLane(store, systemClock)
  const durable: number[] = []
  const pushed = Array.from({ length: IN_STEP_MAX + 4 }, (_, at) =>
    lane
      .push({ name: `n-${at}`, bytes: new Uint8Array(1), pace: 'in-step' })
      .then(() => durable.push(at)),
  )
  const last = lane.push({ name: 'alone', bytes: new Uint8Array(1) })
  await until(() => store.objects.size === IN_STEP_MAX - 1)
  await new Promise((resolve) => setImmediate(resolve)) // one more would go now
  assert.equal(store.objects.size, IN_STEP_MAX - 1)
  assert.deepEqual(durable, [], 'nothing counts behind what is missing')
  assert(lane.queuedBytes === IN_STEP_MAX + 5, 'and all of it is still held in memory')
  store.open()
  await Promise.all([...pushed, last])
  assert.deepEqual(
    durable,
    pushed.map((_, at) => at),
  )
})

test('parts in step: what fails beside them is told as a fault until it has arrived', async () => {
  let away = true
  const store = new (class extends MemoryStore {
    override async put(name: string, bytes: Uint8Array): Promise<void> {
      if (name === 'n-1' && away) throw new FaultError('STORE_FAILED', 'it is away')
      await super.put(name, bytes)
    }
  })()
  const lane = new RegionLane(store, systemClock)
  const pushed = [0, 1, 2, 3].map((at) =>
    lane.push({ name: `n-${at}`, bytes: new Uint8Array(1), pace: 'in-step' }),
  )
  await until(() => store.objects.size === 3 && lane.fault !== undefined)
  assert.match(lane.fault ?? '', /away/)
  away = false
  await Promise.all(pushed)
  assert.equal(lane.fault, undefined)
})

/** A region as a crash leaves it: of six parts the third never arrived. */
async function crashed(): Promise<{ store: MemoryStore; durableLsn: bigint; loose: string[] }> {
  const hole = START + 2n * BigInt(SIZE)
  const store = new Gated((name) => parseWalName(name)?.startLsn === hole)
  const repository = await openSmall(keys, [store])
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: START })
  const put = [0, 1, 2, 3, 4, 5].map((at) => {
    const startLsn = START + BigInt(at * SIZE)
    return repository.wal.put({ timeline: 1, startLsn, bytes: walAt(startLsn, SIZE) })
  })
  const logOf = (of: MemoryStore): string[] => [...of.objects.keys()].filter(isLog).sort()
  await until(() => logOf(store).length === 5)
  const durableLsn = repository.wal.durablePosition()?.lsn ?? 0n
  const left = new MemoryStore()
  for (const [name, bytes] of store.objects) left.objects.set(name, bytes)
  store.open()
  await Promise.all(put)
  await repository[Symbol.asyncDispose]()
  return { store: left, durableLsn, loose: logOf(left).slice(2) }
}

test('after a crash: the log ends at the hole, what lies behind is listed', async () => {
  const { store, durableLsn, loose } = await crashed()
  assert.equal(durableLsn, START + 2n * BigInt(SIZE), 'never more was promised')
  const left = await readerOf(store)
  assert.equal(await archiveEnd(left, 1), durableLsn)
  const { findings, leftOvers } = await verifyRepository(left)
  assert.deepEqual([findings, leftOvers], [[], loose])
  {
    await using repository = await openSmall(keys, [store])
    await repository.attach(CLUSTER)
    const at = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
    assert.equal(at?.lsn, durableLsn)
    await repository.wal.begin(at)
    await putWal(repository, [SIZE, 10 * SIZE])
  }
  const healed = await readerOf(store)
  assert.deepEqual((await verifyRepository(healed)).findings, [])
  const end = await archiveEnd(healed, 1)
  assert.equal(end, durableLsn + 11n * BigInt(SIZE))
  await assertReads(healed, end)
})

test('a hole before a mark is no crash: it is told', async () => {
  const store = new MemoryStore()
  {
    await using repository = await openSmall(keys, [store])
    await repository.attach(CLUSTER)
    await repository.wal.begin({ timeline: 1, lsn: START })
    await putWal(repository, [SIZE, SIZE, SIZE])
  }
  const [, second = ''] = [...store.objects.keys()].filter(isLog).sort()
  store.objects.delete(second)
  const reader = await readerOf(store)
  const { findings } = await verifyRepository(reader)
  assert.deepEqual([...new Set(findings.map(({ code }) => code))], ['WAL_MISSING'])
  const end = await archiveEnd(reader, 1)
  assert.equal(end, START + 3n * BigInt(SIZE))
  await assert.rejects(assertReads(reader, end), { code: 'WAL_MISSING' })
})

test('a hole with more behind it than travels at once is no crash: it is seen', () => {
  const part = (at: number): WalName => ({
    timeline: 1,
    segmentLsn: START,
    startLsn: START + BigInt(at * SIZE),
    endLsn: START + BigInt((at + 1) * SIZE),
    run: '0123456789abcdef',
    whole: false,
  })
  for (const [behind, ends] of [
    [IN_STEP_MAX - 1, [2]],
    [IN_STEP_MAX, [2, 3 + IN_STEP_MAX]],
  ] as const) {
    const listed = [0, 1, ...Array.from({ length: behind }, (_, at) => 3 + at)]
    for (const order of [listed, listed.toReversed(), [...listed, ...listed]]) {
      const ranges = new WalRanges()
      for (const at of order) ranges.add(part(at))
      const found = ranges.ranges.map(({ endLsn }) => Number(endLsn - START) / SIZE)
      assert.deepEqual(found, ends)
    }
  }
})

test('a region that is caught up gets no part before the one in front of it', async () => {
  const { store: source, loose } = await crashed()
  const target = new MemoryStore()
  await copyMissing(source, target, parseRoot(keys.root), new Map(), { growing: true })
  const copied = [...target.objects.keys()].filter(isLog)
  assert.equal(copied.length, 2)
  await copyMissing(source, target, parseRoot(keys.root), new Map()) // when it does not grow: all
  assert.deepEqual(
    loose.filter((name) => !target.objects.has(name)),
    [],
  )
})

async function until(holds: () => boolean): Promise<void> {
  await eventually(holds.toString(), () => (holds() ? true : undefined))
}

function isLog(name: string): boolean {
  const part = parseWalName(name)
  return part !== undefined && walName(part) === name
}

function readerOf(store: MemoryStore): Promise<RepositoryReader> {
  const regions = [{ name: 'alone', store }]
  return openReader({ regions, identity: readIdentity(keys.recoveryKey) })
}

async function assertReads(reader: RepositoryReader, endLsn: bigint): Promise<void> {
  const path = [{ timeline: 1, startLsn: 0n, endLsn: undefined }]
  let lsn = START
  for await (const { startLsn, bytes } of walPieces(reader, path, START, endLsn)) {
    assert.equal(startLsn, lsn)
    assert(Buffer.from(bytes).equals(walAt(lsn, bytes.length)))
    lsn += BigInt(bytes.length)
  }
  assert.equal(lsn, endLsn)
}
