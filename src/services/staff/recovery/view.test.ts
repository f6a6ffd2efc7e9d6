/** What the picture of recovery shows, and where. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Recovery, RecoveryBackup } from '../ports.ts'
import { columnsOf, shareOf, ticksOf, viewOf } from './view.ts'
import { DAY_MS, HOUR_MS, lasting, spoken } from './words.ts'

const NOW = Date.UTC(2026, 10, 23, 17, 20)

function backupAt(finishedMs: number, more: Partial<RecoveryBackup> = {}): RecoveryBackup {
  const rest = { storedBytes: 1, damagedPages: 0, drilledMs: undefined, parentId: undefined }
  return { id: `at-${finishedMs}`, kind: 'full', finishedMs, ...rest, ...more }
}

const recovery: Recovery = {
  backups: [90, 40, 3, 1].map((days) => backupAt(NOW - days * DAY_MS)),
  untilMs: NOW,
  uncertain: [],
  gaps: [],
  holds: [],
  destroyed: undefined,
}

test('the whole is shown first, and a little of what was destroyed before it', () => {
  const view = viewOf(recovery, NOW, undefined, undefined)
  assert.deepEqual(view, { span: 'all', fromMs: NOW - 90 * DAY_MS, toMs: NOW })
  const destroyed = { untilMs: NOW - 90 * DAY_MS, receipts: 1 }
  const more = viewOf({ ...recovery, destroyed }, NOW, undefined, undefined)
  assert(more.fromMs < view.fromMs && more.fromMs > view.fromMs - 5 * DAY_MS)
})

test('a moment that was picked is shown with its day around it, inside of what there is', () => {
  const atMs = NOW - 39.5 * DAY_MS
  const view = viewOf(recovery, NOW, atMs, undefined)
  assert.deepEqual([view.span, shareOf(atMs, view)], ['day', 0.5])
  const last = viewOf(recovery, NOW, NOW - HOUR_MS, 'week')
  assert.deepEqual([last.span, last.toMs], ['week', NOW])
  assert.equal(viewOf(recovery, NOW, NOW - 90 * DAY_MS, 'day').fromMs, NOW - 90 * DAY_MS)
  const young = { ...recovery, backups: [backupAt(NOW - 5 * HOUR_MS)] }
  assert.equal(viewOf(young, NOW, undefined, 'week').span, 'all')
})

test('what stands close together is one column, which tells the worst of it', () => {
  const view = { span: 'day', fromMs: NOW - DAY_MS, toMs: NOW } as const
  const drilled = { drilledMs: NOW, kind: 'differential' } as const
  const columns = columnsOf(
    [
      backupAt(NOW - 12 * HOUR_MS, drilled),
      backupAt(NOW - 12 * HOUR_MS + 1, { ...drilled, damagedPages: 2 }),
      backupAt(NOW - 2 * HOUR_MS, { kind: 'full' }),
      backupAt(NOW - 2 * HOUR_MS + 1, drilled),
      backupAt(NOW, drilled),
      backupAt(NOW - 2 * DAY_MS),
    ],
    view,
    10,
  )
  assert.deepEqual(
    columns.map(({ at, backups, full, drilled: all, damaged }) => [
      at,
      backups.length,
      full,
      all,
      damaged,
    ]),
    [
      [0.55, 2, false, true, true],
      [0.95, 3, true, false, false],
    ],
  )
})

test('the scale has round moments, few enough to be read', () => {
  const day = ticksOf({ span: 'day', fromMs: NOW - DAY_MS, toMs: NOW }, 4)
  assert.deepEqual(
    day.map(({ ms, day: is }) => [new Date(ms).getUTCHours(), is]),
    [
      [18, false],
      [0, true],
      [6, false],
      [12, false],
    ],
  )
  assert(ticksOf({ span: 'all', fromMs: NOW - 95 * DAY_MS, toMs: NOW }, 4).length <= 4)
})

test('moments and lengths are told as people tell them', () => {
  assert.equal(spoken(NOW, NOW), '23 November, 17:20:00')
  assert.equal(spoken(NOW - 365 * DAY_MS, NOW), '23 November 2025, 17:20:00')
  const lengths = [-5, 59_400, 90_000, 30 * HOUR_MS, 40 * DAY_MS].map(lasting)
  assert.deepEqual(lengths, ['0 s', '59 s', '2 min', '30 h', '40 days'])
})
