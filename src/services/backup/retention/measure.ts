/**
 * What a stranger finds of retention: which moments can be restored, and what is still readable.
 *
 * Needs no secret. It believes the signed catalogue for what ought to be, and the regions' own
 * listings for what is.
 *
 * @module
 */
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { parseKeyObject, type KeyHeader } from '../repository/data-key.ts'
import { historyBytes, type BackupEntry } from '../repository/entries.ts'
import { KEYS_FOLDER, keyIdOf, manifestName, packName, parseWalName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import type { WalRange } from '../repository/repository.ts'
import { WalRanges } from '../repository/wal-listing.ts'
import { byEnd, Chains } from '../restore/choose.ts'
import { isOnPath, ownerOf, timelinePath, type PathPart } from '../restore/timelines.ts'

/** A stretch of time of which no moment can be restored. Milliseconds since the Unix epoch. */
export type Gap = { readonly fromMs: number; readonly toMs: number; readonly why: string }

/** A key that opens what is older than it may be. */
export type OldKey = {
  readonly region: string
  readonly key: string
  readonly bornMs: number
  /** Whether the first moment of the window cannot be restored without it. */
  readonly needed: boolean
}

export type RetentionMeasure = {
  /** From this moment on all must be restorable. */
  readonly promisedFromMs: number
  /** The moment from which nothing is given up, by order; undefined: no hold. */
  readonly heldFromMs: number | undefined
  readonly backups: number
  readonly gaps: readonly Gap[]
  readonly old: readonly OldKey[]
  /** Given up longer than the grace ago, and still there. */
  readonly undead: readonly { readonly region: string; readonly key: string }[]
  readonly receipts: number
  /** Destructions without a receipt though the grace is over. */
  readonly receiptsMissing: number
  readonly regions: readonly string[]
}

type Bounds = {
  readonly nowMs: number
  readonly retainMs: number
  /** So long after its time a thing may still be there. */
  readonly graceMs: number
}

type Birth = Pick<KeyHeader, 'purpose' | 'periodStartMs'>

/** Measures again and again; what never changes is read once. */
export class RetentionMeter {
  readonly #births = new Map<string, Birth>()

  /** @throws {FaultError} As the stores, when a required region does not answer. */
  async measure(
    reader: RepositoryReader,
    bounds: Bounds,
    required: ReadonlySet<string>,
  ): Promise<RetentionMeasure> {
    const { nowMs, retainMs, graceMs } = bounds
    const { backups, expiries, holds } = reader.chain.state
    const regions = await this.#look(reader, required)
    const restorable = new Restorable(reader, regions)
    const heldFromMs = [...holds.values()].map(({ fromMs }) => fromMs)
    const windowFromMs = Math.min(nowMs - retainMs, ...heldFromMs)
    const promisedFromMs = promisedFrom(reader, windowFromMs)
    const given = [...expiries.values()].filter(({ writtenMs }) => writtenMs < nowMs - graceMs)
    const givenKeys = new Set(given.flatMap(({ entry }) => entry.keys))
    const needed = restorable.keysFor(promisedFromMs)
    return {
      promisedFromMs,
      heldFromMs: heldFromMs.length > 0 ? Math.min(...heldFromMs) : undefined,
      backups: backups.length,
      gaps: restorable.gaps(promisedFromMs, nowMs),
      old: regions.flatMap(({ name, keys }) =>
        keys.flatMap(({ id, birth }) =>
          birth.periodStartMs < windowFromMs - graceMs
            ? [{ region: name, key: id, bornMs: birth.periodStartMs, needed: needed.has(id) }]
            : [],
        ),
      ),
      undead: regions.flatMap(({ name, keys }) =>
        keys.filter(({ id }) => givenKeys.has(id)).map(({ id }) => ({ region: name, key: id })),
      ),
      receipts: [...expiries.values()].filter(({ receipt }) => receipt !== undefined).length,
      receiptsMissing: given.filter(({ receipt }) => receipt === undefined).length,
      regions: regions.map(({ name }) => name),
    }
  }

  async #look(reader: RepositoryReader, required: ReadonlySet<string>): Promise<Seen[]> {
    const seen: Seen[] = []
    for (const { name, store } of reader.regions) {
      try {
        const objects = new Set<string>()
        const keys: Seen['keys'][number][] = []
        for await (const object of store.list('')) {
          objects.add(object.name)
          if (!object.name.startsWith(`${KEYS_FOLDER}/`)) continue
          const birth = await this.#birth(reader, store, object.name)
          if (birth) keys.push({ id: keyIdOf(object.name), birth })
        }
        seen.push({ name, objects, keys })
      } catch (error) {
        if (!(error instanceof FaultError) || required.has(name)) throw error
      }
    }
    return seen
  }

  /** Undefined for what is no key of this repository: it opens nothing. */
  async #birth(
    { root }: RepositoryReader,
    store: RepositoryReader['regions'][number]['store'],
    name: string,
  ): Promise<Birth | undefined> {
    const known = this.#births.get(name)
    if (known) return known
    try {
      const bytes = await store.get(name)
      root.checkSignature(name, bytes)
      const { purpose, periodStartMs } = parseKeyObject(name, bytes).header
      this.#births.set(name, { purpose, periodStartMs })
      return { purpose, periodStartMs }
    } catch (error) {
      if (error instanceof IntegrityError) return undefined
      throw error
    }
  }
}

