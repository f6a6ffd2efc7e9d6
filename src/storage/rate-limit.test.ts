/** The bandwidth of a region: kept over time, and never in the way of the log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RateLimit } from './rate-limit.ts'

test('what comes together goes one after the other, at the rate', () => {
  const limit = new RateLimit(1000)
  const waits = [500, 500, 1000, 0].map((bytes) => limit.book(10_000, bytes, false))
  assert.deepEqual(waits, [0, 500, 1000, 2000])
})

test('time that went by unused is not saved up', () => {
  const limit = new RateLimit(1000)
  limit.book(0, 1000, false)
  assert.equal(limit.book(60_000, 5000, false), 0)
  assert.equal(limit.book(60_000, 1, false), 5000)
})

test('the log does not wait for a backup, and the backup makes room for it', () => {
  const limit = new RateLimit(1000)
  limit.book(0, 16_000, false)
  assert.equal(limit.book(1000, 500, true), 0)
  assert.equal(limit.book(1000, 500, true), 500)
  assert.equal(limit.book(1000, 1, false), 16_000)
})

test('whatever comes and when: over time no more passes than the limit and one object', () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const limit = new RateLimit(1000)
  const sent: { atMs: number; bytes: number }[] = []
  let [bulkAtMs, urgentAtMs] = [0, 0]
  for (let step = 0; step < 5000; step++) {
    const urgent = urgentAtMs < bulkAtMs // in the order of time
    const bytes = random(urgent ? 100 : 5000)
    const nowMs = urgent ? urgentAtMs : bulkAtMs
    const atMs = nowMs + limit.book(nowMs, bytes, urgent) // each kind sends one at a time
    sent.push({ atMs, bytes })
    if (urgent) urgentAtMs = atMs + random(200)
    else bulkAtMs = atMs + random(1000)
  }
  const last = Math.min(bulkAtMs, urgentAtMs)
  const total = sent.filter(({ atMs }) => atMs <= last).reduce((sum, one) => sum + one.bytes, 0)
  assert(total <= last + 2 * 5000, `${total} bytes in ${last} ms`)
})
