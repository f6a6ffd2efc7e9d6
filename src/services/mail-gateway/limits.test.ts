/** Pauses, limits and rates, at their edges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryPauseMs, SenderRate } from './limits.ts'

test('limits: pauses only grow, and stop growing at four hours', () => {
  const pauses = Array.from({ length: 30 }, (_, at) => retryPauseMs(at + 1))
  assert.deepEqual(
    pauses,
    pauses.toSorted((a, b) => a - b),
  )
  assert.equal(pauses[0], 30_000)
  assert.equal(pauses.at(-1), 14_400_000)
})

test('limits: a sender may spend a minute at once, then the rate', () => {
  const rate = new SenderRate(60, 0)
  const taken = (nowMs: number, times: number): number =>
    Array.from({ length: times }, () => rate.take(nowMs)).filter(Boolean).length
  assert.equal(taken(0, 100), 60)
  assert.equal(taken(5_000, 100), 5)
  assert.equal(taken(3_600_000, 100), 60, 'an idle hour saves up a minute, not an hour')
})
