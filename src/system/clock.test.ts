/** Waiting with an end, and without a timer that outlives it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settledWithin, systemClock } from './clock.ts'

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

test('clock: work that settles, well or badly, is waited for and no timer stays', async () => {
  const before = timers()
  await settledWithin(Promise.resolve(), 60_000, systemClock)
  await settledWithin(Promise.reject(new Error('no')), 60_000, systemClock)
  assert.equal(timers(), before)
})

test('clock: work that never settles is not waited for longer than said', async () => {
  await settledWithin(new Promise(() => undefined), 5, systemClock)
})
