/**
 * The writing side of the evidence log; only the notary holds one.
 *
 * Order is the promise: entries and hashes are on disk before the checkpoint that covers them, and
 * the checkpoint before anybody is told. A power cut leaves the last checkpoint true.
 *
 * @module
 */
import { encodeCheckpoint, parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { BUNDLE_WIDTH, packEntry } from '#crypto/evidence.ts'
import { TILE_WIDTH, type HashTiles } from '#crypto/hash-tiles.ts'
import { signSuccession, SUCCESSIONS_MAX } from '#crypto/key-succession.ts'
import { leafHash } from '#crypto/merkle.ts'
import {
  noteVerifier,
  parseNote,
  signNote,
  verifyNote,
  type NoteSigner,
} from '#crypto/signed-note.ts'
import { DeniedError, IntegrityError } from '#lib/errors.ts'
import { join } from 'node:path'
import {
  CHECKPOINT_FILE,
  KEY_FILE,
  loadTiles,
  partFile,
  readEntries,
  tileFile,
  type EvidencePlace,
  type TileLevel,
} from './files.ts'
import { readKeyPointers, writeKeyPointers } from './keys.ts'

export class EvidenceWriter {
  readonly #place: EvidencePlace
  #signer: NoteSigner
  readonly #tiles: HashTiles
  /** Packed entries of the bundle that is not full yet. */
  #bundle: Uint8Array[]
  #queue: Promise<unknown> = Promise.resolve()

  private constructor(
    place: EvidencePlace,
    signer: NoteSigner,
    tiles: HashTiles,
    bundle: Uint8Array[],
  ) {
    this.#place = place
    this.#signer = signer
    this.#tiles = tiles
    this.#bundle = bundle
  }

  /**
   * Opens the log, or begins one, after checking all hashes against the signed checkpoint.
   *
   * @throws {IntegrityError} EVIDENCE_ALTERED or a NOTE_ code: the log is not what was written. The
   *   notary then must not go on: what it would sign would vouch for the alteration.
   */
  static async open(place: EvidencePlace, signer: NoteSigner): Promise<EvidenceWriter> {
    const { disk, folder } = place
    const file = join(folder, CHECKPOINT_FILE)
    if ((await disk.size(file)) === undefined) {
      const writer = new EvidenceWriter(place, signer, await loadTiles(place, 0), [])
      await writeKey(place, signer)
      await writer.#writeCheckpoint()
      return writer
    }
    const { size, root } = readOwnCheckpoint(await disk.read(file), signer)
    const tiles = await loadTiles(place, size)
    const start = size - (size % BUNDLE_WIDTH)
    const entries = await readEntries(place, start, size)
    const genuine = entries.every((entry, at) =>
      same(leafHash(entry), tiles.subtree(0, start + at)),
    )
    if (!genuine || !same(tiles.root(), root))
      throw new IntegrityError('EVIDENCE_ALTERED', 'the hashes do not give the signed root')
    await forgetUnsigned(place, size)
    await writeKey(place, signer)
    return new EvidenceWriter(place, signer, tiles, entries.map(packEntry))
  }

  get size(): number {
    return this.#tiles.size
  }

  /** The root of the whole log. */
  root(): Uint8Array {
    return this.#tiles.root()
  }

  /**
   * Appends entries, in this order, and signs the new state once.
   *
   * @returns The index of the first, once entries and checkpoint are on disk.
   * @throws {FaultError} DISK_…; the writer is then spent, and is opened anew.
   */
  append(entries: readonly Uint8Array[]): Promise<number> {
    return this.#inTurn(() => this.#append(entries))
  }

  /**
   * Appends the entry by which another key takes over, and has that one sign the state with it:
   * from that checkpoint on, and not before, it is the key of the log.
   *
   * @param atMs When, milliseconds since the Unix epoch.
   * @returns The index of the entry.
   * @throws {DeniedError} EVIDENCE_KEYS_MAX. @throws {FaultError} As `append`.
   */
  async succeed(heir: NoteSigner, atMs: number): Promise<number> {
    if ((await readKeyPointers(this.#place)).indexes.length >= SUCCESSIONS_MAX) {
      const message = `the log has had ${SUCCESSIONS_MAX} keys, more than readers follow`
      throw new DeniedError('EVIDENCE_KEYS_MAX', message, message)
    }
    return this.#inTurn(async () => {
      const { first, indexes } = await readKeyPointers(this.#place)
      const note = signSuccession(indexes.length + 1, this.#signer, heir, atMs)
      await writeKeyPointers(this.#place, { first, indexes: [...indexes, this.size] })
      this.#signer = heir
      const index = await this.#append([Buffer.from(note)])
      await writeKey(this.#place, heir)
      return index
    })
  }

  #inTurn(act: () => Promise<number>): Promise<number> {
    const done = this.#queue.then(act)
    this.#queue = done
    done.catch(() => undefined) // told to the caller; those who wait behind it fail the same way
    return done
  }

  async #append(entries: readonly Uint8Array[]): Promise<number> {
    const first = this.#tiles.size
    const before = this.#parts()
    for (const entry of entries) {
      this.#bundle.push(packEntry(entry))
      this.#tiles.append(leafHash(entry))
    }
    await this.#writeEntries(Math.floor(first / BUNDLE_WIDTH))
    await this.#writeHashes(first)
    await this.#writeCheckpoint()
    const now = new Set(this.#parts())
    for (const file of before) if (!now.has(file)) await this.#place.disk.remove(file)
    return first
  }

  async #writeEntries(firstBundle: number): Promise<void> {
    for (let index = firstBundle; this.#bundle.length > 0; index++) {
      const packed = this.#bundle.slice(0, BUNDLE_WIDTH)
      await this.#writeTile('entries', index, Buffer.concat(packed), packed.length)
      if (packed.length < BUNDLE_WIDTH) return
      this.#bundle = this.#bundle.slice(BUNDLE_WIDTH)
    }
  }

  async #writeHashes(first: number): Promise<void> {
    let start = first
    for (let level = 0; level < this.#tiles.height; level++) {
      const count = this.#tiles.count(level)
      if (count === start) return // nothing new at this level, so nothing above
      const firstTile = Math.floor(start / TILE_WIDTH)
      for (let tile = firstTile; tile * TILE_WIDTH < count; tile++) {
        const width = Math.min(TILE_WIDTH, count - tile * TILE_WIDTH)
        await this.#writeTile(level, tile, this.#tiles.tile(level, tile), width)
      }
      start = firstTile
    }
  }

  async #writeTile(
    level: TileLevel,
    index: number,
    bytes: Uint8Array,
    width: number,
  ): Promise<void> {
    const { disk, folder } = this.#place
    const part = width < TILE_WIDTH
    const file = part ? partFile(folder, level, index, width) : tileFile(folder, level, index)
    await disk.replace(file, bytes)
  }

  /** Names of the partial tiles on disk, which the next append makes superfluous. */
  #parts(): string[] {
    const { folder } = this.#place
    const levels: TileLevel[] = ['entries', 0]
    return levels.flatMap((level) => {
      const width = this.#tiles.size % TILE_WIDTH
      const index = Math.floor(this.#tiles.size / TILE_WIDTH)
      return width === 0 ? [] : [partFile(folder, level, index, width)]
    })
  }

  #writeCheckpoint(): Promise<void> {
    const { disk, folder } = this.#place
    const origin = this.#signer.name
    const text = encodeCheckpoint({ origin, size: this.#tiles.size, root: this.#tiles.root() })
    return disk.replace(join(folder, CHECKPOINT_FILE), Buffer.from(signNote(text, [this.#signer])))
  }
}

/** Whether the newest checkpoint of a log is this key's. @throws {FaultError} DISK_…. */
export async function isSignedBy(
  { disk, folder }: EvidencePlace,
  signer: NoteSigner,
): Promise<boolean> {
  const file = join(folder, CHECKPOINT_FILE)
  if ((await disk.size(file)) === undefined) return false
  try {
    readOwnCheckpoint(await disk.read(file), signer)
    return true
  } catch (error) {
    if (error instanceof IntegrityError) return false
    throw error
  }
}

/** A power cut may leave a pointer to a handover that no checkpoint covers: it did not happen. */
async function forgetUnsigned(place: EvidencePlace, size: number): Promise<void> {
  const { first, indexes } = await readKeyPointers(place)
  const signed = indexes.filter((index) => index < size)
  if (signed.length < indexes.length) await writeKeyPointers(place, { first, indexes: signed })
}

function writeKey({ disk, folder }: EvidencePlace, { verifierKey }: NoteSigner): Promise<void> {
  return disk.replace(join(folder, KEY_FILE), Buffer.from(`${verifierKey}\n`))
}

function readOwnCheckpoint(bytes: Uint8Array, signer: NoteSigner): Checkpoint {
  const note = parseNote(Buffer.from(bytes).toString('utf8'))
  verifyNote(note, [noteVerifier(signer.verifierKey)])
  return parseCheckpoint(note.text)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
