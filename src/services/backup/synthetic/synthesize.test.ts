/**
 * Synthetic full backups of small repositories: whatever changed, they hold the state they were
 * made from, need no older key, and later differences build on them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, openSmall, putWal, SEGMENT, seededBytes } from '#kit/repository.ts'
import {
  DAY_MS,
  openInTime,
  repositoryInTime,
  synthesizeIn,
  type RepositoryInTime,
} from '#kit/repository-in-time.ts'
import { crc32c } from '#crypto/crc32c.ts'
import { ManifestReader } from '#protocol/postgres/replication/manifest.ts'
import type { BackupEntry } from '../repository/entries.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import type { Repository } from '../repository/repository.ts'
import { readServerManifest } from '../repository/server-manifest.ts'
import { verifyRepository } from '../repository/verify.ts'
import { chainOf } from '../restore/choose.ts'
import { openedPieces } from '../restore/data-directory.ts'
import { chainFiles } from '../restore/file-plan.ts'

const BLOCK = CLUSTER.blockSize
const HOUR_MS = 3_600_000

test('synthetic: holds the state it was made from, and outlives the keys of that', async () => {
  for (const seed of ['1', '2', '3']) {
    const place = repositoryInTime()
    await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
    await begin(repository)
    const world = new World(seed)
    const full = await world.take(place, repository, undefined)
    const first = await world.take(place, repository, full)
    const second = await world.take(place, repository, full)
    const third = await world.take(place, repository, full)
    const onThird = await world.take(place, repository, third)
    const made = await synthesizeIn(place, repository, second)
    assert.equal(made.chain, 2)
    await expectState(place, made.id, world.states.get(second))
    // As if the others were never there: their keys and objects are destroyed.
    place.clock.forward(2 * DAY_MS)
    const report = await repository.destroyExpired(2 * DAY_MS - 2 * HOUR_MS + 1, false)
    const gone = [full, first, second]
    assert.deepEqual(report.backups.toSorted(), gone.toSorted(), `seed ${seed}`)
    for (const id of gone) {
      const left = await place.stores[0].list(`backups/${id}`)[Symbol.asyncIterator]().next()
      assert(left.done)
    }
    for (const id of [third, onThird]) await expectState(place, id, world.states.get(id))
    await expectState(place, made.id, world.states.get(second))
    const reader = await openInTime(place)
    const { findings } = await verifyRepository(reader, { contents: true })
    assert.deepEqual(findings, [])
    assert.deepEqual(chainIds(reader, onThird), [onThird, third, made.id])
    // And again, of a backup whose parent is only stood in for.
    const next = await synthesizeIn(place, repository, onThird)
    assert.equal(next.chain, 3)
    await expectState(place, next.id, world.states.get(onThird))
  }
})

test('synthetic: the list of its files is as PostgreSQL writes one, sums included', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await begin(repository)
  const world = new World('list')
  const full = await world.take(place, repository, undefined)
  const second = await world.take(place, repository, full)
  const { id } = await synthesizeIn(place, repository, second)
  const expected = new Map(world.states.get(second))
  const manifest = new ManifestReader(({ path, sizeBytes, crc32c: sum }) => {
    const bytes = expected.get(path)
    assert(bytes && bytes.length === sizeBytes && crc32c(0, bytes) === sum, path)
    expected.delete(path)
  })
  manifest.push(await readServerManifest(await openInTime(place), id))
  assert.equal(manifest.finish().systemId, String(CLUSTER.systemIdentifier))
  assert.equal(expected.size, 0)
})

test('synthetic: a full backup needs none, one is enough, the unknown is refused', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await begin(repository)
  const world = new World('refused')
  const full = await world.take(place, repository, undefined)
  const second = await world.take(place, repository, full)
  await assert.rejects(synthesizeIn(place, repository, full), { code: 'SYNTHETIC_NEEDLESS' })
  await synthesizeIn(place, repository, second)
  await assert.rejects(synthesizeIn(place, repository, second), { code: 'SYNTHETIC_NEEDLESS' })
  const never = '20260101t000000z-0000000000000000'
  await assert.rejects(synthesizeIn(place, repository, never), { code: 'BACKUP_UNKNOWN' })
})

test('synthetic: what a required region lacks of it keeps it out of the catalogue', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await begin(repository)
  const world = new World('lacking')
  const full = await world.take(place, repository, undefined)
  const second = await world.take(place, repository, full)
  const lose = async (id: string): Promise<void> =>
    place.stores[1].delete(`backups/${id}/pack-00000000`)
  await assert.rejects(synthesizeIn(place, repository, second, lose), {
    code: 'SYNTHETIC_INCOMPLETE',
  })
  assert.equal((await repository.catalogue()).backups.length, 2)
  await synthesizeIn(place, repository, second)
})

test('synthetic: who begins another is not followed by the one before', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await begin(repository)
  const world = new World('twice')
  const full = await world.take(place, repository, undefined)
  const second = await world.take(place, repository, full)
  const { synthetic } = repository
  const other = async (): Promise<void> => void (await synthetic.begin(second))
  await assert.rejects(synthesizeIn(place, repository, second, other), {
    code: 'SYNTHETIC_UNKNOWN',
  })
})

async function begin(repository: Repository): Promise<void> {
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  await putWal(repository, [1000])
}

function entryOf({ chain }: RepositoryReader, wanted: string): BackupEntry {
  return chain.state.backups.find(({ id }) => id === wanted)!
}

function chainIds(reader: RepositoryReader, id: string): string[] {
  return chainOf(reader.chain.state.backups, entryOf(reader, id)).map((one) => one.id)
}

async function expectState(
  place: RepositoryInTime,
  id: string,
  expected: ReadonlyMap<string, Uint8Array> | undefined,
): Promise<void> {
  const reader = await openInTime(place)
  const chain = chainOf(reader.chain.state.backups, entryOf(reader, id))
  const { files } = await chainFiles(reader, chain)
  const found = new Map(files.map((file) => [file, new Uint8Array(file.size)]))
  for await (const { pieces, open } of openedPieces(reader, files)) {
    const chunk = await open()
    for (const { file, from, to, at } of pieces) {
      found.get(file as (typeof files)[number])?.set(chunk.subarray(from, to), at)
    }
  }
  assert.deepEqual(files.map(({ path }) => path).toSorted(), [...(expected?.keys() ?? [])].sort())
  for (const [{ path }, bytes] of found) {
    assert(Buffer.from(bytes).equals(expected?.get(path) ?? Buffer.of()), `${path} of ${id}`)
  }
}

/** A data directory that changes by itself, and is backed up as a server would tell of it. */
class World {
  readonly states = new Map<string, ReadonlyMap<string, Uint8Array>>()
  readonly #random: (size: number) => Uint8Array
  #files = new Map<string, Uint8Array>()
  /** Path → what has changed since each backup. */
  readonly #changed = new Map<string, Map<string, Changes>>()
  #names = 0

