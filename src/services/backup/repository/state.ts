/**
 * What the entries of a catalogue add up to, and how that is written down as one of them.
 *
 * Source: docs/formats/repository.md §4.
 *
 * @module
 */
import { toHex } from '#lib/byte-fields.ts'
import {
  digestFromHex,
  NOTHING_LEFT,
  type BackupEntry,
  type CatalogueEntry,
  type ClusterEntry,
  type DestroyedEntry,
  type ExpiredEntry,
  type FoldEntry,
  type HeldFrom,
  type HistoryEntry,
  type RunEnd,
  type RunEntry,
} from './entries.ts'

/** All that the entries say. */
export type CatalogueState = {
  readonly cluster: ClusterEntry | undefined
  readonly backups: readonly BackupEntry[]
  readonly runs: readonly BegunRun[]
  /** Run → how far it is known to have come. */
  readonly runEnds: ReadonlyMap<string, RunEnd>
  /** Timeline → its newest history file. */
  readonly histories: ReadonlyMap<number, HistoryEntry>
  /** Run → where what is kept of it begins, when its beginning was destroyed. */
  readonly logStarts: ReadonlyMap<string, RunEnd>
  /** By sequence: what was given up, and the receipt once it is destroyed. */
  readonly expiries: ReadonlyMap<number, Expiry>
  /** Destructions so long ago that only their number is known. */
  readonly destroyed: number
  /** By id: those that were not released. */
  readonly holds: ReadonlyMap<string, HeldFrom>
  /** For whom data keys are wrapped, hex; undefined: for those of the root. */
  readonly recipients: readonly string[] | undefined
}

export type BegunRun = {
  readonly entry: RunEntry
  readonly digest: Uint8Array
  readonly writtenMs: number
}

export type Expiry = {
  readonly entry: ExpiredEntry
  readonly writtenMs: number
  /** How many of its backups were in the catalogue. */
  readonly backups: number
  readonly receipt: DestroyedEntry | undefined
}

/** Where an entry stands. */
export type Place = {
  readonly sequence: number
  readonly writtenMs: number
  readonly digest: Uint8Array
}

/** So long a fold tells of a destruction that is over. */
const RECEIPTS_KEPT_MS = 30 * 24 * 3_600_000

export class FoldedState implements CatalogueState {
  cluster: ClusterEntry | undefined
  runs: readonly BegunRun[] = []
  destroyed = 0
  recipients: readonly string[] | undefined
  readonly runEnds: Map<string, RunEnd> = new Map()
  readonly histories: Map<number, HistoryEntry> = new Map()
  readonly logStarts: Map<string, RunEnd> = new Map()
  readonly expiries: Map<number, Expiry> = new Map()
  readonly holds: Map<string, HeldFrom> = new Map()
  /** By sequence, oldest first. */
  readonly #backups = new Map<number, BackupEntry>()
  #sorted: readonly BackupEntry[] | undefined

  /** What a fold says; the entries that it names come by `keep`. */
  static from(fold: FoldEntry): FoldedState {
    const state = new FoldedState()
    state.cluster = fold.cluster ? { type: 'cluster', ...fold.cluster } : undefined
    state.runs = fold.runs.map(({ entry, digest, writtenMs }) => ({
      entry: { type: 'run', ...entry },
      digest: digestFromHex(digest),
      writtenMs,
    }))
    for (const end of fold.runEnds) state.runEnds.set(end.run, end)
    for (const start of fold.logStarts) state.logStarts.set(start.run, start)
    for (const one of fold.histories) state.histories.set(one.timeline, { type: 'history', ...one })
    for (const { sequence, writtenMs, backups, entry, receipt } of fold.expiries) {
      state.expiries.set(sequence, {
        entry: { type: 'expired', ...entry },
        writtenMs,
        backups,
        receipt: receipt ? { type: 'destroyed', ...receipt } : undefined,
      })
    }
    state.destroyed = fold.destroyed
    state.recipients = fold.recipients ?? undefined
    for (const hold of fold.holds) state.holds.set(hold.id, hold)
    return state
  }

