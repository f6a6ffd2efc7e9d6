/** What three who look agree on, and how time is settled between them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Joint } from './joint.ts'
import { agreed } from './quorum.ts'
import type { Seen } from './time.ts'

const rule = { size: 3, freshMs: 25_000, nowMs: 100_000 }
const votes = (text: string): { seen: Seen; atMs: number }[] =>
  text.split('').map((letter) => ({
    seen: letter === 'u' ? 'up' : letter === 'd' ? 'down' : 'unknown',
    atMs: 99_000,
  }))

test('quorum: more than half of those that vote decide, and a majority of all must vote', () => {
  const told = ['uuu', 'uud', 'udd', 'ddd', 'ud?', 'uu?', 'dd?', 'u??', 'd??', '???'].map((text) =>
    agreed(votes(text), rule),
  )
  const expected = 'up up down down unknown up down unknown unknown unknown'.split(' ')
  assert.deepEqual(told, expected)
})

test('quorum: an old vote and one from the future abstain', () => {
  const old = [
    ...votes('uu'),
    { seen: 'down', atMs: 70_000 },
    { seen: 'down', atMs: 100_001 },
  ] as const
  assert.equal(agreed(old, rule), 'up')
  assert.equal(agreed([...votes('d'), { seen: 'down', atMs: 70_000 }], rule), 'unknown')
})

test('joint: time is settled by all, late, and where two do not know nobody does', () => {
  const joint = new Joint(3, 10)
  const say = (voter: string, ...looks: readonly [number, number, Seen][]): void => {
    for (const [startMs, endMs, seen] of looks) joint.add(voter, { startMs, endMs, seen })
  }
  say('a', [0, 0, 'up'], [8, 8, 'up'], [12, 14, 'down'], [16, 18, 'down'], [24, 24, 'up'])
  say('b', [0, 0, 'up'], [9, 9, 'up'], [15, 16, 'down'], [18, 19, 'down'], [26, 26, 'up'])
  say('c', [0, 0, 'up'], [1, 1, 'up'], [30, 30, 'up'])
  assert.deepEqual(joint.settle(10), [], 'not everybody has spoken')
  const spans = joint
    .settle(40)
    .map(({ fromMs, untilMs, state }) => `${fromMs}-${untilMs} ${state}`)
  const joined = spans.join(', ')
  assert.match(joined, /^0-1 up, 1-8 up, 8-9 unknown/)
  assert.match(joined, /16-18 (down|unknown)/)
  assert(!joined.includes('26-30 up'), 'one alone is no majority')
  assert.deepEqual(joint.settle(40), [], 'once')
})

test('joint: a look from before the last, of a clock set back, adds nothing', () => {
  const joint = new Joint(1, 10)
  joint.add('a', { startMs: 5, endMs: 5, seen: 'up' })
  joint.add('a', { startMs: 1, endMs: 1, seen: 'down' })
  joint.add('a', { startMs: 9, endMs: 9, seen: 'up' })
  assert.deepEqual(joint.settle(19), [{ fromMs: 5, untilMs: 9, state: 'up' }])
})
