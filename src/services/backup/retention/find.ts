/**
 * What a plan gives up, by name: keys, the beginnings of runs of the log, left-overs.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import { FaultError } from '#lib/errors.ts'
import { parseKeyObject, type KeyHeader } from '../repository/data-key.ts'
import type { RunEnd } from '../repository/entries.ts'
import {
  BACKUPS_FOLDER,
  keyIdOf,
  KEYS_FOLDER,
  startOfBackup,
  walName,
  type WalName,
} from '../repository/names.ts'
import type { Region } from '../repository/regions.ts'
import { listWal } from '../repository/wal-listing.ts'
import { parseWalPart, type ReadWalPart } from '../repository/wal-part.ts'
import type { RetentionPorts } from './destroy.ts'
import { isLogNeeded, type LogStart, type RetentionPlan } from './plan.ts'

/** What one run leaves to the next, so that it need not look at everything again. */
export type RetentionMemory = {
  /** Key id, hex → what the key is for. A key object never changes. */
  readonly keys: Map<string, Pick<KeyHeader, 'purpose' | 'periodStartMs'>>
  /** Where the log had to begin when it was last looked through. */
  logStarts: string | undefined
  /** Of the oldest key whose log was given up before its time came: its time is this. */
  earlyKeyMs: number
  leftOversAtMs: number
}

export function emptyRetentionMemory(): RetentionMemory {
  return { keys: new Map(), logStarts: undefined, earlyKeyMs: Infinity, leftOversAtMs: -Infinity }
}

export type Expired = {
  readonly backups: readonly string[]
  readonly keys: readonly string[]
  readonly log: readonly RunEnd[]
  readonly parts: number
}

/** One entry names at most this much; the rest follows in the next run. */
const PARTS_MAX = 100_000
const HOUR_MS = 3_600_000
/** What was broken off so long ago is not on its way any more. */
const LEFT_OVER_MS = 24 * HOUR_MS

/**
 * @param dryRun Looks at everything, and remembers nothing of it: none of it will be given up.
 * @throws {FaultError} As the stores, when the first required region does not answer.
 */
export async function findExpired(
  ports: RetentionPorts,
  plan: RetentionPlan,
  dryRun: boolean,
): Promise<Expired> {
  const { memory, nowMs } = ports
  const backups = new Set(plan.expired.map(({ id }) => id))
  const keys = new Set(plan.expired.map(({ key }) => key))
  let log: readonly RunEnd[] = []
  let parts = 0
  const logStarts = inWords(plan.logStarts)
  // The log before the first backup goes at once, and its key when the window has come past it.
  const changed = memory.logStarts !== logStarts || memory.earlyKeyMs < plan.windowFromMs
  if (plan.logStarts.length > 0 && (dryRun || changed)) {
    const found = await expiredLog(ports, plan)
    log = found.log
    parts = found.parts
    for (const key of found.keys) keys.add(key)
    if (!dryRun) memory.logStarts = parts < PARTS_MAX ? logStarts : undefined
    if (!dryRun) memory.earlyKeyMs = found.earlyKeyMs
  }
  if (dryRun || nowMs - memory.leftOversAtMs >= HOUR_MS) {
    if (!dryRun) memory.leftOversAtMs = nowMs
    const left = await leftOvers(ports)
    for (const id of left.backups) backups.add(id)
    for (const key of left.keys) keys.add(key)
  }
  return { backups: [...backups], keys: [...keys], log, parts }
}

/** The first position on each timeline; what lies before it is needed by none. */
function inWords(logStarts: readonly LogStart[]): string {
  const first = new Map<number, bigint>()
  for (const { timeline, startLsn } of logStarts) {
    const known = first.get(timeline)
    if (known === undefined || startLsn < known) first.set(timeline, startLsn)
  }
  return [...first].toSorted(([a], [b]) => a - b).join(' ')
}

async function expiredLog(
  ports: RetentionPorts,
  plan: RetentionPlan,
): Promise<Pick<Expired, 'keys' | 'log' | 'parts'> & Pick<RetentionMemory, 'earlyKeyMs'>> {
  const source = ports.regions.required[0]
  if (!source) return { keys: [], log: [], parts: 0, earlyKeyMs: Infinity }
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
  const old = await oldLogKeys(ports, source, keysInUse)
  const due = old.filter(({ periodStartMs }) => periodStartMs < plan.windowFromMs)
  const early = old.filter(({ periodStartMs }) => periodStartMs >= plan.windowFromMs)
  const earlyKeyMs = Math.min(...early.map(({ periodStartMs }) => periodStartMs))
  return { keys: due.map(({ key }) => key), log, parts, earlyKeyMs }
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

/** Keys under which no part stays: older than the oldest that is in use. */
async function oldLogKeys(
  ports: RetentionPorts,
  source: Region,
  keysInUse: ReadonlySet<string>,
): Promise<{ readonly key: string; readonly periodStartMs: number }[]> {
  const headers = (await keyHeaders(ports, source)).filter(([, { purpose }]) => purpose === 'wal')
  const used = headers.filter(([key]) => keysInUse.has(key))
  const oldestUsed = Math.min(...used.map(([, { periodStartMs }]) => periodStartMs))
  return headers
    .filter(([key, { periodStartMs }]) => !keysInUse.has(key) && periodStartMs < oldestUsed)
    .map(([key, { periodStartMs }]) => ({ key, periodStartMs }))
}

/** What the keys of a region are for; each is read once. */
async function keyHeaders(
  { root, memory }: RetentionPorts,
  { place }: Region,
): Promise<[string, Pick<KeyHeader, 'purpose' | 'periodStartMs'>][]> {
  const there = new Set<string>()
  for await (const { name } of place.store.list(KEYS_FOLDER)) {
    const id = keyIdOf(name)
    there.add(id)
    if (memory.keys.has(id)) continue
    const bytes = await place.store.get(name)
    root.checkSignature(name, bytes)
    const { purpose, periodStartMs } = parseKeyObject(name, bytes).header
    memory.keys.set(id, { purpose, periodStartMs })
  }
  for (const id of memory.keys.keys()) if (!there.has(id)) memory.keys.delete(id)
  return [...memory.keys]
}

/** Of backups that were broken off, in any region: what they stored, and their keys. */
async function leftOvers(ports: RetentionPorts): Promise<Pick<Expired, 'backups' | 'keys'>> {
  const { chain, regions, underWay, nowMs } = ports
  const { backups, expiries } = chain.state
  const given = [...expiries.values()].map(({ entry }) => entry)
  const known = new Set([
    ...backups.map(({ id }) => id),
    ...given.flatMap((entry) => entry.backups),
    ...underWay.keys(),
  ])
  const knownKeys = new Set([
    ...backups.map(({ key }) => key),
    ...given.flatMap((entry) => entry.keys),
    ...underWay.values(),
  ])
  const found = { backups: new Set<string>(), keys: new Set<string>() }
  for (const region of regions.all) {
    try {
      for await (const { name } of region.place.store.list(BACKUPS_FOLDER)) {
        const [, id = ''] = name.split('/')
        const old = nowMs - startOfBackup(id) > LEFT_OVER_MS
        if (old && !known.has(id)) found.backups.add(id)
      }
      for (const [key, { purpose, periodStartMs }] of await keyHeaders(ports, region)) {
        const old = purpose === 'backup' && nowMs - periodStartMs > LEFT_OVER_MS
        if (old && !knownKeys.has(key)) found.keys.add(key)
      }
    } catch (error) {
      if (!(error instanceof FaultError)) throw error // looked at again in an hour
    }
  }
  return { backups: [...found.backups], keys: [...found.keys] }
}
