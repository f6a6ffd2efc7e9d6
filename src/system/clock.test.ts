/** Waiting with an end, and without a timer that outlives it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadline, settledWithin, systemClock } from './clock.ts'

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

test('clock: a deadline aborts when over or told to stop, and never once disposed of', async () => {
  using over = deadline(systemClock, 5, new AbortController().signal)
  const stop = new AbortController()
  using stopped = deadline(systemClock, 60_000, stop.signal)
  const kept = deadline(systemClock, 5, new AbortController().signal)
  kept[Symbol.dispose]()
  stop.abort()
  await systemClock.sleep(50)
  assert.equal((over.signal.reason as Error).name, 'TimeoutError')
  assert.ok(stopped.signal.aborted)
  assert.equal(kept.signal.aborted, false)
})
