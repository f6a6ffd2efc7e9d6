/** The pace of one domain: grows with success, stops with failure, and never for the others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from './pace.ts'

test('pace: a domain that takes mail gets more at once, up to the limit', () => {
  const pace = new Pace(4)
  assert.equal(pace.room('a.example', 0), 2)
  for (let mail = 0; mail < 10; mail++) pace.answered('a.example')
  assert.equal(pace.room('a.example', 0), 4)
})

test('pace: a domain that is away is asked ever more rarely, by one, and at least hourly', () => {
  const pace = new Pace(4)
  let nowMs = 0
  let asked = 0
  for (; nowMs < 24 * 3_600_000; nowMs += 1000) {
    if (pace.room('a.example', nowMs) === 0) continue
    asked++
    for (let mail = 0; mail < 3; mail++) pace.away('a.example', nowMs)
    assert.equal(pace.room('b.example', nowMs), 2, 'others are not held up')
  }
  assert(asked >= 24 && asked <= 32, `${asked} attempts in a day`)
  pace.answered('a.example')
  assert(pace.room('a.example', nowMs) > 0)
})

test('pace: failures at the same moment count as one', () => {
  const pace = new Pace(4)
  for (let mail = 0; mail < 4; mail++) pace.away('a.example', 0)
  assert.equal(pace.room('a.example', 29_999), 0)
  assert.equal(pace.room('a.example', 30_000), 1)
})
