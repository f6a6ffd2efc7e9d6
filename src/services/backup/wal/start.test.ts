/** Every way in which a repository, a slot and a server can stand to each other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideStart, type StartFacts } from './start.ts'

const base: StartFacts = {
  last: undefined,
  held: new Map(),
  slot: { timeline: 1, lsn: 0x300_0028n },
  server: { timeline: 1, flushLsn: 0x500_0000n },
  ancestors: [],
  walSegmentSize: 16 * 1024 * 1024,
}

test('start: an empty repository begins with the whole segment the slot keeps', () => {
  assert.deepEqual(decideStart(base), { kind: 'begin', at: { timeline: 1, lsn: 0x300_0000n } })
})

test('start: a repository goes on exactly where it ends, wherever the slot is', () => {
  for (const slot of [0x100_0000n, 0x412_3456n, 0x4ff_0000n]) {
    const facts = { ...base, ...held([1, 0x412_3456n]), slot: { timeline: 1, lsn: slot } }
    const at = { timeline: 1, lsn: 0x412_3456n }
    assert.deepEqual(decideStart(facts), { kind: 'continue', at })
  }
})

test('start: a server that has less than the repository is refused', () => {
  const ahead = { ...base, ...held([1, 0x500_0001n]) }
  assert.throws(() => decideStart(ahead), { code: 'WAL_SERVER_BEHIND' })
  const newer = { ...base, ...held([1, 0x400_0000n], [2, 0x410_0000n]) }
  assert.throws(() => decideStart(newer), { code: 'WAL_SERVER_BEHIND' }, 'an old primary rose')
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
  const decision = decideStart({ ...promoted, ...held([1, 0x411_ffffn]) })
  assert.deepEqual(decision, { kind: 'continue', at: { timeline: 1, lsn: 0x411_ffffn } })
})

test('start: at the branch, the next timeline begins with its whole first segment', () => {
  for (const lsn of [0x412_0000n, 0x412_0001n, 0x4ff_0000n]) {
    const decision = decideStart({ ...promoted, ...held([1, lsn]) })
    assert.deepEqual(decision, { kind: 'begin', at: { timeline: 2, lsn: 0x400_0000n } })
  }
  const second = decideStart({ ...promoted, ...held([1, 0x412_0000n], [2, 0x712_0000n]) })
  assert.deepEqual(second, { kind: 'begin', at: { timeline: 3, lsn: 0x700_0000n } })
})

test('start: a server restored to an earlier moment branches from what we hold of its past', () => {
  const facts = {
    ...base,
    server: { timeline: 4, flushLsn: 0x350_0000n },
    ancestors: [{ timeline: 1, endLsn: 0x312_0000n }],
    ...held([1, 0x412_0000n], [2, 0x712_0000n], [3, 0x900_0000n]),
  }
  assert.deepEqual(decideStart(facts), {
    kind: 'begin',
    at: { timeline: 4, lsn: 0x300_0000n },
  })
})

test('start: a past of which we hold nothing leaves a gap, and the gap is said', () => {
  const slot = { timeline: 3, lsn: 0x812_0000n }
  const ancestors = [{ timeline: 1, endLsn: 0x412_0000n }]
  const facts = { ...promoted, ancestors, slot, ...held([2, 0x600_0000n]) }
  assert.deepEqual(decideStart(facts), {
    kind: 'gap',
    at: { timeline: 3, lsn: 0x800_0000n },
    after: { timeline: 2, lsn: 0x600_0000n },
  })
})

test('start: WAL the server has recycled is a gap up to what the slot keeps', () => {
  const kept = { timeline: 1, lsn: 0x212_0000n }
  const facts = { ...base, ...held([1, kept.lsn]) }
  const gap = { kind: 'gap', at: { timeline: 1, lsn: 0x300_0000n }, after: kept }
  assert.deepEqual(decideStart({ ...facts, removed: kept }), gap)
  const elsewhere = { timeline: 1, lsn: 0x211_0000n }
  assert.equal(decideStart({ ...facts, removed: elsewhere }).kind, 'continue')
})

/** The last one is what was received last. */
function held(
  ...ends: (readonly [timeline: number, lsn: bigint])[]
): Pick<StartFacts, 'last' | 'held'> {
  const [timeline, lsn] = ends.at(-1)!
  return { last: { timeline, lsn }, held: new Map(ends) }
}
