/**
 * The hashes of a Merkle tree in tiles of height 8, as C2SP tlog-tiles stores them.
 *
 * Level 0 holds the leaf hashes; level n the roots of the full tiles of level n − 1. A hash of any
 * perfect subtree needs at most 255 node hashes, so proofs are quick at any size.
 *
 * Source: C2SP tlog-tiles (c2sp.org/tlog-tiles).
 *
 * @module
 */
import assert from 'node:assert/strict'
import { EMPTY_ROOT } from './merkle.ts'
import { rootFrom } from './merkle-proof.ts'
import { SHA256_SIZE, sha256Into } from './sha256.ts'

/** Hashes in a full tile. */
export const TILE_WIDTH = 256
const TILE_HEIGHT = 8

export class HashTiles {
  readonly #levels: HashList[] = [new HashList()]

  get size(): number {
    return this.#level(0).count
  }

  /** Number of tile levels that hold anything. */
  get height(): number {
    return this.#levels.length
  }

  /** Adds the next leaf hash. */
  append(leaf: Uint8Array): void {
    assert.equal(leaf.length, SHA256_SIZE)
    let hash = leaf
    for (let level = 0; ; level++) {
      const list = this.#level(level)
      list.push(hash)
      if (list.count % TILE_WIDTH !== 0) return
      hash = fold(list, list.count - TILE_WIDTH, TILE_WIDTH)
    }
  }

  /** How many hashes a level has. */
  count(level: number): number {
    return this.#levels[level]?.count ?? 0
  }

  /** The bytes of tile `index` of a level, as far as it is filled. */
  tile(level: number, index: number): Uint8Array {
    const list = this.#level(level)
    const start = index * TILE_WIDTH
    return list.slice(start, Math.min(list.count, start + TILE_WIDTH))
  }

  /** The hashes of the first `size` leaves, end to end. */
  leaves(size: number): Uint8Array {
    assert(size <= this.size)
    return this.#level(0).slice(0, size)
  }

  /** Hash of the perfect subtree at `level` (of nodes, not of tiles) and `index`. */
  subtree(level: number, index: number): Uint8Array {
    const list = this.#level(Math.floor(level / TILE_HEIGHT))
    const width = 2 ** (level % TILE_HEIGHT)
    assert((index + 1) * width <= list.count, 'the subtree is complete')
    return fold(list, index * width, width)
  }

  /** The root of the first `size` leaves. */
  root(size: number = this.size): Uint8Array {
    if (size === 0) return EMPTY_ROOT
    return rootFrom((level, index) => this.subtree(level, index), size)
  }

  #level(level: number): HashList {
    return (this.#levels[level] ??= new HashList())
  }
}

/** The path of a tile's index below its level: 1234067 is x001/x234/067. */
export function tileIndexPath(index: number): string {
  assert(Number.isSafeInteger(index) && index >= 0)
  const groups: string[] = [String(index % 1000).padStart(3, '0')]
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`)
  }
  return groups.join('/')
}

/** The root of `width` hashes, a power of two: halved in place, level by level. */
function fold(list: HashList, start: number, width: number): Uint8Array {
  const hashes = Buffer.from(list.slice(start, start + width).buffer)
  for (let left = width; left > 1; left /= 2) {
    for (let at = 0; at < left; at += 2) {
      hashes.copy(node, 1, at * SHA256_SIZE, (at + 2) * SHA256_SIZE)
      sha256Into(node, hashes, (at / 2) * SHA256_SIZE)
    }
  }
  return Uint8Array.from(hashes.subarray(0, SHA256_SIZE))
}

/** A node as it is hashed: 0x01, left, right. */
const node: Buffer = Buffer.alloc(1 + 2 * SHA256_SIZE, 0x01)

/** Hashes end to end, in a buffer that doubles. */
class HashList {
  #bytes = new Uint8Array(TILE_WIDTH * SHA256_SIZE)
  count = 0

  push(hash: Uint8Array): void {
    const size = this.count * SHA256_SIZE
    if (size === this.#bytes.length) {
      const grown = new Uint8Array(2 * size)
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    this.#bytes.set(hash, size)
    this.count++
  }

  at(index: number): Uint8Array {
    return this.slice(index, index + 1)
  }

  slice(start: number, end: number): Uint8Array {
    return this.#bytes.slice(start * SHA256_SIZE, end * SHA256_SIZE)
  }
}