type Seen = {
  readonly name: string
  readonly objects: ReadonlySet<string>
  readonly keys: readonly { readonly id: string; readonly birth: Birth }[]
}

/**
 * Retention's window; but not before what an earlier, shorter one gave up, and in a young
 * repository not before its first backup.
 */
function promisedFrom({ chain }: RepositoryReader, windowFromMs: number): number {
  const { backups, expiries } = chain.state
  const cuts = [...expiries.values()].filter((expiry) => expiry.backups > 0)
  const givenUpMs = Math.max(...cuts.map(({ entry }) => entry.windowFromMs))
  const firstMs = Math.min(...backups.map(({ finishedMs }) => finishedMs))
  return Math.max(windowFromMs, cuts.length > 0 ? givenUpMs : firstMs)
}

/** What can be restored from what the regions list. */
class Restorable {
  readonly #reader: RepositoryReader
  readonly #listed: ReadonlySet<string>
  readonly #keys: ReadonlySet<string>
  readonly #log: readonly WalRange[]
  readonly #ends: ReadonlyMap<number, Lsn>
  /** Oldest first. */
  readonly #bases: readonly BackupEntry[]
  readonly #chains: Chains

  constructor(reader: RepositoryReader, regions: readonly Seen[]) {
    this.#reader = reader
    this.#listed = new Set(regions.flatMap(({ objects }) => [...objects]))
    this.#keys = new Set(regions.flatMap(({ keys }) => keys.map(({ id }) => id)))
    const ranges = new WalRanges(reader.chain.state)
    for (const name of this.#listed) {
      const part = parseWalName(name)
      if (part) ranges.add(part)
    }
    this.#log = ranges.ranges
    this.#ends = new Map(
      this.#log.map(({ timeline }) => [timeline, ranges.lastOf(timeline)?.endLsn ?? 0n]),
    )
    this.#bases = reader.chain.state.backups.toSorted(byEnd)
    this.#chains = new Chains(this.#bases)
  }

  /** Key ids without which this moment cannot be restored. */
  keysFor(atMs: number): ReadonlySet<string> {
    const base = this.#bases.findLast(({ finishedMs }) => finishedMs <= atMs)
    return new Set(base ? this.#chain(base).map(({ key }) => key) : [])
  }

  /** From one backup to the next, each must be whole and the log between them without a hole. */
  gaps(fromMs: number, nowMs: number): Gap[] {
    const gaps: Gap[] = []
    const first = this.#bases.findLastIndex(({ finishedMs }) => finishedMs <= fromMs)
    const firstMs = this.#bases[0]?.finishedMs ?? nowMs
    if (first < 0 && fromMs < firstMs) {
      gaps.push({ fromMs, toMs: firstMs, why: 'no backup is old enough' })
    }
    let usable: BackupEntry | undefined
    for (let at = Math.max(first, 0); at < this.#bases.length; at++) {
      const base = this.#bases[at] as BackupEntry
      const next = this.#bases[at + 1]
      const missing = this.#missing(base)
      // A backup that is not whole is made up for by the one before it and the log.
      if (missing === undefined || !usable) usable = missing === undefined ? base : undefined
      const hole = usable ? this.#hole(usable, next) : undefined
      const why = usable ? hole : `${missing} is missing`
      if (why === undefined) continue
      const begin = Math.max(base.finishedMs, fromMs)
      gaps.push({ fromMs: begin, toMs: next?.finishedMs ?? nowMs, why })
    }
    return gaps
  }

  #chain(base: BackupEntry): readonly BackupEntry[] {
    try {
      return this.#chains.of(base)
    } catch (error) {
      if (error instanceof IntegrityError) return []
      throw error
    }
  }

  #missing(base: BackupEntry): string | undefined {
    const chain = this.#chain(base)
    if (chain.length === 0) return `what ${base.id} builds on`
    for (const { id, packs, key } of chain) {
      if (!this.#keys.has(key)) return `the key ${key} of ${id}`
      const names = [manifestName(id), ...packs.map((_, number) => packName(id, number))]
      const name = names.find((object) => !this.#listed.has(object))
      if (name !== undefined) return name
    }
    return undefined
  }

  /** The log from a backup to the end of the next one, or to where the log ends. */
  #hole(base: BackupEntry, next: BackupEntry | undefined): string | undefined {
    const after = next ?? this.#newestRun()
    const path = this.#path(after?.endTimeline ?? base.endTimeline)
    const follows = path && isOnPath(path, base.endTimeline, base.endLsn)
    const own = follows ? path : this.#path(base.endTimeline)
    if (!own) return `the history of timeline ${base.endTimeline} is missing`
    const end = follows && after ? after.endLsn : (this.#ends.get(base.endTimeline) ?? base.endLsn)
    const reached = this.#reach(own, base.startLsn, end)
    return reached < end ? `the log ends at ${formatLsn(reached)} and goes on later` : undefined
  }

  #newestRun(): { readonly endTimeline: number; readonly endLsn: Lsn } | undefined {
    const { runs, runEnds } = this.#reader.chain.state
    const last = runs.at(-1)?.entry
    if (!last) return undefined
    return { endTimeline: last.timeline, endLsn: runEnds.get(last.run)?.endLsn ?? last.startLsn }
  }

  #path(timeline: number): PathPart[] | undefined {
    const history = this.#reader.chain.state.histories.get(timeline)
    if (!history && timeline !== 1) return undefined
    return timelinePath(timeline, history && historyBytes(history))
  }

  /** How far the log goes without a hole along a path. */
  #reach(path: readonly PathPart[], from: Lsn, to: Lsn): Lsn {
    const timelines = new Map(path.map((part) => [part.timeline, part]))
    for (let at = from; ;) {
      const owner = ownerOf(path, at).timeline
      const ends = this.#log
        .filter(({ timeline }) => timeline >= owner && timelines.has(timeline))
        .filter(({ startLsn, endLsn }) => startLsn <= at && at < endLsn)
        .map(({ timeline, endLsn }) => earlier(endLsn, timelines.get(timeline)?.endLsn ?? endLsn))
      const furthest = ends.reduce((a, b) => (b > a ? b : a), at)
      if (furthest >= to || furthest === at) return furthest
      at = furthest
    }
  }
}

function earlier(a: Lsn, b: Lsn): Lsn {
  return a < b ? a : b
}
