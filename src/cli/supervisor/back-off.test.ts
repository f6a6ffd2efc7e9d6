/** Restarts are quick at first, never a storm, and forgiven after a healthy minute. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { afterEnd, noRestarts } from './back-off.ts'

test('back-off: delays double from 100 ms and stop growing at 30 s', () => {
  let restarts = noRestarts
  const delays: number[] = []
  for (let end = 0; end < 12; end++) {
    const next = afterEnd(restarts, 10)
    restarts = next.restarts
    delays.push(next.delayMs)
  }
  assert.deepEqual(delays.slice(0, 5), [100, 200, 400, 800, 1600])
  assert.deepEqual(delays.slice(-3), [30_000, 30_000, 30_000])
})

test('back-off: a process that was healthy for a minute starts again at once', () => {
  const tired = { inARow: 9 }
  assert.equal(afterEnd(tired, 59_999).delayMs, 30_000)
  assert.equal(afterEnd(tired, 60_000).delayMs, 100)
})
