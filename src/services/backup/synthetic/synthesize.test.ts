/**
 * Synthetic full backups of small repositories: whatever changed, they hold the state they were
 * made from, need no older key, and later differences build on them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackedUpWorld, beginWorld } from '#kit/backed-up-world.ts'
import { CLUSTER, openSmall } from '#kit/repository.ts'
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
import { readServerManifest } from '../repository/server-manifest.ts'
import { verifyRepository } from '../repository/verify.ts'
import { chainOf } from '../restore/choose.ts'
import { chainFiles } from '../restore/file-plan.ts'
import { openedPieces } from '../restore/opened-pieces.ts'
import { packsOf } from '../restore/pack-source.ts'

const HOUR_MS = 3_600_000

test('synthetic: holds the state it was made from, and outlives the keys of that', async () => {
  for (const seed of ['1', '2', '3']) {
    const place = repositoryInTime()
    await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
    await beginWorld(repository)
    const world = new BackedUpWorld(seed)
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
  await beginWorld(repository)
  const world = new BackedUpWorld('list')
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
  await beginWorld(repository)
  const world = new BackedUpWorld('refused')
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
  await beginWorld(repository)
  const world = new BackedUpWorld('lacking')
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
  await beginWorld(repository)
  const world = new BackedUpWorld('twice')
  const full = await world.take(place, repository, undefined)
  const second = await world.take(place, repository, full)
  const { synthetic } = repository
  const other = async (): Promise<void> => void (await synthetic.begin(second))
  await assert.rejects(synthesizeIn(place, repository, second, other), {
    code: 'SYNTHETIC_UNKNOWN',
  })
})

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
  for await (const { pieces, open } of openedPieces(packsOf(reader), files)) {
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
