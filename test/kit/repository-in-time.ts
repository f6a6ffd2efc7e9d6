/**
 * A small repository through days that pass at once.
 *
 * @module
 */
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import type { Repository } from '#services/backup/repository/repository.ts'
import { openReader, type RepositoryReader } from '#services/backup/repository/open-reader.ts'
import { readIdentity } from '#services/backup/repository/repository-keys.ts'
import { synthesize, type SynthesisReport } from '#services/backup/synthetic/synthesize.ts'
import { CLUSTER, keysOf, putWal, SEGMENT } from './repository.ts'

const HOUR_MS = 3_600_000
export const DAY_MS: number = 24 * HOUR_MS

export type RepositoryInTime = {
  keys: ReturnType<typeof keysOf>
  stores: readonly [MemoryStore, MemoryStore]
  clock: MovedClock
}

export type MovedClock = Clock & { readonly forward: (ms: number) => void }

/** Keys, two empty regions, and a clock that is moved by hand. It begins with the year 2026. */
export function repositoryInTime(): RepositoryInTime {
  let nowMs = Date.UTC(2026, 0, 1)
  const clock = {
    ...systemClock,
    nowMs: () => nowMs,
    forward: (ms: number) => void (nowMs += ms),
  }
  return { keys: keysOf('retention'), stores: [new MemoryStore(), new MemoryStore()], clock }
}

/**
 * A full backup a day and log every six hours; with `differences`, a differential backup there too.
 *
 * @returns Ids of the full backups.
 */
export async function days(
  repository: Repository,
  clock: MovedClock,
  count: number,
  differences = false,
): Promise<string[]> {
  await repository.attach(CLUSTER)
  const last = await repository.wal.lastPosition(CLUSTER.systemIdentifier)
  await repository.wal.begin(last ?? { timeline: 1, lsn: BigInt(SEGMENT) })
  await putWal(repository, [1000])
  const ids: string[] = []
  for (let day = 0; day < count; day++) {
    clock.forward(1) // no two keys of the log begin at once
    const id = await takeSmall(repository, undefined)
    ids.push(id)
    for (let quarter = 0; quarter < 4; quarter++) {
      clock.forward(DAY_MS / 4)
      await putWal(repository, [1000])
      if (differences && quarter < 3) await takeSmall(repository, id)
    }
  }
  return ids
}

/** A backup of one file; differential when it builds on another. */
async function takeSmall(repository: Repository, parentId: string | undefined): Promise<string> {
  await repository.attach(CLUSTER)
  const startLsn = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!.lsn
  const kind = parentId === undefined ? 'full' : 'differential'
  const base = parentId === undefined ? {} : { parentId }
  const start = { kind, label: '', timeline: 1, startLsn, ...base } as const
  const writer = await repository.beginBackup(start)
  writer.beginFile({ path: 'global/pg_control', size: 1, mode: 0o600, modifiedMs: 1 })
  await writer.write(new Uint8Array(1))
  writer.endFile()
  await putWal(repository, [1000])
  const { lsn: endLsn } = (await repository.wal.lastPosition(CLUSTER.systemIdentifier))!
  const end = { endLsn, endTimeline: 1, serverManifest: new Uint8Array(1), damagedPages: [] }
  return (await writer.finish({ ...end, facts: {} })).id
}

/** Reads it as the verifier does. */
export function openInTime({
  keys,
  stores,
}: Omit<RepositoryInTime, 'clock'>): Promise<RepositoryReader> {
  const regions = stores.map((store, at) => ({ name: `region-${at}`, store }))
  return openReader({ regions, identity: readIdentity(keys.verifierKey), root: keys.root })
}

/** Makes a synthetic full backup. @param beforeEnd Once all of it is stored. */
export function synthesizeIn(
  place: Omit<RepositoryInTime, 'clock'> & { readonly clock: Clock },
  { synthetic }: Repository,
  from: string,
  beforeEnd: (id: string) => Promise<void> = () => Promise.resolve(),
): Promise<SynthesisReport> {
  return synthesize({
    from,
    open: () => openInTime(place),
    regions: place.stores.map((store, at) => ({ name: `region-${at}`, store, required: true })),
    signer: {
      begin: (id) => synthetic.begin(id),
      packs: async (id, first, packs) => {
        synthetic.packs(id, first, packs)
        await beforeEnd(id)
      },
      finish: async (id, contents) => void (await synthetic.finish(id, contents)),
      abort: async (id) => Promise.resolve(synthetic.abort(id)),
    },
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    clock: place.clock,
    signal: new AbortController().signal,
  })
}
