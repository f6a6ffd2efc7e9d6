/** The schedule, and its retries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOverdue, nextFullMs } from './policy.ts'

const HOUR = 3_600_000
const calm = {
  nowMs: 100 * HOUR,
  everyMs: 4 * HOUR,
  newestStartedMs: 98 * HOUR,
  wanted: false,
  failuresInARow: 0,
  lastFailureMs: 0,
}

test('schedule: four hours after the start of the last one', () => {
  assert.equal(nextFullMs(calm), 102 * HOUR)
})

test('schedule: at once when there is none, and when one is wanted', () => {
  assert.equal(nextFullMs({ ...calm, newestStartedMs: undefined }), calm.nowMs)
  assert.equal(nextFullMs({ ...calm, wanted: true }), calm.nowMs)
})

test('schedule: failures are retried soon, then less often, never less than each interval', () => {
  const failed = (failuresInARow: number, everyMs = 4 * HOUR): number =>
    nextFullMs({ ...calm, everyMs, wanted: true, failuresInARow, lastFailureMs: calm.nowMs })
  assert.deepEqual(
    [1, 2, 3, 4, 5, 60].map((count) => (failed(count) - calm.nowMs) / 60_000),
    [1, 2, 4, 8, 15, 15],
  )
  assert.equal(failed(60, 120_000) - calm.nowMs, 120_000)
})

test('schedule: overdue is half an interval late, or none at all', () => {
  assert.equal(isOverdue(calm), false)
  assert.equal(isOverdue({ ...calm, nowMs: 104 * HOUR + 1 }), true)
  assert.equal(isOverdue({ ...calm, newestStartedMs: undefined }), true)
})

test('schedule: a clock set back delays no backup, and one set forward brings one', () => {
  const back = { ...calm, nowMs: calm.newestStartedMs - 24 * HOUR }
  assert.equal(nextFullMs(back), back.nowMs, 'not a day and four hours later')
  assert.equal(isOverdue(back), true)
  assert.equal(nextFullMs({ ...calm, nowMs: calm.newestStartedMs - 1000 }), 102 * HOUR)
  const forward = { ...calm, nowMs: calm.nowMs + 24 * HOUR }
  assert(nextFullMs(forward) < forward.nowMs)
  const failed = { ...back, failuresInARow: 3, lastFailureMs: calm.nowMs }
  assert.equal(nextFullMs(failed), back.nowMs)
})

test('schedule: however many were missed, one makes up for all', () => {
  const late = { ...calm, nowMs: 1000 * HOUR }
  assert(nextFullMs(late) <= late.nowMs)
  assert.equal(nextFullMs({ ...late, newestStartedMs: late.nowMs }), late.nowMs + 4 * HOUR)
})
