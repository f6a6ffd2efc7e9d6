/**
 * Destroys what retention gives up: keys first, then objects, in every region, then the receipt.
 *
 * Two entries of the catalogue enclose it. `expired` comes before: from then on nobody counts on
 * what it names. `destroyed`, the receipt, comes after, and only when every region has answered;
 * until then it is tried again.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { FaultError } from '#lib/errors.ts'
import type { CatalogueChain } from '../repository/chain.ts'
import { parseKeyObject } from '../repository/data-key.ts'
import type { BackupEntry, CatalogueEntry, ExpiredEntry, RunEnd } from '../repository/entries.ts'
import { BACKUPS_FOLDER, KEYS_FOLDER, walName, type WalName } from '../repository/names.ts'
import type { Region, Regions } from '../repository/regions.ts'
import type { RepositoryRoot } from '../repository/root.ts'
import { listWal } from '../repository/wal-listing.ts'
import { parseWalPart, type ReadWalPart } from '../repository/wal-part.ts'
import { isLogNeeded, planRetention, type RetentionPlan } from './plan.ts'

export type RetentionPorts = {
  readonly regions: Regions
  readonly root: RepositoryRoot
  readonly chain: CatalogueChain
  readonly nowMs: number
  readonly enter: (entry: CatalogueEntry) => Promise<Uint8Array>
}

export type RetentionReport = {
  readonly windowFromMs: number
  /** Ids of the backups that are kept no longer. */
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

const LOG_PERIOD_MS = 3_600_000
/** One entry names at most this much; the rest follows in the next run. */
const PARTS_MAX = 100_000

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
  const { backups, runs, histories } = chain.state
  const plan = planRetention({
    nowMs,
    retainMs,
    backups,
    runs: runs.map(({ entry, writtenMs }) => ({ timeline: entry.timeline, writtenMs })),
    histories,
  })
  const found = await findExpired(ports, plan)
  const entry: ExpiredEntry = {
    type: 'expired',
    windowFromMs: plan.windowFromMs,
    retainMs,
    backups: plan.expired.map(({ id }) => id),
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

type Expired = {
  readonly keys: readonly string[]
  readonly log: readonly RunEnd[]
  readonly parts: number
}

async function findExpired(ports: RetentionPorts, plan: RetentionPlan): Promise<Expired> {
  const source = ports.regions.required[0]
  if (!source || plan.logStarts.length === 0) return { keys: [], log: [], parts: 0 }
  const keys = new Set(plan.expired.map(({ key }) => key))
  const keysInUse = new Set<string>()
  const lastGone = new Map<string, WalName>()
  const { runs, runEnds } = ports.chain.state
  const lastRun = runs.at(-1)?.entry.run
  const keptTo = (runEnds.get(lastRun ?? '')?.endLsn ?? 0n) - 1n
  const keptRuns = new Set<string>()
  let parts = 0
  for await (const part of listWal(source.place.store)) {
    const last = part.run === lastRun && part.endLsn > keptTo // where the log goes on
    if (last || isLogNeeded(part, plan.logStarts) || parts >= PARTS_MAX) {
      // Within a run the keys follow each other: the first part that stays has the oldest.
      if (keptRuns.has(part.run)) continue
      keptRuns.add(part.run)
      keysInUse.add(toHex((await readPart(ports, source, part)).keyId))
      continue
    }
    parts++
    const before = lastGone.get(part.run)
    if (!before || before.endLsn < part.endLsn) lastGone.set(part.run, part)
  }
  const log: RunEnd[] = []
  for (const part of lastGone.values()) {
    const { run, endLsn, link } = await readPart(ports, source, part)
    log.push({ run, endLsn, link: toHex(link) })
  }
  for (const key of await oldLogKeys(ports, source, plan, keysInUse)) keys.add(key)
  return { keys: [...keys], log, parts }
}

async function readPart(
  { root }: RetentionPorts,
  { place }: Region,
  part: WalName,
): Promise<ReadWalPart> {
  const name = walName(part)
  const bytes = await place.store.get(name)
  root.checkSignature(name, bytes)
  return parseWalPart(name, bytes)
}

/** Keys of hours of which no part stays: older than the oldest hour that is in use. */
async function oldLogKeys(
  { root }: RetentionPorts,
  { place }: Region,
  plan: RetentionPlan,
  keysInUse: ReadonlySet<string>,
): Promise<string[]> {
  const periods = new Map<string, number>()
  for await (const { name } of place.store.list(KEYS_FOLDER)) {
    const bytes = await place.store.get(name)
    root.checkSignature(name, bytes)
    const { header } = parseKeyObject(name, bytes)
    if (header.purpose === 'wal') periods.set(toHex(header.keyId), header.periodStartMs)
  }
  const used = [...periods].filter(([key]) => keysInUse.has(key)).map(([, period]) => period)
  const oldestUsed = Math.min(...used)
  return [...periods]
    .filter(([key, period]) => !keysInUse.has(key) && period < oldestUsed)
    .filter(([, period]) => period + LOG_PERIOD_MS <= plan.windowFromMs)
    .map(([key]) => key)
}

/** Deletes what was given up and has no receipt yet. */
async function settle(
  ports: RetentionPorts,
): Promise<Pick<RetentionReport, 'objects' | 'receipts' | 'waitingFor'>> {
  const { chain, regions } = ports
  const pending = [...chain.state.expiries].filter(([, { receipt }]) => receipt === undefined)
  const waitingFor = new Set<string>()
  let total = 0
  let receipts = 0
  for (const [sequence, { entry, backups }] of pending) {
    const deleted = new Set<string>()
    for (const region of regions.all) {
      try {
        await deleteIn(region, entry, backups, deleted)
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
  backups: readonly BackupEntry[],
  deleted: Set<string>,
): Promise<void> {
  const doomed: string[] = []
  const keys = new Set(entry.keys)
  for await (const { name } of store.list(KEYS_FOLDER)) {
    if (keys.has(name.slice(KEYS_FOLDER.length + 1, KEYS_FOLDER.length + 33))) doomed.push(name)
  }
  for (const { id } of backups) {
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
