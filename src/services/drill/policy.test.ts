/** When a drill is due, and to which moment. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Receipt } from '#crypto/receipt.ts'
import { nextTask, randomMoment, type Schedule } from './policy.ts'
import type { DrillBackup } from './ports.ts'

const HOUR_MS = 3_600_000
const schedule: Schedule = {
  everyMs: 24 * HOUR_MS,
  verifyEveryMs: 20 * HOUR_MS,
  firstAfterMs: 20_000,
  retryMs: 900_000,
}

function backup(id: string, finishedHours: number): DrillBackup {
  const finishedMs = finishedHours * HOUR_MS
  return { id, finishedMs, endLsn: '0/1', plainBytes: 1, manifest: '' }
}

function drill(of: string, hours: number, passed = true): Receipt {
  return { kind: 'drill', passed, backup: of, endedMs: hours * HOUR_MS } as Receipt
}

function verify(hours: number, passed = true): Receipt {
  return { kind: 'verify', passed, endedMs: hours * HOUR_MS } as Receipt
}

function dueAt(
  hours: number,
  backups: readonly DrillBackup[],
  receipts: readonly Receipt[],
): string {
  const task = nextTask(hours * HOUR_MS, backups, receipts, schedule)
  if (!task) return 'nothing'
  return task.kind === 'verify' ? 'verify' : (task.backup?.id ?? 'any')
}

const [a, b] = [backup('a', 0), backup('b', 4)]

test('drill: the first comes soon after the first backup, then all is read back', () => {
  assert.equal(dueAt(0, [], []), 'nothing')
  assert.equal(dueAt(0.005, [a], []), 'nothing')
  assert.equal(dueAt(0.006, [a], []), 'a')
  assert.equal(dueAt(0.01, [a], [drill('a', 0.01)]), 'verify')
  assert.equal(dueAt(0.02, [a], [drill('a', 0.01), verify(0.02)]), 'nothing')
})

test('drill: every backup gets one at half its day, the oldest first, and one more try', () => {
  const done = [drill('a', 0), verify(15)]
  assert.equal(dueAt(15.9, [a, b], done), 'nothing')
  assert.equal(dueAt(16, [a, b], done), 'b')
  assert.equal(dueAt(16.2, [a, b], [...done, drill('b', 16, false)]), 'nothing')
  assert.equal(dueAt(16.3, [a, b], [...done, drill('b', 16, false)]), 'b')
})

test('drill: without new backups one comes before the last is a day old', () => {
  const done = [drill('a', 0), verify(17)]
  assert.equal(dueAt(17.9, [a], done), 'nothing')
  assert.equal(dueAt(18, [a], done), 'any')
})

test('drill: all is read back again in time, and sooner after damage', () => {
  assert.equal(dueAt(20, [a], [drill('a', 19), verify(0)]), 'verify')
  assert.equal(dueAt(1.2, [a], [drill('a', 1), verify(1, false)]), 'nothing')
  assert.equal(dueAt(1.3, [a], [drill('a', 1), verify(1, false)]), 'verify')
})

test('drill: the moment lies after its backup, before the next, within what is kept', () => {
  const last = (below: number): number => below - 1
  const first = (): number => 0
  const untilMs = 6 * HOUR_MS
  assert.equal(randomMoment(a, [a, b], untilMs, first), a.finishedMs)
  assert(randomMoment(a, [a, b], untilMs, last) < b.finishedMs)
  assert.equal(randomMoment(b, [a, b], untilMs, last), untilMs - 1)
  assert.equal(randomMoment(undefined, [a, b], untilMs, last), untilMs - 1)
  assert.equal(randomMoment(b, [a, b], b.finishedMs - 1, last), b.finishedMs)
  let draw = 0
  const next = (): number => draw++
  const abandoned = (atMs: number): boolean => atMs < a.finishedMs + 3
  assert.equal(randomMoment(a, [a, b], untilMs, next, abandoned), a.finishedMs + 3)
  assert.equal(
    randomMoment(a, [a, b], untilMs, next, () => true),
    a.finishedMs,
  )
})