  clone(): FoldedState {
    const copy = new FoldedState()
    copy.cluster = this.cluster
    copy.runs = this.runs
    copy.destroyed = this.destroyed
    copy.recipients = this.recipients
    for (const [key, value] of this.runEnds) copy.runEnds.set(key, value)
    for (const [key, value] of this.histories) copy.histories.set(key, value)
    for (const [key, value] of this.logStarts) copy.logStarts.set(key, value)
    for (const [key, value] of this.expiries) copy.expiries.set(key, value)
    for (const [key, value] of this.holds) copy.holds.set(key, value)
    for (const [key, value] of this.#backups) copy.#backups.set(key, value)
    return copy
  }

  /** Oldest first. */
  get backups(): readonly BackupEntry[] {
    this.#sorted ??= [...this.#backups].toSorted(([a], [b]) => a - b).map(([, entry]) => entry)
    return this.#sorted
  }

  keep(entry: BackupEntry, sequence: number): void {
    this.#backups.set(sequence, entry)
    this.#sorted = undefined
  }

  add(entry: CatalogueEntry, { sequence, writtenMs, digest }: Place): void {
    switch (entry.type) {
      case 'cluster':
        this.cluster ??= entry
        break
      case 'run':
        if (entry.previous) this.runEnds.set(entry.previous.run, entry.previous)
        this.runs = [...this.runs, { entry, digest, writtenMs }]
        break
      case 'mark':
        this.runEnds.set(entry.run, { run: entry.run, endLsn: entry.endLsn, link: entry.link })
        break
      case 'history':
        this.histories.set(entry.timeline, entry)
        break
      case 'backup':
        this.keep(entry, sequence)
        break
      case 'expired':
        this.#expire(entry, writtenMs, sequence)
        break
      case 'destroyed': {
        const expiry = this.expiries.get(entry.expired)
        if (expiry) this.expiries.set(entry.expired, { ...expiry, receipt: entry })
        break
      }
      case 'hold': {
        const { id, fromMs, reason } = entry
        this.holds.set(id, { id, fromMs, reason, writtenMs })
        break
      }
      case 'release':
        this.holds.delete(entry.id)
        break
      case 'recipients':
        this.recipients = entry.keys
        break
      case 'fold': // says nothing new
        break
    }
  }

  #expire(entry: ExpiredEntry, writtenMs: number, sequence: number): void {
    const gone = new Set(entry.backups)
    const before = this.#backups.size
    for (const [at, { id }] of this.#backups) if (gone.has(id)) this.#backups.delete(at)
    this.#sorted = undefined
    for (const start of entry.log) this.logStarts.set(start.run, start)
    if (entry.branch) this.#leave(new Set(entry.branch.timelines))
    const backups = before - this.#backups.size
    this.expiries.set(sequence, { entry, writtenMs, backups, receipt: undefined })
  }

  /** Its number may be another branch's from now on. */
  #leave(timelines: ReadonlySet<number>): void {
    const left = this.runs.filter(({ entry }) => timelines.has(entry.timeline))
    this.runs = this.runs.filter((run) => !left.includes(run))
    for (const { entry } of left) this.runEnds.delete(entry.run)
    for (const timeline of timelines) this.histories.delete(timeline)
  }

  /** @param digestOf SHA-256 of an entry, hex. */
  fold(nowMs: number, digestOf: (sequence: number) => string): FoldEntry {
    const runs = this.runs.filter((run, at) => at === this.runs.length - 1 || !this.#isGone(run))
    const alive = new Set(runs.map(({ entry }) => entry.run))
    const told = [...this.expiries].filter(
      ([, { receipt, writtenMs }]) => !receipt || writtenMs > nowMs - RECEIPTS_KEPT_MS,
    )
    return {
      type: 'fold',
      cluster: this.cluster ? untyped(this.cluster) : null,
      entries: [...this.#backups.keys()]
        .toSorted((a, b) => a - b)
        .map((sequence) => ({ sequence, sha256: digestOf(sequence) })),
      runs: runs.map(({ entry, digest, writtenMs }) => ({
        entry: untyped(entry),
        digest: toHex(digest),
        writtenMs,
      })),
      runEnds: [...this.runEnds.values()].filter(({ run }) => alive.has(run)),
      logStarts: [...this.logStarts.values()].filter(
        ({ run, endLsn }) => alive.has(run) || endLsn === NOTHING_LEFT,
      ),
      histories: [...this.histories.values()].map(untyped),
      expiries: told.map(([sequence, { entry, writtenMs, backups, receipt }]) => ({
        sequence,
        writtenMs,
        backups,
        entry: untyped(entry),
        receipt: receipt ? untyped(receipt) : null,
      })),
      destroyed: this.destroyed + this.expiries.size - told.length,
      holds: [...this.holds.values()],
      recipients: this.recipients ?? null,
    }
  }

  /** Forgets what a fold does not tell. */
  prune(fold: FoldEntry): void {
    const runs = new Set(fold.runs.map(({ entry }) => entry.run))
    this.runs = this.runs.filter(({ entry }) => runs.has(entry.run))
    for (const run of this.runEnds.keys()) if (!runs.has(run)) this.runEnds.delete(run)
    const starts = new Set(fold.logStarts.map(({ run }) => run))
    for (const run of this.logStarts.keys()) if (!starts.has(run)) this.logStarts.delete(run)
    const told = new Set(fold.expiries.map(({ sequence }) => sequence))
    for (const sequence of this.expiries.keys()) {
      if (!told.has(sequence)) this.expiries.delete(sequence)
    }
    this.destroyed = fold.destroyed
  }

  /** Whether nothing of a run is kept any more. */
  #isGone({ entry: { run, startLsn } }: BegunRun): boolean {
    const end = this.runEnds.get(run)?.endLsn ?? startLsn
    const start = this.logStarts.get(run)?.endLsn
    return start !== undefined && start >= end
  }
}

function untyped<Entry extends { readonly type: string }>(entry: Entry): Omit<Entry, 'type'> {
  const { type: _type, ...rest } = entry
  return rest
}
