/**
 * The Merkle tree of RFC 6962: one hash that stands for a whole log, grown a leaf at a time.
 *
 * A leaf's hash is SHA-256(0x00 || data), a node's SHA-256(0x01 || left || right); the prefixes
 * keep a node from being passed off as a leaf. Proofs about a tree are in merkle-proof.ts.
 *
 * Source: RFC 6962, section 2.1 (unchanged in RFC 9162).
 *
 * @module
 */
import assert from 'node:assert/strict'
import { sha256, SHA256_SIZE, sha256Into } from './sha256.ts'

/** Leaves a tree may have: as many as a number counts exactly. */
export const LEAVES_MAX: number = Number.MAX_SAFE_INTEGER

const LEVELS_MAX = 53

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0))

/** The hash of a leaf, of the data it stands for. */
export function leafHash(data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length)
  input.set(data, 1)
  return sha256(input)
}

/** The hash of a node, of the hashes of its two children. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + 2 * SHA256_SIZE)
  input[0] = 0x01
  input.set(left, 1)
  input.set(right, 1 + SHA256_SIZE)
  return sha256(input)
}

/**
 * What must be remembered of a tree to go on growing it: the roots of its perfect subtrees, the
 * largest first. Their number is that of the ones in the binary form of `size`.
 */
export type Frontier = { readonly size: number; readonly hashes: readonly Uint8Array[] }

/** A tree that remembers its frontier only: memory and time per leaf are constant. */
export class MerkleTree {
  #size = 0
  /** Root of the perfect subtree of 2^level leaves, at 32 × level, where `size` has that bit. */
  readonly #levels: Buffer = Buffer.alloc(LEVELS_MAX * SHA256_SIZE)
  readonly #node: Buffer = Buffer.alloc(1 + 2 * SHA256_SIZE, 0x01)

  /** @throws {AssertionError} When the number of hashes does not fit the size. */
  constructor(frontier: Frontier = { size: 0, hashes: [] }) {
    assert(Number.isSafeInteger(frontier.size) && frontier.size >= 0, 'the size is a whole number')
    const levels = levelsOf(frontier.size)
    assert.equal(levels.length, frontier.hashes.length, 'one hash for each perfect subtree')
    for (const [index, level] of levels.entries()) {
      const hash = frontier.hashes[index]
      assert.equal(hash?.length, SHA256_SIZE, 'a hash of 32 bytes')
      this.#levels.set(hash, level * SHA256_SIZE)
    }
    this.#size = frontier.size
  }

  get size(): number {
    return this.#size
  }

  /** Adds the leaf whose hash stands in `bytes` from `at`. */
  append(bytes: Uint8Array, at = 0): void {
    assert(this.#size < LEAVES_MAX)
    const node = this.#node
    node.set(bytes.subarray(at, at + SHA256_SIZE), 1 + SHA256_SIZE)
    let level = 0
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.#levels.copy(node, 1, level * SHA256_SIZE, (level + 1) * SHA256_SIZE)
      sha256Into(node, node, 1 + SHA256_SIZE)
      level++
    }
    node.copy(this.#levels, level * SHA256_SIZE, 1 + SHA256_SIZE)
    this.#size++
  }

  frontier(): Frontier {
    return { size: this.#size, hashes: levelsOf(this.#size).map((level) => this.#at(level)) }
  }

  root(): Uint8Array {
    return rootOf(this.frontier())
  }

  #at(level: number): Uint8Array {
    return Uint8Array.from(this.#levels.subarray(level * SHA256_SIZE, (level + 1) * SHA256_SIZE))
  }
}

/** The root of the tree of which this is the frontier. */
export function rootOf(frontier: Frontier): Uint8Array {
  if (frontier.size === 0) return EMPTY_ROOT
  return frontier.hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** The levels at which a tree of this size has a perfect subtree, the highest first. */
function levelsOf(size: number): number[] {
  const levels: number[] = []
  for (let rest = size, level = 0; rest > 0; rest = Math.floor(rest / 2), level++) {
    if (rest % 2 === 1) levels.unshift(level)
  }
  return levels
}
