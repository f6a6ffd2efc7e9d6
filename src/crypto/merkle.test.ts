/** The Merkle tree against published vectors, its own laws, and everything that is not a proof. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, readVectors, toHex } from '#kit/vectors.ts'
import {
  consistencyProof,
  inclusionProof,
  rootFrom,
  subtreesOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle-proof.ts'
import { EMPTY_ROOT, leafHash, MerkleTree, rootOf } from './merkle.ts'

const texts = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].concat(
  '606162636465666768696a6b6c6d6e6f',
)
const leaves = texts.map((text) => leafHash(hex(text)))

for (const vector of readVectors(new URL('testdata/merkle.vectors', import.meta.url))) {
  test(`merkle: ${vector.case}`, () => {
    const size = Number(vector['size'])
    const subtree = subtreesOf(leaves)
    const proof = vector['proof']?.split(' ')
    if (vector['index']) {
      assert.deepEqual(inclusionProof(subtree, Number(vector['index']), size).map(toHex), proof)
    } else if (vector['from']) {
      assert.deepEqual(consistencyProof(subtree, Number(vector['from']), size).map(toHex), proof)
    } else {
      assert.equal(toHex(grown(leaves.slice(0, size)).root()), vector['root'])
      if (size > 0) assert.equal(toHex(rootFrom(subtree, size)), vector['root'])
    }
  })
}

const SIZES = 40
const many = Array.from({ length: SIZES }, (_, index) => leafHash(Uint8Array.of(index)))
const subtree = subtreesOf(many)

test('merkle: a tree continued from its frontier is the tree that never stopped', () => {
  for (let size = 0; size <= SIZES; size++) {
    const frontier = grown(many.slice(0, size)).frontier()
    const continued = new MerkleTree(frontier)
    for (const leaf of many.slice(size)) continued.append(leaf)
    assert.deepEqual(continued.root(), grown(many).root())
    assert.deepEqual(rootOf(frontier), size ? rootFrom(subtree, size) : EMPTY_ROOT)
  }
})

test('merkle: every leaf of every tree is proven, and only where it is', () => {
  for (let size = 1; size <= SIZES; size++) {
    const root = rootFrom(subtree, size)
    for (let index = 0; index < size; index++) {
      const leaf = many[index]!
      const proof = inclusionProof(subtree, index, size)
      assert(verifyInclusion({ leaf, index, size, root }, proof))
      const elsewhere = (index + 1) % size
      if (size > 1) assert(!verifyInclusion({ leaf, index: elsewhere, size, root }, proof))
      assert(!verifyInclusion({ leaf: leafHash(leaf), index, size, root }, proof))
      assert(!verifyInclusion({ leaf, index, size, root }, [...proof, leaf]))
      for (const cut of spoilt(proof)) assert(!verifyInclusion({ leaf, index, size, root }, cut))
    }
  }
})

test('merkle: every tree is proven to continue every smaller one, and no other', () => {
  for (let size = 1; size <= SIZES; size++) {
    const root = rootFrom(subtree, size)
    for (let oldSize = 1; oldSize <= size; oldSize++) {
      const oldRoot = rootFrom(subtree, oldSize)
      const proof = consistencyProof(subtree, oldSize, size)
      const claim = { oldSize, oldRoot, size, root }
      assert(verifyConsistency(claim, proof))
      assert(!verifyConsistency({ ...claim, oldRoot: leafHash(oldRoot) }, proof))
      assert(!verifyConsistency({ ...claim, root: leafHash(root) }, proof))
      assert(!verifyConsistency(claim, [...proof, root]))
      for (const cut of spoilt(proof)) assert(!verifyConsistency(claim, cut))
    }
  }
})

test('merkle: sizes that are none are refused', () => {
  const [leaf] = many as [Uint8Array]
  for (const size of [-1, 0, 0.5, NaN, 2 ** 60]) {
    assert(!verifyInclusion({ leaf, index: 0, size, root: leaf }, [leaf]))
    const claim = { oldSize: size, oldRoot: leaf, size: 7, root: leaf }
    assert(!verifyConsistency(claim, [leaf]))
  }
})

function grown(hashes: readonly Uint8Array[]): MerkleTree {
  const tree = new MerkleTree()
  for (const hash of hashes) tree.append(hash)
  return tree
}

/** The proof with each hash left out, and with one bit of each turned. */
function* spoilt(proof: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [at, hash] of proof.entries()) {
    yield proof.toSpliced(at, 1)
    const turned = Uint8Array.from(hash)
    turned[0] = turned[0]! ^ 1
    yield proof.toSpliced(at, 1, turned)
  }
}
