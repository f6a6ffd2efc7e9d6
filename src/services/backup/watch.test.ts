/** An alert comes once when something is wrong, and once when it is right again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BackupStatus, RegionStatus } from './status.ts'
import { Watch } from './watch.ts'

test('watch: a region that lags is told once, and its recovery once', () => {
  const watch = new Watch(60_000, 0)
  const codes = [1000, 59_000, 60_001, 70_000, 500, 400].map((lagMs) =>
    watch.look(status(100_000, lagMs)).map((event) => event.code),
  )
  assert.deepEqual(codes, [[], [], ['REGION_LAGGING'], [], ['REGION_CURRENT'], []])
})

test('watch: a region that was never complete lags since the start', () => {
  const watch = new Watch(60_000, 100_000)
  assert.deepEqual(watch.look(status(130_000, null)), [])
  assert.equal(watch.look(status(170_000, null))[0]?.code, 'REGION_LAGGING')
})

test('watch: a missing backup is told once it is an interval late', () => {
  const watch = new Watch(60_000, 0)
  assert.deepEqual(watch.look(status(500, 0, true)), [])
  assert.equal(watch.look(status(4_000_000, 0, true))[0]?.code, 'BACKUP_OVERDUE')
  assert.deepEqual(watch.look(status(4_000_001, 0, true)), [])
})

function status(nowMs: number, lagMs: number | null, overdue = false): BackupStatus {
  const region: RegionStatus = {
    name: 'a',
    required: true,
    timeline: 1,
    durableLsn: '0/1',
    lagBytes: 0,
    maxRateMib: null,
    completeUntilMs: lagMs === null ? null : nowMs - lagMs,
    lagMs,
    fault: null,
  }
  return {
    nowMs,
    full: {
      everyMs: 3_600_000,
      newest: null,
      nextMs: 0,
      overdue,
      running: null,
      lastFailure: null,
    },
    differential: {
      everyMs: 3_600_000,
      newest: null,
      nextMs: null,
      overdue: false,
      fullInstead: null,
    },
    log: { phase: 'streaming', timeline: 1, receivedLsn: null, serverEndLsn: null, fault: null },
    maxRateMib: null,
    synchronous: null,
    regions: [region],
  }
}
