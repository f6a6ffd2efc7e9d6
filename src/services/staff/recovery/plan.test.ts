/** What a moment takes, and what a person may type. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Recovery, RecoveryBackup } from '../ports.ts'
import { momentFrom, planFor } from './plan.ts'

const NOON = Date.UTC(2026, 10, 23, 12)
const HOUR_MS = 3_600_000

function backup(id: string, hour: number, parentId?: string): RecoveryBackup {
  const kind = parentId === undefined ? 'full' : 'differential'
  const rest = { storedBytes: 1, damagedPages: 0, drilledMs: undefined }
  return { id, kind, parentId, finishedMs: NOON + hour * HOUR_MS, ...rest }
}

const recovery: Recovery = {
  backups: [backup('a', 0), backup('b', 1, 'a'), backup('c', 4), backup('d', 5, 'lost')],
  untilMs: NOON + 6 * HOUR_MS,
  uncertain: [{ fromMs: NOON + 2 * HOUR_MS, toMs: NOON + 3 * HOUR_MS }],
  gaps: [{ fromMs: NOON + 4.8 * HOUR_MS, toMs: NOON + 5 * HOUR_MS, why: 'the log was lost' }],
  holds: [],
  destroyed: undefined,
}

test('recovery: a restore begins with the newest backup before, and what it builds on', () => {
  const plan = planFor(recovery, NOON + 1.5 * HOUR_MS)
  assert('backups' in plan)
  assert.deepEqual(
    plan.backups.map(({ id }) => id),
    ['b', 'a'],
  )
  assert.equal(plan.logMs, HOUR_MS / 2)
})

test('recovery: a moment too early, too late or on a broken chain has its reason', () => {
  const reason = (hour: number): string => {
    const plan = planFor(recovery, NOON + hour * HOUR_MS)
    return 'reason' in plan ? plan.reason : ''
  }
  assert.match(reason(-1), /oldest backup was finished at 2026-11-23T12:00:00Z/)
  assert.match(reason(6.5), /nothing after 2026-11-23T18:00:00Z/)
  assert.match(reason(5.5), /d builds on a missing backup/)
  assert.match(reason(2.5), /went on from an older moment/)
  assert.equal(reason(4.5), '')
  assert.match(reason(4.9), /the log was lost; pick one before 2026-11-23T16:48:00Z or after/)
  const destroyed = { untilMs: NOON, receipts: 3 }
  const old = planFor({ ...recovery, destroyed }, NOON - HOUR_MS)
  assert.match('reason' in old ? old.reason : '', /was destroyed, as retention promises/)
  const none = planFor({ ...recovery, backups: [], untilMs: undefined }, NOON)
  assert.deepEqual(none, { reason: 'no backup is finished yet' })
})

test('recovery: a moment is read strictly, as UTC', () => {
  assert.equal(momentFrom('2026-11-23T12:00'), NOON)
  assert.equal(momentFrom('2026-11-23T12:00:05'), NOON + 5000)
  for (const wrong of ['', 'now', '2026-13-01T00:00', '2026-11-23T12:00Z', '2026-11-23 12:00']) {
    assert.equal(momentFrom(wrong), undefined, wrong)
  }
})
