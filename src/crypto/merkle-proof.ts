/**
 * Proofs about a Merkle tree: this leaf is in it; this tree continues that one.
 *
 * A proof is made from the hashes of perfect subtrees, wherever they are kept (memory, tiles), and
 * is checked by anybody with two roots and no trust in who made it.
 *
 * Source: RFC 6962, sections 2.1.1 and 2.1.2; checking as in RFC 9162, 2.1.3.2 and 2.1.4.2.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { nodeHash } from './merkle.ts'

/** Hash of the perfect subtree that covers leaves `index` × 2^`level` and the 2^level − 1 after. */
export type SubtreeHash = (level: number, index: number) => Uint8Array

/** Reads from leaf hashes in memory; every subtree is computed once. */
export function subtreesOf(leafHashes: readonly Uint8Array[]): SubtreeHash {
  const known = new Map<string, Uint8Array>()
  const read: SubtreeHash = (level, index) => {
    if (level === 0) {
      const leaf = leafHashes[index]
      assert(leaf, `the tree has no leaf ${index}`)
      return leaf
    }
    const key = `${level}/${index}`
    const hash =
      known.get(key) ?? nodeHash(read(level - 1, 2 * index), read(level - 1, 2 * index + 1))
    known.set(key, hash)
    return hash
  }
  return read
}

/** The root of the first `size` leaves; `size` at least 1. */
export function rootFrom(subtree: SubtreeHash, size: number): Uint8Array {
  return rangeHash(subtree, 0, size)
}

/** The sibling hashes from leaf `index` up to the root of the first `size` leaves. */
export function inclusionProof(subtree: SubtreeHash, index: number, size: number): Uint8Array[] {
  assert(0 <= index && index < size, 'the leaf is in the tree')
  const path: Uint8Array[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + split(end - start)
    path.push(index < middle ? rangeHash(subtree, middle, end) : rangeHash(subtree, start, middle))
    if (index < middle) end = middle
    else start = middle
  }
  return path.reverse()
}

/** What shows that the first `size` leaves begin with the first `oldSize`, unchanged. */
export function consistencyProof(
  subtree: SubtreeHash,
  oldSize: number,
  size: number,
): Uint8Array[] {
  assert(0 < oldSize && oldSize <= size, 'the old tree is a part of the new one')
  const proof: Uint8Array[] = []
  let start = 0
  let end = size
  while (oldSize < end) {
    const middle = start + split(end - start)
    proof.push(
      oldSize <= middle ? rangeHash(subtree, middle, end) : rangeHash(subtree, start, middle),
    )
    if (oldSize <= middle) end = middle
    else start = middle
  }
  if (start > 0) proof.push(rangeHash(subtree, start, end)) // else the verifier knows it: oldRoot
  return proof.reverse()
}

export type InclusionClaim = {
  readonly leaf: Uint8Array
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
}

/** Whether the proof shows that the leaf is in the tree. Never throws, whatever it is given. */
export function verifyInclusion(claim: InclusionClaim, proof: readonly Uint8Array[]): boolean {
  const { index, size } = claim
  if (!isCount(index) || !isCount(size) || index >= size) return false
  let at = index
  let last = size - 1
  let hash = claim.leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)]
    } else hash = nodeHash(hash, sibling)
    at = half(at)
    last = half(last)
  }
  return last === 0 && equal(hash, claim.root)
}

export type ConsistencyClaim = {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
}

/** Whether the proof shows that the new tree continues the old one. Never throws. */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { oldSize, oldRoot, size, root } = claim
  if (!isCount(oldSize) || !isCount(size) || oldSize === 0 || oldSize > size) return false
  if (oldSize === size) return proof.length === 0 && equal(oldRoot, root)
  let at = oldSize - 1
  let last = size - 1
  while (at % 2 === 1) [at, last] = [half(at), half(last)]
  const rest = at === 0 ? [oldRoot, ...proof] : [...proof] // a perfect old tree is its own start
  const first = rest.shift()
  if (!first) return false
  let oldHash = first
  let hash = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(sibling, oldHash)
      hash = nodeHash(sibling, hash)
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)]
    } else hash = nodeHash(hash, sibling)
    at = half(at)
    last = half(last)
  }
  return last === 0 && equal(oldHash, oldRoot) && equal(hash, root)
}

/** MTH of the leaves from `start` to before `end`; `start` is a multiple of every split below. */
function rangeHash(subtree: SubtreeHash, start: number, end: number): Uint8Array {
  const width = end - start
  if (width === 1) return subtree(0, start)
  const left = split(width)
  if (2 * left === width) return subtree(Math.log2(width), start / width)
  const middle = start + left
  return nodeHash(rangeHash(subtree, start, middle), rangeHash(subtree, middle, end))
}

/** The largest power of two smaller than `width`; `width` at least 2. */
function split(width: number): number {
  let power = 1
  while (2 * power < width) power *= 2
  return power
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
