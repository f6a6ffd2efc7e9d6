/**
 * A Merkle tree between two sizes: what it was, remembered by its frontier, and the leaves since.
 *
 * That is all a proof of consistency needs, so a log that tells of its growth every second keeps
 * no tree.
 *
 * Source: RFC 6962, section 2.1.2.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { consistencyProof, type SubtreeHash } from './merkle-proof.ts'
import { MerkleTree, nodeHash, type Frontier } from './merkle.ts'
import { SHA256_SIZE } from './sha256.ts'

export class Growth {
  readonly #old: Frontier
  readonly #tree: MerkleTree
  #leaves: Uint8Array[] = []

  constructor(old: Frontier) {
    this.#old = old
    this.#tree = new MerkleTree(old)
  }

  get oldSize(): number {
    return this.#old.size
  }

  get size(): number {
    return this.#tree.size
  }

  /** Leaves since. */
  get count(): number {
    return this.#leaves.length
  }

  append(leaf: Uint8Array): void {
    assert.equal(leaf.length, SHA256_SIZE)
    this.#leaves.push(leaf)
    this.#tree.append(leaf)
  }

  root(): Uint8Array {
    return this.#tree.root()
  }

  frontier(): Frontier {
    return this.#tree.frontier()
  }

  /** That the tree of now continues the old one; nothing to prove of an empty or an equal one. */
  proof(): readonly Uint8Array[] {
    if (this.oldSize === 0 || this.oldSize === this.size) return []
    return consistencyProof(this.#subtrees(), this.oldSize, this.size)
  }

  /** Asked only for subtrees of the old frontier, and for those wholly after it. */
  #subtrees(): SubtreeHash {
    const { size, hashes } = this.#old
    const known = new Map<string, Uint8Array>()
    let start = 0
    for (const hash of hashes) {
      const level = Math.floor(Math.log2(size - start))
      known.set(`${level}/${start / 2 ** level}`, hash)
      start += 2 ** level
    }
    const read: SubtreeHash = (level, index) => {
      const old = known.get(`${level}/${index}`)
      if (old) return old
      const first = index * 2 ** level - size
      if (level > 0) return nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
      const leaf = this.#leaves[first]
      assert(leaf, 'the subtree is of the old frontier or after it')
      return leaf
    }
    return read
  }
}
