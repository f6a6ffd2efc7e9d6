/**
 * The catalogue as a chain: read whole, checked link by link, and what it adds up to.
 *
 * @module
 */
import { equalBytes, toHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import type { ObjectStore } from '#storage/object-store.ts'
import {
  parseEntry,
  type BackupEntry,
  type CatalogueEntry,
  type ClusterEntry,
  type DestroyedEntry,
  type ExpiredEntry,
  type HistoryEntry,
  type HoldEntry,
  type PlacedEntry,
  type RunEnd,
  type RunEntry,
} from './entries.ts'
import { CATALOGUE_FOLDER, entryName } from './names.ts'
import { sha256 } from './object-frame.ts'
import type { RepositoryRoot } from './root.ts'

/** What to remember of a catalogue, to know later that it was not rolled back. */
export type CatalogueHead = {
  /** Of the newest entry; -1 when there is none. */
  readonly sequence: number
  /** SHA-256 of the newest entry, or of the root; hex. */
  readonly digest: string
}

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
  /** By id: those that were not released. */
  readonly holds: ReadonlyMap<string, HeldFrom>
}

export type HeldFrom = HoldEntry & { readonly writtenMs: number }

export type BegunRun = {
  readonly entry: RunEntry
  readonly digest: Uint8Array
  readonly writtenMs: number
}

export type Expiry = {
  readonly entry: ExpiredEntry
  readonly writtenMs: number
  readonly backups: readonly BackupEntry[]
  readonly receipt: DestroyedEntry | undefined
}

/** The chain so far; grows by `add`, which checks. */
export class CatalogueChain {
  readonly #root: RepositoryRoot
  readonly #digests: Uint8Array[] = []
  #backups: BackupEntry[] = []
  readonly #runs: BegunRun[] = []
  readonly #logStarts = new Map<string, RunEnd>()
  readonly #expiries = new Map<number, Expiry>()
  readonly #holds = new Map<string, HeldFrom>()
  readonly #runEnds = new Map<string, RunEnd>()
  readonly #histories = new Map<number, HistoryEntry>()
  #cluster: ClusterEntry | undefined

  constructor(root: RepositoryRoot) {
    this.#root = root
  }

  get length(): number {
    return this.#digests.length
  }

  get head(): CatalogueHead {
    return { sequence: this.length - 1, digest: toHex(this.lastDigest) }
  }

  /** What the next entry must name as its predecessor. */
  get lastDigest(): Uint8Array {
    return this.#digests.at(-1) ?? sha256(this.#root.bytes)
  }

  get state(): CatalogueState {
    return {
      cluster: this.#cluster,
      backups: this.#backups,
      runs: this.#runs,
      runEnds: this.#runEnds,
      histories: this.#histories,
      logStarts: this.#logStarts,
      expiries: this.#expiries,
      holds: this.#holds,
    }
  }

  /** SHA-256 of the entry with this number, if there is one. */
  digestOf(sequence: number): Uint8Array | undefined {
    return this.#digests[sequence]
  }

  /**
   * Takes the next entry.
   *
   * @throws {IntegrityError} OBJECT_DAMAGED, OBJECT_FORGED, CATALOGUE_BROKEN.
   * @throws {UsageError} REPOSITORY_FORMAT_NEWER.
   */
  add(bytes: Uint8Array): PlacedEntry {
    const name = entryName(this.length)
    this.#root.checkSignature(name, bytes)
    const placed = parseEntry(name, bytes)
    if (!equalBytes(placed.previous, this.lastDigest)) {
      const message = `${name} does not follow the entry before it: one of the two was exchanged`
      throw new IntegrityError('CATALOGUE_BROKEN', message)
    }
    const digest = sha256(bytes)
    this.#digests.push(digest)
    this.#fold(placed, digest)
    return placed
  }

  #fold({ entry, writtenMs, sequence }: Folded, digest: Uint8Array): void {
    switch (entry.type) {
      case 'cluster':
        this.#cluster ??= entry
        break
      case 'run':
        if (entry.previous) this.#runEnds.set(entry.previous.run, entry.previous)
        this.#runs.push({ entry, digest, writtenMs })
        break
      case 'mark':
        this.#runEnds.set(entry.run, entry)
        break
      case 'history':
        this.#histories.set(entry.timeline, entry)
        break
      case 'backup':
        this.#backups.push(entry)
        break
      case 'expired':
        this.#expire(entry, writtenMs, sequence)
        break
      case 'destroyed': {
        const expiry = this.#expiries.get(entry.expired)
        if (expiry) this.#expiries.set(entry.expired, { ...expiry, receipt: entry })
        break
      }
      case 'hold':
        this.#holds.set(entry.id, { ...entry, writtenMs })
        break
      case 'release':
        this.#holds.delete(entry.id)
        break
    }
  }

  #expire(entry: ExpiredEntry, writtenMs: number, sequence: number): void {
    const gone = new Set(entry.backups)
    const backups = this.#backups.filter(({ id }) => gone.has(id))
    this.#backups = this.#backups.filter(({ id }) => !gone.has(id))
    for (const start of entry.log) this.#logStarts.set(start.run, start)
    this.#expiries.set(sequence, { entry, writtenMs, backups, receipt: undefined })
  }
}

type Folded = Pick<PlacedEntry, 'sequence' | 'writtenMs'> & { readonly entry: CatalogueEntry }

/**
 * Reads the rest of a store's catalogue into a chain, entry by entry.
 *
 * @returns How many entries were added.
 * @throws {IntegrityError} CATALOGUE_BROKEN also when an entry is missing between others.
 */
export async function readChain(store: ObjectStore, chain: CatalogueChain): Promise<number> {
  let added = 0
  for await (const { name } of store.list(CATALOGUE_FOLDER)) {
    if (name < entryName(chain.length)) continue
    if (name !== entryName(chain.length)) {
      const message = `${entryName(chain.length)} is missing, though ${name} is there`
      throw new IntegrityError('CATALOGUE_BROKEN', message)
    }
    chain.add(await store.get(name))
    added++
  }
  return added
}

/** @throws {IntegrityError} CATALOGUE_ROLLED_BACK when the chain does not hold the head. */
export function checkHead(chain: CatalogueChain, head: CatalogueHead, where: string): void {
  const digest = head.sequence < 0 ? undefined : chain.digestOf(head.sequence)
  if (head.sequence < 0 || (digest && toHex(digest) === head.digest)) return
  const message =
    `the catalogue of ${where} lacks entry ${head.sequence}, which was there before: ` +
    'it was rolled back to an earlier state'
  throw new IntegrityError('CATALOGUE_ROLLED_BACK', message)
}
