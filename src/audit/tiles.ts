/**
 * A book's Merkle tree laid out as C2SP tlog-tiles, for anybody's verifier: hashes only, so whoever
 * serves the files tells nobody what was recorded. Memory is the same for a book of any length.
 *
 * Source: C2SP tlog-tiles; what a leaf is stands in docs/formats/audit.md §4.
 *
 * @module
 */
import { join } from 'node:path'
import { tileIndexPath, TILE_WIDTH } from '#crypto/hash-tiles.ts'
import { MerkleTree } from '#crypto/merkle.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { IntegrityError } from '#lib/errors.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { LeafReader, type LeavesOptions } from './leaves.ts'

export type TilesOptions = LeavesOptions & {
  /** Absolute; an empty folder. */
  readonly into: string
  /** The tree that is wanted, as somebody signed for it, and the note that says so. */
  readonly size: number
  readonly root: Uint8Array
  readonly note: string
  readonly onProgress?: ((records: number) => void) | undefined
}

/**
 * Lays out `checkpoint` and `tile/<level>/<index>` for the first `size` records.
 *
 * @returns How many tiles there are.
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED when the book is shorter, or its tree another one.
 */
export async function layTiles(options: TilesOptions): Promise<number> {
  const { into, size, root, note, onProgress, disk = systemDisk } = options
  const writer = new TileWriter(disk, into)
  const tree = new MerkleTree()
  const reader = new LeafReader(options, 0)
  while (tree.size < size) {
    const leaves = await reader.next(size - tree.size)
    if (!leaves) throw notSigned(`it has ${tree.size} records, and ${size} were signed for`)
    for (const hash of leaves.hashes) {
      tree.append(hash)
      writer.append(hash)
    }
    onProgress?.(tree.size)
  }
  if (Buffer.compare(tree.root(), root) !== 0) throw notSigned('its root is another one')
  writer.finish()
  await disk.replace(join(into, 'checkpoint'), Buffer.from(note))
  return writer.tiles
}

/** The tile of each level that is being filled. */
class TileWriter {
  readonly #disk: Disk
  readonly #folder: string
  readonly #levels: { hashes: Uint8Array[]; index: number }[] = []
  tiles = 0

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  append(hash: Uint8Array, level = 0): void {
    const filling = (this.#levels[level] ??= { hashes: [], index: 0 })
    filling.hashes.push(hash)
    if (filling.hashes.length < TILE_WIDTH) return
    this.#write(join(String(level), tileIndexPath(filling.index)), filling.hashes)
    const whole = new MerkleTree()
    for (const each of filling.hashes) whole.append(each)
    filling.hashes = []
    filling.index++
    this.append(whole.root(), level + 1)
  }

  /** Tiles that are not full are written as far as they are. */
  finish(): void {
    for (const [level, { hashes, index }] of this.#levels.entries()) {
      if (hashes.length === 0) continue
      const path = join(String(level), `${tileIndexPath(index)}.p`, String(hashes.length))
      this.#write(path, hashes)
    }
  }

  #write(path: string, hashes: readonly Uint8Array[]): void {
    const bytes = Buffer.alloc(hashes.length * SHA256_SIZE)
    for (const [at, hash] of hashes.entries()) bytes.set(hash, at * SHA256_SIZE)
    using file = this.#disk.openAppend(join(this.#folder, 'tile', path))
    file.append(bytes)
    this.tiles++
  }
}

function notSigned(why: string): IntegrityError {
  return new IntegrityError(
    'AUDIT_BOOK_DAMAGED',
    `this is not the book that was signed for: ${why}`,
  )
}
