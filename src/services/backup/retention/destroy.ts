/**
 * Destroys what retention gives up: keys first, then objects, in every region, then the receipt.
 *
 * Two entries of the catalogue enclose it. `expired` comes before: from then on nobody counts on
 * what it names. `destroyed`, the receipt, comes after, and only when every region has answered;
 * until then it is tried again.
 *
 * @module
 */
import { FaultError } from '#lib/errors.ts'
import type { CatalogueChain } from '../repository/chain.ts'
import type { CatalogueEntry, ExpiredEntry } from '../repository/entries.ts'
import { BACKUPS_FOLDER, keyIdOf, KEYS_FOLDER, walName } from '../repository/names.ts'
import type { Region, Regions } from '../repository/regions.ts'
import type { RepositoryRoot } from '../repository/root.ts'
import { listWal } from '../repository/wal-listing.ts'
import { findExpired, type RetentionMemory } from './find.ts'
import { planRetention } from './plan.ts'

export type RetentionPorts = {
  readonly regions: Regions
  readonly root: RepositoryRoot
  readonly chain: CatalogueChain
  readonly nowMs: number
  readonly enter: (entry: CatalogueEntry) => Promise<Uint8Array>
  readonly memory: RetentionMemory
  /** Backups being written: id → key id, hex. */
  readonly underWay: ReadonlyMap<string, string>
}

export type RetentionReport = {
  readonly windowFromMs: number
  /** Ids of the backups that are kept no longer, those that were broken off among them. */
  readonly backups: readonly string[]
  readonly keys: number
  readonly logParts: number
  /** Objects deleted in all regions by this run, each counted once. */
  readonly objects: number
  /** Receipts written. */
  readonly receipts: number
  /** Regions that did not answer: what they hold is destroyed when they are back. */
  readonly waitingFor: readonly string[]
}

/**
 * @param retainMs How far back every second stays restorable.
 * @throws {FaultError} As the stores, when the first required region does not answer.
 */
export async function destroyExpired(
  ports: RetentionPorts,
  retainMs: number,
  dryRun: boolean,
): Promise<RetentionReport> {
  const { chain, nowMs } = ports
  const { backups, runs, histories, holds } = chain.state
  const plan = planRetention({
    nowMs,
    retainMs,
    backups,
    runs: runs.map(({ entry, writtenMs }) => ({ timeline: entry.timeline, writtenMs })),
    histories,
    heldFromMs: [...holds.values()].map(({ fromMs }) => fromMs),
  })
  const found = await findExpired(ports, plan, dryRun)
  const entry: ExpiredEntry = {
    type: 'expired',
    windowFromMs: plan.windowFromMs,
    retainMs,
    backups: found.backups,
    keys: found.keys,
    log: found.log,
  }
  const anything = entry.backups.length + entry.keys.length + entry.log.length > 0
  if (!dryRun && anything) await ports.enter(entry)
  const done = dryRun ? nothingDone : await settle(ports)
  return {
    windowFromMs: plan.windowFromMs,
    backups: entry.backups,
    keys: entry.keys.length,
    logParts: found.parts,
    ...done,
  }
}

const nothingDone = { objects: 0, receipts: 0, waitingFor: [] as readonly string[] }

/** Deletes what was given up and has no receipt yet. */
export async function settle(
  ports: RetentionPorts,
): Promise<Pick<RetentionReport, 'objects' | 'receipts' | 'waitingFor'>> {
  const { chain, regions } = ports
  const pending = [...chain.state.expiries].filter(([, { receipt }]) => receipt === undefined)
  const waitingFor = new Set<string>()
  let total = 0
  let receipts = 0
  for (const [sequence, { entry }] of pending) {
    const deleted = new Set<string>()
    for (const region of regions.all) {
      try {
        await deleteIn(region, entry, deleted)
      } catch (error) {
        if (!(error instanceof FaultError)) throw error
        waitingFor.add(region.place.name)
      }
    }
    total += deleted.size
    if (waitingFor.size > 0) continue
    const names = regions.all.map(({ place }) => place.name)
    await ports.enter({
      type: 'destroyed',
      expired: sequence,
      regions: names,
      objects: deleted.size,
      keys: entry.keys.length,
    })
    receipts++
  }
  return { objects: total, receipts, waitingFor: [...waitingFor] }
}

/** Keys first: from then on the rest is noise. */
async function deleteIn(
  { place: { store } }: Region,
  entry: ExpiredEntry,
  deleted: Set<string>,
): Promise<void> {
  const doomed: string[] = []
  const keys = new Set(entry.keys)
  for await (const { name } of store.list(KEYS_FOLDER)) {
    if (keys.has(keyIdOf(name))) doomed.push(name)
  }
  for (const id of entry.backups) {
    for await (const { name } of store.list(`${BACKUPS_FOLDER}/${id}`)) doomed.push(name)
  }
  const ends = new Map(entry.log.map(({ run, endLsn }) => [run, endLsn]))
  for await (const part of listWal(store)) {
    if (part.endLsn <= (ends.get(part.run) ?? 0n)) doomed.push(walName(part))
  }
  for (const name of doomed) {
    await store.delete(name)
    deleted.add(name)
  }
}