  constructor(seed: string) {
    this.#random = seededBytes(`world ${seed}`)
    for (let count = 0; count < 6; count++) this.#create()
    this.#files.set('global/pg_control', this.#blocks(1))
  }

  #below(limit: number): number {
    return Buffer.from(this.#random(4)).readUInt32BE() % limit
  }

  /** Each block says one thing over and over: hashing all would take seconds. */
  #blocks(count: number): Uint8Array {
    const each = Array.from({ length: count }, () => Buffer.alloc(BLOCK, this.#random(32)))
    return new Uint8Array(Buffer.concat(each))
  }

  #create(): void {
    this.#files.set(`base/${++this.#names}`, this.#blocks(this.#below(150)))
  }

  /** Blocks rewritten, tables cut short, grown, dropped and made. */
  #live(): void {
    for (const [path, bytes] of this.#files) {
      const fate = this.#below(8)
      if (path === 'global/pg_control') this.#rewrite(path, bytes, 1)
      else if (fate === 0) this.#files.delete(path)
      else if (fate === 1) this.#resize(path, bytes, this.#below(bytes.length / BLOCK + 1))
      else if (fate === 2) this.#resize(path, bytes, bytes.length / BLOCK + this.#below(40))
      else if (fate < 7) this.#rewrite(path, bytes, this.#below(20))
    }
    this.#create()
  }

  #rewrite(path: string, bytes: Uint8Array, count: number): void {
    const copy = bytes.slice()
    for (let one = 0; one < count && copy.length > 0; one++) {
      const block = this.#below(copy.length / BLOCK)
      copy.set(this.#blocks(1), block * BLOCK)
      for (const changes of this.#each(path)) changes.blocks.add(block)
    }
    this.#files.set(path, copy)
  }

  #resize(path: string, bytes: Uint8Array, blocks: number): void {
    const copy = new Uint8Array(blocks * BLOCK)
    copy.set(bytes.subarray(0, copy.length))
    const kept = Math.min(bytes.length / BLOCK, blocks)
    for (let block = kept; block < blocks; block++) {
      copy.set(this.#blocks(1), block * BLOCK)
      for (const changes of this.#each(path)) changes.blocks.add(block)
    }
    for (const changes of this.#each(path)) changes.limit = Math.min(changes.limit, kept)
    this.#files.set(path, copy)
  }

  *#each(path: string): Generator<Changes> {
    for (const since of this.#changed.values()) {
      const known = since.get(path)
      if (known) yield known
    }
  }

  async take(
    { clock }: RepositoryInTime,
    repository: Repository,
    parentId: string | undefined,
  ): Promise<string> {
    clock.forward(HOUR_MS)
    if (parentId !== undefined) this.#live()
    await repository.attach(CLUSTER)
    const startLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!.lsn
    const kind = parentId === undefined ? 'full' : 'differential'
    const base = parentId === undefined ? {} : { parentId }
    const writer = await repository.beginBackup({ kind, label: '', timeline: 1, startLsn, ...base })
    writer.directory('base', 0o700)
    for (const [path, bytes] of this.#files) {
      const changes = this.#changed.get(parentId ?? '')?.get(path)
      const blocks = changes
        ? [...changes.blocks].filter((block) => block < bytes.length / BLOCK).sort((a, b) => a - b)
        : undefined
      const size = blocks ? blocks.length * BLOCK : bytes.length
      writer.beginFile({ path, size, mode: 0o600, modifiedMs: 1000 })
      if (!changes || !blocks) {
        await writer.write(bytes)
        writer.endFile()
        continue
      }
      for (const block of blocks) {
        await writer.write(bytes.subarray(block * BLOCK, (block + 1) * BLOCK))
      }
      const inherits = Math.min(changes.limit * BLOCK, bytes.length)
      const ranges = blocks.map((block) => ({ at: block * BLOCK, length: BLOCK }))
      writer.endFile({ size: bytes.length, inherits, ranges })
    }
    await putWal(repository, [1000])
    const { lsn: endLsn } = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
    const end = { endLsn, endTimeline: 1, serverManifest: new Uint8Array(1), damagedPages: [] }
    const { id } = await writer.finish({ ...end, facts: {} })
    this.states.set(id, new Map(this.#files))
    const since = [...this.#files].map(([path, bytes]): [string, Changes] => [
      path,
      { blocks: new Set(), limit: bytes.length / BLOCK },
    ])
    this.#changed.set(id, new Map(since))
    return id
  }
}

type Changes = { readonly blocks: Set<number>; limit: number }
