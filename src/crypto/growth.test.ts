/** Proofs from a frontier and the leaves since are those of the whole tree, at all sizes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Growth } from './growth.ts'
import { leafHash, MerkleTree } from './merkle.ts'
import { consistencyProof, subtreesOf, verifyConsistency } from './merkle-proof.ts'

test('growth: the proof of every growth up to 80 leaves is that of the whole tree', () => {
  const leaves = Array.from({ length: 80 }, (_, at) => leafHash(Uint8Array.of(at)))
  const whole = subtreesOf(leaves)
  for (let oldSize = 1; oldSize <= leaves.length; oldSize++) {
    const old = new MerkleTree()
    for (const leaf of leaves.slice(0, oldSize)) old.append(leaf)
    const growth = new Growth(old.frontier())
    for (let size = oldSize; size <= leaves.length; size++) {
      if (size > oldSize) growth.append(leaves[size - 1]!)
      const proof = growth.proof()
      assert.deepEqual(proof, consistencyProof(whole, oldSize, size), `${oldSize} to ${size}`)
      const claim = { oldSize, oldRoot: old.root(), size, root: growth.root() }
      assert.ok(verifyConsistency(claim, proof), `${oldSize} to ${size}`)
    }
  }
})
