/** What was added to the set is in it, in runs, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { ChangedBlocks } from './changed-blocks.ts'

const RELATION = { tablespace: 1663, database: 5, relation: 16_384 } as const
const MANY_BYTES = 1024 * 1024

function setOf(blocks: Iterable<number>): ChangedBlocks {
  const changes = new ChangedBlocks(MANY_BYTES)
  for (const block of blocks) changes.block(1663, 5, 16_384, block)
  return changes
}

function listed(changes: ChangedBlocks, from: number, to: number): number[] {
  const runs = [...changes.runs(RELATION, from, to)]
  for (const [at, { first, count }] of runs.entries()) {
    assert(count > 0 && first >= from && first + count <= to)
    const before = runs[at - 1]
    assert(!before || before.first + before.count < first, 'neighbours are one run')
  }
  return runs.flatMap(({ first, count }) => Array.from({ length: count }, (_, n) => first + n))
}

test('changed blocks: runs hold what was added, of whatever stretch is asked', () => {
  const random = mulberry32(1)
  for (let round = 0; round < 50; round++) {
    const spread = 10 ** (1 + Math.floor(random() * 4))
    const blocks = Array.from({ length: 200 }, () => Math.floor(random() * spread))
    const sorted = [...new Set(blocks)].sort((a, b) => a - b)
    const changes = setOf(blocks)
    const from = Math.floor(random() * spread)
    const to = from + Math.floor(random() * spread)
    assert.deepEqual(listed(changes, 0, spread + 5000), sorted)
    const within = sorted.filter((block) => block >= from && block < to)
    assert.deepEqual(listed(changes, from, to), within)
  }
})

test('changed blocks: a relation is known by all three of its numbers', () => {
  const changes = setOf([7])
  changes.block(1663, 6, 16_384, 8)
  changes.block(1700, 5, 16_384, 9)
  assert.deepEqual(listed(changes, 0, 100), [7])
  assert.deepEqual([...changes.runs({ ...RELATION, relation: 16_385 }, 0, 100)], [])
})

test('changed blocks: the earliest cut counts, and a new database is all cut', () => {
  const changes = setOf([])
  assert.equal(changes.cutAt(1663, 5, 16_384), Infinity)
  changes.cut(1663, 5, 16_384, 9)
  changes.cut(1663, 5, 16_384, 12)
  assert.equal(changes.cutAt(1663, 5, 16_384), 9)
  changes.database(1663, 5)
  assert.equal(changes.cutAt(1663, 5, 16_384), 0)
  assert.equal(changes.cutAt(1663, 5, 99), 0)
  assert.equal(changes.cutAt(1664, 0, 99), Infinity)
})

test('changed blocks: two sets together are what either holds', () => {
  const one = setOf([1, 5000])
  const other = setOf([2, 9000])
  other.cut(1663, 5, 16_384, 3)
  one.add(other)
  assert.deepEqual(listed(one, 0, 10_000), [1, 2, 5000, 9000])
  assert.equal(one.cutAt(1663, 5, 16_384), 3)
})

test('changed blocks: what does not fit is said, not forgotten', () => {
  const changes = new ChangedBlocks(10_000)
  const fill = (): void => {
    for (let n = 0; n < 100; n++) changes.block(1663, 5, n, 0)
  }
  assert.throws(fill, { code: 'WAL_SUMMARY_TOO_LARGE' })
})
