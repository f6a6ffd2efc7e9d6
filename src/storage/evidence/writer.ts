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
import { leafHash } from '#crypto/merkle.ts'
import {
  noteVerifier,
  parseNote,
  signNote,
  verifyNote,
  type NoteSigner,
} from '#crypto/signed-note.ts'
import { IntegrityError } from '#lib/errors.ts'
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

export class EvidenceWriter {
  readonly #place: EvidencePlace
  readonly #signer: NoteSigner
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
      await disk.replace(join(folder, KEY_FILE), Buffer.from(`${signer.verifierKey}\n`))
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
    const done = this.#queue.then(() => this.#append(entries))
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

function readOwnCheckpoint(bytes: Uint8Array, signer: NoteSigner): Checkpoint {
  const note = parseNote(Buffer.from(bytes).toString('utf8'))
  verifyNote(note, [noteVerifier(signer.verifierKey)])
  return parseCheckpoint(note.text)
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
