/**
 * The catalogue as a chain: checked link by link, and what it adds up to.
 *
 * @module
 */
import { equalBytes, toHex } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import { digestFromHex, parseEntry, type FoldEntry, type PlacedEntry } from './entries.ts'
import { entryName, foldName } from './names.ts'
import { sha256 } from './object-frame.ts'
import type { RepositoryRoot } from './root.ts'
import { FoldedState, type CatalogueState } from './state.ts'

/** What to remember of a catalogue, to know later that it was not rolled back. */
export type CatalogueHead = {
  /** Of the newest entry; -1 when there is none. */
  readonly sequence: number
  /** SHA-256 of the newest entry, or of the root; hex. */
  readonly digest: string
}

/** The chain so far; grows by `add`, which checks. */
export class CatalogueChain {
  readonly #root: RepositoryRoot
  /** Of the entries that count: since the newest fold, and those that it names. */
  #digests = new Map<number, Uint8Array>()
  #state = new FoldedState()
  #length = 0
  #foldAt: number | undefined
  #last: Uint8Array

  constructor(root: RepositoryRoot) {
    this.#root = root
    this.#last = sha256(root.bytes)
  }

  /** One that goes its own way from here. */
  clone(): CatalogueChain {
    const copy = new CatalogueChain(this.#root)
    copy.#digests = new Map(this.#digests)
    copy.#state = this.#state.clone()
    copy.#length = this.#length
    copy.#foldAt = this.#foldAt
    copy.#last = this.#last
    return copy
  }

  /** The sequence of the next entry. */
  get length(): number {
    return this.#length
  }

  get head(): CatalogueHead {
    return { sequence: this.length - 1, digest: toHex(this.lastDigest) }
  }

  /** What the next entry must name as its predecessor. */
  get lastDigest(): Uint8Array {
    return this.#last
  }

  get state(): CatalogueState {
    return this.#state
  }

  /** The newest fold, if there is one. */
  get foldAt(): number | undefined {
    return this.#foldAt
  }

  /** Entries since the newest fold. */
  get sinceFold(): number {
    return this.#foldAt === undefined ? this.#length : this.#length - 1 - this.#foldAt
  }

  /** SHA-256 of the entry with this number, if it counts. */
  digestOf(sequence: number): Uint8Array | undefined {
    return this.#digests.get(sequence)
  }

  /** Whether an entry counts no longer, because a fold says what it said. */
  isFolded(sequence: number): boolean {
    return (this.#foldAt ?? -1) > sequence && !this.#digests.has(sequence)
  }

  /** Names of the entries that count. */
  names(): string[] {
    return [...this.#digests.keys()].map((sequence) =>
      sequence === this.#foldAt ? foldName(sequence) : entryName(sequence),
    )
  }

  /** What a fold entered now must say. */
  fold(nowMs: number): FoldEntry {
    return this.#state.fold(nowMs, (sequence) => toHex(this.#digests.get(sequence) ?? this.#last))
  }

  /**
   * Takes the next entry.
   *
   * @param name As listed: of the next entry, a fold or not.
   * @throws {IntegrityError} OBJECT_DAMAGED, OBJECT_FORGED, CATALOGUE_BROKEN.
   * @throws {UsageError} REPOSITORY_FORMAT_NEWER.
   */
  add(name: string, bytes: Uint8Array): PlacedEntry {
    const placed = this.#open(name, bytes)
    if (placed.sequence !== this.#length || !equalBytes(placed.previous, this.lastDigest)) {
      const message = `${name} does not follow the entry before it: one of the two was exchanged`
      throw new IntegrityError('CATALOGUE_BROKEN', message)
    }
    this.#take(placed, sha256(bytes))
    if (placed.entry.type === 'fold') this.#leaveOut(placed.entry, placed.sequence)
    return placed
  }

  /**
   * Begins anew with a fold, whatever was before it. It stands once `kept` has had every entry
   * that it names.
   *
   * @throws As `add`.
   */
  jump(name: string, bytes: Uint8Array): FoldEntry {
    const { entry, sequence } = this.#open(name, bytes)
    if (entry.type !== 'fold') throw new IntegrityError('OBJECT_DAMAGED', `${name} is no fold`)
    this.#digests = new Map(entry.entries.map((one) => [one.sequence, digestFromHex(one.sha256)]))
    this.#state = FoldedState.from(entry)
    this.#last = sha256(bytes)
    this.#digests.set(sequence, this.#last)
    this.#foldAt = sequence
    this.#length = sequence + 1
    return entry
  }

  /** Takes an entry that a fold names. @throws As `add`. */
  kept(name: string, bytes: Uint8Array): void {
    const { entry, sequence } = this.#open(name, bytes)
    const digest = this.#digests.get(sequence)
    if (entry.type !== 'backup' || !digest || !equalBytes(digest, sha256(bytes))) {
      throw new IntegrityError('CATALOGUE_BROKEN', `${name} is not the entry that the fold names`)
    }
    this.#state.keep(entry, sequence)
  }

  #open(name: string, bytes: Uint8Array): PlacedEntry {
    this.#root.checkSignature(name, bytes)
    return parseEntry(name, bytes)
  }

  #take({ sequence, entry, writtenMs }: PlacedEntry, digest: Uint8Array): void {
    this.#digests.set(sequence, digest)
    this.#last = digest
    this.#length = sequence + 1
    this.#state.add(entry, { sequence, writtenMs, digest })
  }

  /** From here on only the fold counts, and what it names. */
  #leaveOut(fold: FoldEntry, sequence: number): void {
    const kept = new Set([sequence, ...fold.entries.map((one) => one.sequence)])
    for (const known of this.#digests.keys()) if (!kept.has(known)) this.#digests.delete(known)
    this.#foldAt = sequence
    this.#state.prune(fold)
  }
}

/** @throws {IntegrityError} CATALOGUE_ROLLED_BACK when the chain does not hold the head. */
export function checkHead(chain: CatalogueChain, head: CatalogueHead, where: string): void {
  const { sequence } = head
  const digest = sequence < 0 ? undefined : chain.digestOf(sequence)
  if (sequence < 0 || chain.isFolded(sequence) || (digest && toHex(digest) === head.digest)) return
  const message =
    `the catalogue of ${where} lacks entry ${sequence}, which was there before: ` +
    'it was rolled back to an earlier state'
  throw new IntegrityError('CATALOGUE_ROLLED_BACK', message)
}
