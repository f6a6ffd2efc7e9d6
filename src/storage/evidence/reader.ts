/**
 * The reading side of the evidence log: believes nothing, remembers what it has seen.
 *
 * A reader that has seen a checkpoint refuses a log that no longer continues it: rolled back, cut,
 * or rewritten. What it hands out is verified whole: checkpoint signature, root over all hashes,
 * and, for each piece of evidence it shows, the entry's own hash and signature.
 *
 * @module
 */
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { evidenceKey, verifyEntry } from '#crypto/evidence.ts'
import { HashTiles } from '#crypto/hash-tiles.ts'
import { leafHash } from '#crypto/merkle.ts'
import { noteVerifier, parseNote, verifyNote, type NoteVerifier } from '#crypto/signed-note.ts'
import { addEvidence, type ClaimRecord } from '#lib/claims/state.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { CHECKPOINT_FILE, extendTiles, KEY_FILE, readEntries, type EvidencePlace } from './files.ts'

/** A verified state of the log. */
export type EvidenceView = {
  readonly checkpoint: Checkpoint
  /** The signed note itself. */
  readonly note: string
  readonly verifierKey: string
  /** By claim. */
  readonly records: ReadonlyMap<string, ClaimRecord>
  readonly tiles: HashTiles
}

/** What a reader must remember between its lives, so that nobody can turn the log back. */
export type Seen = {
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
  #verifier: NoteVerifier | undefined
  #publicKey: KeyObject | undefined
  #tiles = new HashTiles()
  #records = new Map<string, ClaimRecord>()
  #view: EvidenceView | undefined

  /** @param seen From an earlier life; pins the key. Without it the first key met is believed. */
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
   *   EVIDENCE_FORGED, NOTE_… or CHECKPOINT_…: show nothing as proven.
   * @throws {FaultError} DISK_MISSING before the notary has begun the log; else DISK_….
   */
  async refresh(): Promise<EvidenceView> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#refresh()
      } catch (error) {
        // The writer may have replaced a partial tile between our look and our reading.
        const moved = error instanceof FaultError && error.code === 'DISK_MISSING'
        if (!moved || attempt === ATTEMPTS) throw error
      }
    }
  }

  async #refresh(): Promise<EvidenceView> {
    const { disk, folder } = this.#place
    const note = Buffer.from(await disk.read(join(folder, CHECKPOINT_FILE))).toString('utf8')
    if (this.#view?.note === note) return this.#view
    const { verifier, verifierKey, publicKey } = await this.#key()
    const parsed = parseNote(note)
    verifyNote(parsed, [verifier])
    const checkpoint = parseCheckpoint(parsed.text)
    await this.#extend(checkpoint, publicKey)
    this.#seen = { verifierKey, size: checkpoint.size, root: hex(checkpoint.root) }
    const records = new Map(this.#records)
    return (this.#view = { checkpoint, note, verifierKey, records, tiles: this.#tiles })
  }

  async #key(): Promise<{ verifier: NoteVerifier; verifierKey: string; publicKey: KeyObject }> {
    const { disk, folder } = this.#place
    const verifierKey = Buffer.from(await disk.read(join(folder, KEY_FILE)))
      .toString('utf8')
      .trimEnd()
    if (this.#seen && this.#seen.verifierKey !== verifierKey)
      throw new IntegrityError('EVIDENCE_KEY_CHANGED', 'the log is signed by another key now')
    this.#verifier ??= noteVerifier(verifierKey)
    this.#publicKey ??= evidenceKey(verifierKey)
    return { verifier: this.#verifier, verifierKey, publicKey: this.#publicKey }
  }

  /** Takes over the new part of the log, all of it or nothing. */
  async #extend(checkpoint: Checkpoint, publicKey: KeyObject): Promise<void> {
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
      this.#take(entries, from, publicKey)
    } catch (error) {
      this.#tiles = new HashTiles() // half extended: begin anew next time
      this.#records = new Map()
      this.#view = undefined
      throw error
    }
  }

  #take(entries: readonly Uint8Array[], from: number, publicKey: KeyObject): void {
    for (const [at, entry] of entries.entries()) {
      const index = from + at
      if (hex(leafHash(entry)) !== hex(this.#tiles.subtree(0, index)))
        throw new IntegrityError('EVIDENCE_ALTERED', `entry ${index} is not what was signed`)
      const evidence = verifyEntry(entry, index, publicKey)
      const { claim } = evidence.measurement
      this.#records.set(claim, addEvidence(this.#records.get(claim), evidence))
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
