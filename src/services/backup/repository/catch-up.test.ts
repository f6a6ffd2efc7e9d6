/** A region that was away becomes level while the log goes on, and lacks nothing afterwards. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { CLUSTER, keysOf, openSmall, putWal, SEGMENT } from '#kit/repository.ts'
import { FaultError } from '#lib/errors.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'
import { RegionLane } from './lane.ts'
import type { RegionPlace } from './regions.ts'
import type { Repository } from './repository.ts'

/** A store in memory that can be away, and that a test can hold up. */
class Far extends MemoryStore {
  away = false
  /** Puts whose name matches wait here. */
  gate: { readonly matches: (name: string) => boolean; readonly open: Promise<void> } | undefined
  /** In the order in which they came to be there. */
  readonly came: string[] = []
  underWay = 0
  most = 0

  override async put(name: string, bytes: Uint8Array): Promise<void> {
    this.most = Math.max(this.most, ++this.underWay)
    try {
      if (this.gate?.matches(name)) await this.gate.open
      await delay(1)
      if (this.away) throw new FaultError('STORE_FAILED', 'it is away')
      if (!this.objects.has(name)) this.came.push(name)
      await super.put(name, bytes)
    } finally {
      this.underWay--
    }
  }
}

async function opened(near: Far, far: Far, catchUpEveryMs = 20): Promise<Repository> {
  const place = (name: string, store: Far, required: boolean): RegionPlace => ({
    name,
    store,
    required,
  })
  const regions = [place('near', near, true), place('far', far, false)]
  const repository = await openSmall(keysOf('far'), [], { regions, catchUpEveryMs })
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  return repository
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!holds()) {
    assert(performance.now() < deadline, `waited too long for ${holds.toString()}`)
    await delay(5)
  }
}

const isLog = (name: string): boolean => name.startsWith('wal/')
const namesIn = (store: MemoryStore): string[] => [...store.objects.keys()].sort()
const faultOf = (repository: Repository): string | undefined =>
  repository.wal.regions().find(({ name }) => name === 'far')?.fault

test('a region that was away is level again while the log goes on', async () => {
  const [near, far] = [new Far(), new Far()]
  far.away = true
  await using repository = await opened(near, far)
  for (let part = 0; part < 100; part++) await putWal(repository, [100])
  far.away = false
  let writing = true
  const writer = (async () => {
    for (; writing; await delay(10)) await putWal(repository, [100])
  })()
  await until(() => faultOf(repository) === undefined)
  writing = false
  await writer
  await until(() => far.objects.size === near.objects.size)
  assert.deepEqual(namesIn(far), namesIn(near))
  const log = far.came.filter(isLog)
  assert.deepEqual(log, log.toSorted(), 'whatever a crash had left would have had no hole')
})

test('what is still on its way when a region is let in again is not lost to it', async () => {
  const [near, far] = [new Far(), new Far()]
  await using repository = await opened(near, far, 5)
  await until(() => faultOf(repository) === undefined)
  far.away = true
  // More than is kept for a region that is away: it falls behind.
  for (let part = 0; part < 40; part++) await putWal(repository, [1024 * 1024 - 100])
  await until(() => faultOf(repository) !== undefined)
  const { promise: open, resolve } = Promise.withResolvers<void>()
  near.gate = { matches: isLog, open }
  const slow = putWal(repository, [100])
  far.away = false
  await until(() => far.objects.size >= near.objects.size)
  await delay(50) // a region let in too early would be let in by now
  resolve()
  await slow
  await until(() => faultOf(repository) === undefined)
  await putWal(repository, [100])
  await until(() => far.objects.size === near.objects.size)
  assert.deepEqual(namesIn(far), namesIn(near))
})

test('an entry of a killed process that lands late in a region gives way to ours', async () => {
  const [near, far] = [new Far(), new Far()]
  {
    await using first = await opened(near, far, 5)
    await until(() => faultOf(first) === undefined)
  }
  const twin = new MemoryStore()
  for (const [name, bytes] of near.objects) twin.objects.set(name, bytes)
  {
    await using killed = await openSmall(keysOf('far'), [twin])
    await killed.attach(CLUSTER)
    await killed.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  }
  const [late = ''] = [...twin.objects.keys()].filter((name) => !near.objects.has(name))
  far.away = true
  await using repository = await opened(near, far, 5)
  assert.notDeepEqual(near.objects.get(late), twin.objects.get(late))
  far.objects.set(late, twin.objects.get(late)!)
  far.away = false
  await until(() => faultOf(repository) === undefined)
  await putWal(repository, [100])
  await until(() => far.objects.size === near.objects.size)
  assert.deepEqual(far.objects.get(late), near.objects.get(late))
})

test('packs travel side by side, and what names them waits for them all', async () => {
  const store = new Far()
  const { promise: open, resolve } = Promise.withResolvers<void>()
  store.gate = { matches: (name) => name === 'pack-0', open }
  const lane = new RegionLane(store, systemClock)
  const bytes = new Uint8Array(10)
  const pushed = [0, 1, 2, 3, 4, 5, 6].map((at) =>
    lane.push({ name: `pack-${at}`, bytes, pace: 'free' }),
  )
  pushed.push(lane.push({ name: 'entry', bytes }))
  pushed.push(lane.push({ name: 'after', bytes, pace: 'free' }))
  await until(() => store.came.length === 6)
  await delay(20) // an entry that does not wait would be there by now
  assert.equal(store.came.length, 6)
  resolve()
  await Promise.all(pushed)
  assert.equal(store.most, 4)
  assert.deepEqual(store.came.slice(-3), ['pack-0', 'entry', 'after'])
})

test('what is not free goes one by one, in its order, however often it fails', async () => {
  const store = new Far()
  const lane = new RegionLane(store, systemClock)
  store.away = true
  const names = Array.from({ length: 20 }, (_, at) => `n-${at}`)
  const pushed = names.map((name) => lane.push({ name, bytes: new Uint8Array(1) }))
  await until(() => lane.fault !== undefined)
  store.away = false
  await Promise.all(pushed)
  assert.deepEqual(store.came, names)
  assert.equal(store.most, 1)
})

test('a region that hangs, or dies while it is read, does not keep the others shut', async () => {
  class Dying extends Far {
    // oxlint-disable-next-line require-yield -- it fails before there is anything to yield
    override async *list(): AsyncGenerator<never> {
      throw new FaultError('STORE_FAILED', 'it died')
    }
  }
  const { promise: open, resolve } = Promise.withResolvers<void>()
  const hanging = Object.assign(new Far(), { gate: { matches: () => true, open } })
  for (const far of [hanging, new Dying()]) {
    const near = new Far()
    await using repository = await opened(near, far)
    await putWal(repository, [100])
    assert.equal(faultOf(repository), 'behind')
    assert.equal([...near.objects.keys()].filter(isLog).length, 1)
    resolve()
  }
})
