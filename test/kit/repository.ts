/**
 * A small backup repository in memory: two regions, one backup, a little log.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { MemoryStore } from '#storage/memory-store.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import { systemClock } from '#system/clock.ts'
import { openRepository, type OpenOptions } from '#services/backup/repository/open-repository.ts'
import {
  createRepositoryKeys,
  readCatalogueKey,
  type RepositoryKeys,
} from '#services/backup/repository/repository-keys.ts'
import type { ClusterIdentity, Repository } from '#services/backup/repository/repository.ts'

export const SEGMENT: number = 1024 * 1024
export const CLUSTER: ClusterIdentity = {
  systemIdentifier: 0x1234_5678_9abc_def0n,
  pgMajor: 18,
  walSegmentSize: SEGMENT,
  blockSize: 8192,
}

/** Bytes that look random and are the same for the same seed. */
export function seededBytes(seed: string): (size: number) => Uint8Array {
  let count = 0
  return (size) => {
    const blocks: Buffer[] = []
    for (let have = 0; have < size; have += 32) {
      blocks.push(createHash('sha256').update(`${seed} ${count++}`).digest())
    }
    return new Uint8Array(Buffer.concat(blocks).subarray(0, size))
  }
}

export function keysOf(seed: string): RepositoryKeys {
  return createRepositoryKeys({ random: seededBytes(`${seed} keys`), nowMs: 1_000_000 })
}

export function openSmall(
  keys: RepositoryKeys,
  stores: readonly ObjectStore[],
  more: Partial<OpenOptions> = {},
): Promise<Repository> {
  return openRepository({
    regions: stores.map((store, at) => ({ name: `region-${at}`, store, required: true })),
    root: keys.root,
    catalogueKey: readCatalogueKey(keys.catalogueKey),
    clock: systemClock,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    ...more,
  })
}

/** Puts WAL from where the log ends; the content follows from its position alone. */
export async function putWal(repository: Repository, sizes: readonly number[]): Promise<void> {
  for (const size of sizes) {
    const at = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
    const { timeline, lsn: startLsn } = at ?? { timeline: 1, lsn: BigInt(SEGMENT) }
    await repository.wal.put({ timeline, startLsn, bytes: walAt(startLsn, size) })
  }
}

export function walAt(lsn: bigint, size: number): Uint8Array {
  const first = Number(lsn % 251n)
  const period = PERIOD.map((_, at) => (first + at) % 251)
  return new Uint8Array(Buffer.alloc(size, period))
}

const PERIOD = new Uint8Array(251)

export type SmallRepository = {
  readonly keys: RepositoryKeys
  readonly stores: readonly [MemoryStore, MemoryStore]
  /** Path → content of the backup's files. */
  readonly files: ReadonlyMap<string, Uint8Array>
}

/** A finished repository, closed. */
export async function smallRepository(seed: string): Promise<SmallRepository> {
  const keys = keysOf(seed)
  const stores = [new MemoryStore(), new MemoryStore()] as const
  const files = new Map<string, Uint8Array>()
  await using repository = await openSmall(keys, stores)
  await repository.attach(CLUSTER)
  await repository.wal.begin({ timeline: 1, lsn: BigInt(SEGMENT) })
  await putWal(repository, [500, 20_000])
  const startLsn = BigInt(SEGMENT) + 100n
  const writer = await repository.beginBackup({ kind: 'full', label: seed, timeline: 1, startLsn })
  writer.directory('base', 0o700)
  const random = seededBytes(`${seed} files`)
  for (const [path, size] of [
    ['base/1', 1_300_000],
    ['base/empty', 0],
    ['base/2', 5],
    ['global/pg_control', 8192],
  ] as const) {
    const bytes = path === 'base/1' ? new Uint8Array(size).fill(7) : random(size)
    files.set(path, bytes)
    writer.beginFile({ path, size, mode: 0o600, modifiedMs: 1 })
    await writer.write(bytes)
    writer.endFile()
  }
  await putWal(repository, [900_000, 300_000])
  const { lsn } = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
  await writer.finish({
    endLsn: lsn,
    endTimeline: 1,
    serverManifest: new TextEncoder().encode('{"manifest": 1}\n'),
    damagedPages: [],
    facts: { rows: 3 },
  })
  await putWal(repository, [1000, 2000])
  return { keys, stores, files }
}
