/** Budgets of outage and their burning, against outages whose truth is known. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { budgetOf, burnOf, burnWindowsMs } from './budget.ts'
import type { Spent } from './time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const objective = { percent: 99.9, days: 30 }

test('budget: 99.9 per cent of thirty days leaves 43 minutes and 12 seconds', () => {
  const { allowedMs, leftMs } = budgetOf(objective, { downMs: 50 * MINUTE_MS })
  assert.equal(Math.round(allowedMs), 43.2 * MINUTE_MS)
  assert.equal(Math.round(leftMs), -6.8 * MINUTE_MS)
})

/** An outage that began so long ago and ended so long ago. */
function outage(fromMs: number, untilMs: number): (windowMs: number) => Spent {
  return (windowMs) => {
    const downMs = Math.max(0, Math.min(windowMs, fromMs) - untilMs)
    return { upMs: windowMs - downMs, downMs, unknownMs: 0 }
  }
}

test('budget: a whole outage burns fast after a minute of it, and no more once it is over', () => {
  assert.equal(burnOf(objective, outage(20_000, 0)), undefined, 'a hiccup')
  assert.equal(burnOf(objective, outage(MINUTE_MS, 0))?.rule.name, 'fast')
  assert.equal(burnOf(objective, outage(10 * MINUTE_MS, 6 * MINUTE_MS))?.rule.name, 'steady')
  assert.equal(burnOf(objective, outage(50 * MINUTE_MS, 31 * MINUTE_MS))?.rule.name, 'slow')
  assert.equal(burnOf(objective, outage(7 * HOUR_MS, 6.5 * HOUR_MS)), undefined)
})

test('budget: a trickle of one in a thousand is slow, less is nothing', () => {
  const trickle = (part: number) => (windowMs: number) => {
    return { upMs: windowMs * (1 - part), downMs: windowMs * part, unknownMs: 0 }
  }
  assert.equal(burnOf(objective, trickle(0.0011))?.rule.name, 'slow')
  assert.equal(burnOf(objective, trickle(0.0009)), undefined)
  assert.equal(burnOf(objective, trickle(0.02))?.rule.name, 'fast')
})

test('budget: time of which nobody knows burns nothing', () => {
  const unknown = (windowMs: number): Spent => ({ upMs: 0, downMs: 0, unknownMs: windowMs })
  assert.equal(burnOf(objective, unknown), undefined)
  assert.deepEqual(
    burnWindowsMs.map((ms) => ms / MINUTE_MS),
    [5, 30, 60, 360, 4320],
  )
})
