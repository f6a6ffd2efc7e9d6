/** A year of states: midnight, gaps, what a day is called, what a file may say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY_MS, HOUR_MS } from './claim.ts'
import { addTime, fromKept, HISTORY_DAYS, historyOf, toKept, type History } from './history.ts'
import { claimStatus, type ClaimState, type ClaimStatus } from './state.ts'
import { claims } from './table.ts'

const [first = assert.fail()] = claims
const NOON = Date.UTC(2026, 10, 23, 12)

function inState(state: ClaimState): readonly ClaimStatus[] {
  return [{ ...claimStatus(first, '', undefined, undefined, NOON), state }]
}

test('history: time over midnight is parted between the days', () => {
  const history: History = new Map()
  addTime(history, inState('proven'), NOON, NOON + DAY_MS)
  const { days, provenMs } = historyOf(history, first.id, NOON + DAY_MS)
  assert.deepEqual(
    days.map(({ state, shares }) => [state, shares.proven]),
    [
      ['proven', 12 * HOUR_MS],
      ['proven', 12 * HOUR_MS],
    ],
  )
  assert.equal(provenMs, DAY_MS)
})

test('history: a day that failed for a second is failing, otherwise the longest counts', () => {
  const history: History = new Map()
  addTime(history, inState('stale'), NOON, NOON + HOUR_MS)
  addTime(history, inState('proven'), NOON + HOUR_MS, NOON + 3 * HOUR_MS)
  assert.equal(historyOf(history, first.id, NOON).days[0]?.state, 'proven')
  addTime(history, inState('failing'), NOON + 3 * HOUR_MS, NOON + 3 * HOUR_MS + 1000)
  assert.equal(historyOf(history, first.id, NOON).days[0]?.state, 'failing')
})

test('history: a day that nobody watched is in no state, and counts for nothing', () => {
  const history: History = new Map()
  addTime(history, inState('proven'), NOON, NOON + HOUR_MS)
  addTime(history, inState('proven'), NOON + 2 * DAY_MS, NOON + 2 * DAY_MS + HOUR_MS)
  const { days, watchedMs } = historyOf(history, first.id, NOON + 2 * DAY_MS + HOUR_MS)
  assert.deepEqual(
    days.map(({ state }) => state),
    ['proven', 'unwatched', 'proven'],
  )
  assert.equal(watchedMs, 2 * HOUR_MS)
})

test('history: twelve months are kept, no day more', () => {
  const history: History = new Map()
  for (let day = 0; day < 500; day++) {
    addTime(history, inState('proven'), NOON + day * DAY_MS, NOON + day * DAY_MS + HOUR_MS)
  }
  assert.equal(historyOf(history, first.id, NOON + 499 * DAY_MS).days.length, HISTORY_DAYS)
})

test('history: what is kept is read back; what is no history begins anew', () => {
  const history: History = new Map()
  addTime(history, inState('excepted'), NOON, NOON + HOUR_MS)
  assert.deepEqual(fromKept(JSON.parse(JSON.stringify(toKept(history)))), history)
  for (const wrong of [undefined, null, 3, {}, { version: 2, claims: {} }, { version: 1 }]) {
    assert.equal(fromKept(wrong).size, 0)
  }
  const odd = { version: 1, claims: { [first.id]: { x: {}, 5: { proven: -1, stale: 'x' } } } }
  assert.deepEqual(fromKept(odd).get(first.id), new Map([[5, {}]]))
})
