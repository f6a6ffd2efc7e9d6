/** Claim backup.schedule: backups come in time, and the log without pause. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { backupScheduleProbe, type BackupFreshness } from '#services/prober/probes/backups.ts'
import { systemClock } from '#system/clock.ts'

const HOUR_MS = 3_600_000

function measure(freshness: () => Promise<BackupFreshness>): Promise<Measured> {
  const limits = { fullAgeMaxMinutes: 480, logLagMaxSeconds: 900 }
  const probe = backupScheduleProbe({ ...limits, freshness, clock: systemClock })
  return measureClaim('backup.schedule', probe)
}

const regions = [
  { name: 'a', lagMs: 1000 },
  { name: 'b', lagMs: 899_000 },
]

test('backup.schedule: proven while the full backup and every region are fresh', async () => {
  const fullFinishedMs = Date.now() - 7.9 * HOUR_MS
  const { state, codes } = await measure(() => Promise.resolve({ fullFinishedMs, regions }))
  assert.equal(state, 'proven')
  assert.deepEqual(codes, ['BACKUP_FULL_FRESH', 'BACKUP_LOG_FRESH'])
})

test('backup.schedule: an old or missing full backup, a late or unknown region show it false', async () => {
  const fullFinishedMs = Date.now() - HOUR_MS
  const cases: readonly (readonly [code: string, BackupFreshness])[] = [
    ['BACKUP_FULL_OVERDUE', { fullFinishedMs: Date.now() - 8.1 * HOUR_MS, regions }],
    ['BACKUP_FULL_MISSING', { fullFinishedMs: null, regions }],
    ['BACKUP_LOG_LATE', { fullFinishedMs, regions: [{ name: 'a', lagMs: 901_000 }] }],
    ['BACKUP_LOG_LATE', { fullFinishedMs, regions: [{ name: 'a', lagMs: null }] }],
  ]
  for (const [code, freshness] of cases) {
    const { state, codes } = await measure(() => Promise.resolve(freshness))
    assert.equal(state, 'failing')
    assert.deepEqual(codes, [code])
  }
})

test('backup.schedule: a backup service that does not answer proves nothing', async () => {
  const { state } = await measure(() => Promise.reject(new Error('no answer')))
  assert.equal(state, 'unproven')
})
