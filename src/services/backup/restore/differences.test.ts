/**
 * What differs is found, block by block; what no extent covers is found too.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { differences, uncovered } from './differences.ts'

const BLOCK = 8192

test('differences: writing them, and only them, makes what is kept what is wanted', () => {
  for (const changed of [[], [0], [3], [1, 2], [0, 4], [0, 1, 2, 3, 4]]) {
    const kept = Buffer.alloc(4 * BLOCK + 100, 1)
    const wanted = Buffer.from(kept)
    for (const block of changed) wanted[block * BLOCK + 50] = 2
    const ranges = differences(wanted, kept)
    for (const { from, to } of ranges) wanted.copy(kept, from, from, to)
    assert(kept.equals(wanted))
    const bytes = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
    assert(bytes <= changed.length * BLOCK)
  }
})

test('differences: where less is kept than wanted, the rest is wanted', () => {
  const wanted = Buffer.alloc(3 * BLOCK)
  assert.deepEqual(differences(wanted, wanted.subarray(0, BLOCK)), [{ from: BLOCK, to: 3 * BLOCK }])
  assert.deepEqual(differences(wanted, Buffer.alloc(0)), [{ from: 0, to: 3 * BLOCK }])
})

test('uncovered: the gaps between extents, and behind the last', () => {
  const extent = (at: number, length: number): Parameters<typeof uncovered>[0][number] => ({
    at,
    length,
    backupId: '',
    pack: 0,
    offset: 0,
  })
  assert.deepEqual(uncovered([extent(10, 10), extent(20, 5)], 40), [
    { from: 0, to: 10 },
    { from: 25, to: 40 },
  ])
  assert.deepEqual(uncovered([extent(0, 40)], 40), [])
  assert.deepEqual(uncovered([extent(50, 10)], 40), [{ from: 0, to: 40 }])
  assert.deepEqual(uncovered([], 0), [])
})
