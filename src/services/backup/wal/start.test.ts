/** Every way in which a repository, a slot and a server can stand to each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideStart, type StartFacts } from './start.ts'

const SEGMENT = 16 * 1024 * 1024
const base: StartFacts = {
  kept: undefined,
  slot: { timeline: 1, lsn: 0x300_0028n },
  server: { timeline: 1, flushLsn: 0x500_0000n },
  ancestors: [],
  walSegmentSize: SEGMENT,
}

test('start: an empty repository begins with the whole segment the slot keeps', () => {
  assert.deepEqual(decideStart(base), { kind: 'begin', at: { timeline: 1, lsn: 0x300_0000n } })
})

test('start: a repository goes on exactly where it ends, wherever the slot is', () => {
  for (const slot of [0x100_0000n, 0x412_3456n, 0x4ff_0000n]) {
    const kept = { timeline: 1, lsn: 0x412_3456n }
    const facts = { ...base, kept, slot: { timeline: 1, lsn: slot } }
    assert.deepEqual(decideStart(facts), { kind: 'continue', at: kept })
  }
})

test('start: a server that has less than the repository is refused', () => {
  const kept = { timeline: 1, lsn: 0x500_0001n }
  assert.throws(() => decideStart({ ...base, kept }), { code: 'WAL_SERVER_BEHIND' })
  const newer = { timeline: 2, lsn: 0x100n }
  assert.throws(() => decideStart({ ...base, kept: newer }), { code: 'WAL_SERVER_BEHIND' })
})

const promoted: StartFacts = {
  ...base,
  server: { timeline: 3, flushLsn: 0x900_0000n },
  ancestors: [
    { timeline: 1, endLsn: 0x412_0000n },
    { timeline: 2, endLsn: 0x712_0000n },
  ],
}

test('start: after a promotion the old timeline is first followed to its end', () => {
  const kept = { timeline: 1, lsn: 0x411_ffffn }
  assert.deepEqual(decideStart({ ...promoted, kept }), { kind: 'continue', at: kept })
})

test('start: at the branch, the next timeline begins with its whole first segment', () => {
  for (const lsn of [0x412_0000n, 0x412_0001n, 0x4ff_0000n]) {
    const decision = decideStart({ ...promoted, kept: { timeline: 1, lsn } })
    assert.deepEqual(decision, { kind: 'begin', at: { timeline: 2, lsn: 0x400_0000n } })
  }
  const second = decideStart({ ...promoted, kept: { timeline: 2, lsn: 0x712_0000n } })
  assert.deepEqual(second, { kind: 'begin', at: { timeline: 3, lsn: 0x700_0000n } })
})

test('start: a timeline the server never was on leaves a gap, and the gap is said', () => {
  const kept = { timeline: 2, lsn: 0x600_0000n }
  const ancestors = [{ timeline: 1, endLsn: 0x412_0000n }]
  const slot = { timeline: 3, lsn: 0x812_0000n }
  assert.deepEqual(decideStart({ ...promoted, ancestors, kept, slot }), {
    kind: 'gap',
    at: { timeline: 3, lsn: 0x800_0000n },
    after: kept,
  })
})

test('start: WAL the server has recycled is a gap up to what the slot keeps', () => {
  const kept = { timeline: 1, lsn: 0x212_0000n }
  const gap = { kind: 'gap', at: { timeline: 1, lsn: 0x300_0000n }, after: kept }
  assert.deepEqual(decideStart({ ...base, kept, removed: kept }), gap)
  const elsewhere = { timeline: 1, lsn: 0x211_0000n }
  assert.equal(decideStart({ ...base, kept, removed: elsewhere }).kind, 'continue')
})
