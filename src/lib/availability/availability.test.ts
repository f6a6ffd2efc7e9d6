/** Availability as time, against schedules whose truth is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { confirm, unseen, type Confirmed } from './confirm.ts'
import { lastDays } from './days.ts'
import {
  addSpent,
  availability,
  nothing,
  percent,
  slices,
  spentIn,
  stateBetween,
  type Check,
  type Seen,
  type Spent,
} from './time.ts'

const DAY_MS = 86_400_000
const thresholds = { up: 2, down: 2, unknown: 2 }

function total(checks: readonly Check[], gapMaxMs: number): Spent {
  return checks.slice(1).reduce((sum, check, at) => {
    const before = checks[at]!
    const state = stateBetween(before, check, gapMaxMs)
    return addSpent(sum, spentIn(state, check.atMs - before.atMs))
  }, nothing)
}

test('availability: the truth of every outage that a check met lies between the two bounds', () => {
  for (const [downFrom, downUntil] of [
    [100_000, 200_000],
    [103_000, 111_000],
    [109_000, 110_500],
    [0, 995_000],
  ] as const) {
    const checks = Array.from({ length: 101 }, (_, at): Check => {
      const atMs = at * 10_000
      return { atMs, seen: atMs >= downFrom && atMs < downUntil ? 'down' : 'up' }
    })
    const truth = 1 - (downUntil - downFrom) / 1_000_000
    const bounds = availability(total(checks, 25_000))!
    assert(bounds.lowest <= truth, `${bounds.lowest} ${truth}`)
    assert(bounds.highest >= truth, `${bounds.highest} ${truth}`)
  }
})

test('availability: a gap, and time when nobody could look, is unknown, and stays', () => {
  const checks: Check[] = [
    { atMs: 0, seen: 'up' },
    { atMs: 10_000, seen: 'up' },
    { atMs: 70_000, seen: 'up' },
    { atMs: 80_000, seen: 'unknown' },
    { atMs: 90_000, seen: 'unknown' },
    { atMs: 100_000, seen: 'up' },
  ]
  const spent = total(checks, 25_000)
  assert.deepEqual(spent, { upMs: 10_000, downMs: 0, unknownMs: 90_000 })
  assert.deepEqual(availability(spent), { lowest: 0.1, highest: 1 })
  assert.equal(availability(nothing), undefined)
})

test('availability: a clock that was set back adds no time', () => {
  const before: Check = { atMs: 1000, seen: 'up' }
  assert.equal(stateBetween(before, { atMs: 500, seen: 'up' }, 25_000), 'unknown')
  assert.deepEqual(slices(1000, 500, 60_000), [])
})

test('availability: slices are whole, in order, and none crosses a boundary', () => {
  const found = slices(59_000, 181_000, 60_000)
  assert.deepEqual(found, [
    { startMs: 0, ms: 1000 },
    { startMs: 60_000, ms: 60_000 },
    { startMs: 120_000, ms: 60_000 },
    { startMs: 180_000, ms: 1000 },
  ])
})

test('availability: percentages never round in our favour', () => {
  assert.equal(percent(1, 2), '100.00')
  assert.equal(percent(0.999999, 2), '99.99')
  assert.equal(percent(0.9995, 2), '99.95')
  assert.equal(percent(0, 2), '0.00')
})

test('confirm: one bad check among good ones tells nothing, nor one good among bad', () => {
  let state = unseen(0)
  const told: Seen[] = []
  for (const [at, seen] of 'uuduudduddduu'.split('').entries()) {
    const check = { atMs: at, seen: seen === 'u' ? 'up' : 'down' } as const
    state = confirm(state, check, thresholds)
    told.push(state.state)
  }
  const letters = told.map((seen) => (seen === 'unknown' ? '?' : seen[0])).join('')
  assert.equal(letters, '?uuuuuddddddu')
  assert.deepEqual(state, { state: 'up', sinceMs: 11 } satisfies Confirmed)
})

test('days: time before it was watched is none, missing time is unknown, any outage shows', () => {
  const nowMs = 10 * DAY_MS + DAY_MS / 2
  const hour = { upMs: 3_600_000, downMs: 0, unknownMs: 0 }
  const stretches = [
    ...Array.from({ length: 24 }, (_, at) => ({ startMs: 8 * DAY_MS + at * 3_600_000, ...hour })),
    { startMs: 9 * DAY_MS, upMs: DAY_MS - 60_000, downMs: 60_000, unknownMs: 0 },
    { startMs: 10 * DAY_MS, upMs: 0, downMs: DAY_MS / 2, unknownMs: 0 },
  ]
  const days = lastDays(stretches, 7 * DAY_MS + DAY_MS / 2, nowMs, 5)
  assert.deepEqual(
    days.map(({ state }) => state),
    ['none', 'unknown', 'up', 'partly', 'down'],
  )
  assert.equal(days[1]?.unknownMs, DAY_MS / 2)
})
