/**
 * The reading side of the evidence log: believes nothing, remembers what it has seen.
 *
 * A reader that has seen a checkpoint refuses a log that no longer continues it: rolled back, cut,
 * or rewritten. What it hands out is verified whole: checkpoint signature, root over all hashes,
 * and, for each piece of evidence it shows, the entry's own hash and signature.
 *
 * @module
 */
import { join } from 'node:path'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { verifyEntry } from '#crypto/evidence.ts'
import { HashTiles } from '#crypto/hash-tiles.ts'
import { isSuccession } from '#crypto/key-succession.ts'
import type { LogKeys } from '#crypto/log-keys.ts'
import { leafHash } from '#crypto/merkle.ts'
import { parseNote, verifyNote } from '#crypto/signed-note.ts'
import { addEvidence, type ClaimRecord } from '#lib/claims/state.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { CHECKPOINT_FILE, extendTiles, readEntries, type EvidencePlace } from './files.ts'
import { readKeyPointers, readLogKeys, type KeyPointers } from './keys.ts'

/** A verified state of the log. */
export type EvidenceView = {
  readonly checkpoint: Checkpoint
  /** The signed note itself. */
  readonly note: string
  /** Of the key that signed it. */
  readonly verifierKey: string
  readonly keys: LogKeys
  /** By claim. */
  readonly records: ReadonlyMap<string, ClaimRecord>
  readonly tiles: HashTiles
}

/** What a reader must remember between its lives, so that nobody can turn the log back. */
export type Seen = {
  /** Of the key that signed that state. */
  readonly verifierKey: string
  readonly size: number
  /** Hex. */
  readonly root: string
}

/**
 * Entries verified one by one when a log is opened: the newest ones. The root covers the others; a
 * day's evidence of every claim is well within.
 */
const ENTRIES_ON_OPEN_MAX = 8192
const ATTEMPTS = 3

export class EvidenceReader {
  readonly #place: EvidencePlace
  #seen: Seen | undefined
  #keys: { readonly text: string; readonly keys: LogKeys } | undefined
  #tiles = new HashTiles()
  #records = new Map<string, ClaimRecord>()
  #view: EvidenceView | undefined

  /** @param seen From an earlier life; pins its key. Without it the first one met is believed. */
  constructor(place: EvidencePlace, seen?: Seen) {
    this.#place = place
    this.#seen = seen
  }

  /** What to remember; undefined before the first successful `refresh`. */
  get seen(): Seen | undefined {
    return this.#seen
  }

  /**
   * Reads what is new.
   *
   * @throws {IntegrityError} EVIDENCE_ALTERED, EVIDENCE_ROLLED_BACK, EVIDENCE_KEY_CHANGED,
   *   EVIDENCE_FORGED, SUCCESSION_…, NOTE_… or CHECKPOINT_…: show nothing as proven.
   * @throws {FaultError} DISK_MISSING before the notary has begun the log; else DISK_….
   */
  async refresh(): Promise<EvidenceView> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#refresh()
      } catch (error) {
        // The writer may have replaced a partial tile, or its key, while we were reading.
        const moved =
          (error instanceof FaultError && error.code === 'DISK_MISSING') ||
          (error instanceof IntegrityError && error.code === 'NOTE_UNSIGNED')
        if (!moved || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #refresh(): Promise<EvidenceView> {
    const { disk, folder } = this.#place
    const note = Buffer.from(await disk.read(join(folder, CHECKPOINT_FILE))).toString('utf8')
    if (this.#view?.note === note) return this.#view
    const parsed = parseNote(note)
    const checkpoint = parseCheckpoint(parsed.text)
    const keys = await this.#keysOf(checkpoint)
    const { verifier, verifierKey } = keys.newest
    verifyNote(parsed, [verifier])
    await this.#extend(checkpoint, keys)
    this.#seen = { verifierKey, size: checkpoint.size, root: hex(checkpoint.root) }
    const records = new Map(this.#records)
    return (this.#view = { checkpoint, note, verifierKey, keys, records, tiles: this.#tiles })
  }

  /** The line of keys up to a checkpoint, which must lead through the one that was seen. */
  async #keysOf({ size }: Checkpoint): Promise<LogKeys> {
    const found = await readKeyPointers(this.#place)
    const pointers: KeyPointers = { ...found, indexes: found.indexes.filter((one) => one < size) }
    const text = JSON.stringify(pointers)
    if (this.#keys?.text !== text)
      this.#keys = { text, keys: await readLogKeys(this.#place, pointers, size) }
    const { keys } = this.#keys
    const seen = this.#seen
    if (seen && keys.at(seen.size).verifierKey !== seen.verifierKey)
      throw new IntegrityError('EVIDENCE_KEY_CHANGED', 'the log is signed by another key now')
    return keys
  }

  /** Takes over the new part of the log, all of it or nothing. */
  async #extend(checkpoint: Checkpoint, keys: LogKeys): Promise<void> {
    const { size, root } = checkpoint
    const seen = this.#seen
    if (seen && size < seen.size)
      throw new IntegrityError(
        'EVIDENCE_ROLLED_BACK',
        `${seen.size} entries were seen, now ${size}`,
      )
    const from = Math.max(this.#view?.checkpoint.size ?? 0, size - ENTRIES_ON_OPEN_MAX)
    const entries = await readEntries(this.#place, from, size)
    try {
      await extendTiles(this.#place, this.#tiles, size)
      if (seen && hex(this.#tiles.root(seen.size)) !== seen.root)
        throw new IntegrityError('EVIDENCE_ROLLED_BACK', 'the log does not continue what was seen')
      if (hex(this.#tiles.root()) !== hex(root))
        throw new IntegrityError('EVIDENCE_ALTERED', 'the hashes do not give the signed root')
      for (const { index, entry } of keys.handovers) this.#checkPlace(entry, index)
      this.#take(entries, from, keys)
    } catch (error) {
      this.#tiles = new HashTiles() // half extended: begin anew next time
      this.#records = new Map()
      this.#view = undefined
      throw error
    }
  }

  #take(entries: readonly Uint8Array[], from: number, keys: LogKeys): void {
    for (const [at, entry] of entries.entries()) {
      const index = from + at
      this.#checkPlace(entry, index)
      if (isSuccession(entry) && keys.isHandover(index)) continue
      const evidence = verifyEntry(entry, index, keys.at(index).publicKey)
      const { claim } = evidence.measurement
      this.#records.set(claim, addEvidence(this.#records.get(claim), evidence))
    }
  }

  #checkPlace(entry: Uint8Array, index: number): void {
    if (hex(leafHash(entry)) === hex(this.#tiles.subtree(0, index))) return
    throw new IntegrityError('EVIDENCE_ALTERED', `entry ${index} is not what was signed`)
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
