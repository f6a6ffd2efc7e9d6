/** Claim backup.schedule: backups come in time, and the log without pause. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { backupScheduleProbe, type BackupFreshness } from '#services/prober/probes/backups.ts'
import { systemClock } from '#system/clock.ts'

const HOUR_MS = 3_600_000

function measure(freshness: () => Promise<BackupFreshness>): Promise<Measured> {
  const limits = { fullAgeMaxMinutes: 480, differentialAgeMaxMinutes: 120, logLagMaxSeconds: 900 }
  const probe = backupScheduleProbe({ ...limits, freshness, clock: systemClock })
  return measureClaim('backup.schedule', probe)
}

const regions = [
  { name: 'a', lagMs: 1000 },
  { name: 'b', lagMs: 899_000 },
]

test('backup.schedule: proven while the full backup and every region are fresh', async () => {
  const fullFinishedMs = Date.now() - 7.9 * HOUR_MS
  const differentialFinishedMs = Date.now() - 1.9 * HOUR_MS
  const fresh = { fullFinishedMs, differentialFinishedMs, regions }
  const { state, codes } = await measure(() => Promise.resolve(fresh))
  assert.equal(state, 'proven')
  assert.deepEqual(codes, ['BACKUP_DIFFERENCE_FRESH', 'BACKUP_FULL_FRESH', 'BACKUP_LOG_FRESH'])
})

test('backup.schedule: right after a full backup it says that no difference was made yet', async () => {
  for (const differentialFinishedMs of [null, Date.now() - 5 * HOUR_MS]) {
    const fresh = { fullFinishedMs: Date.now() - HOUR_MS, differentialFinishedMs, regions }
    const { state, codes } = await measure(() => Promise.resolve(fresh))
    assert.equal(state, 'proven')
    assert(codes.includes('BACKUP_DIFFERENCE_NOT_DUE'))
    assert(!codes.includes('BACKUP_DIFFERENCE_FRESH'))
  }
})

test('backup.schedule: without differences for longer than the limit it is false', async () => {
  for (const differentialFinishedMs of [null, Date.now() - 2.1 * HOUR_MS]) {
    const fullFinishedMs = Date.now() - 2.2 * HOUR_MS
    const late = { fullFinishedMs, differentialFinishedMs, regions }
    const { state, codes } = await measure(() => Promise.resolve(late))
    assert.equal(state, 'failing')
    assert.deepEqual(codes, ['BACKUP_DIFFERENCE_OVERDUE'])
  }
})

test('backup.schedule: an old or missing full backup, a late or unknown region show it false', async () => {
  const fullFinishedMs = Date.now() - HOUR_MS
  const differentialFinishedMs = fullFinishedMs
  const recent = { fullFinishedMs, differentialFinishedMs }
  const cases: readonly (readonly [code: string, BackupFreshness])[] = [
    ['BACKUP_FULL_OVERDUE', { ...recent, fullFinishedMs: Date.now() - 8.1 * HOUR_MS, regions }],
    ['BACKUP_FULL_MISSING', { ...recent, fullFinishedMs: null, regions }],
    ['BACKUP_LOG_LATE', { ...recent, regions: [{ name: 'a', lagMs: 901_000 }] }],
    ['BACKUP_LOG_LATE', { ...recent, regions: [{ name: 'a', lagMs: null }] }],
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

test('backup.schedule: one that falls silent proves nothing, and is false when its time is over', async () => {
  const recent = Date.now() - HOUR_MS
  const word = { fullFinishedMs: recent, differentialFinishedMs: recent, regions }
  const said = [Promise.resolve(word)]
  let nowMs = 0
  const probe = backupScheduleProbe({
    fullAgeMaxMinutes: 480,
    differentialAgeMaxMinutes: 120,
    logLagMaxSeconds: 1000,
    freshness: () => said.pop() ?? Promise.reject(new Error('no answer')),
    clock: { ...systemClock, monotonicMs: () => nowMs },
  })
  assert.equal((await measureClaim('backup.schedule', probe)).state, 'proven')
  assert.equal((await measureClaim('backup.schedule', probe)).state, 'unproven')
  nowMs = 102_000
  const { state, codes } = await measureClaim('backup.schedule', probe)
  assert.deepEqual([state, codes], ['failing', ['BACKUP_LOG_LATE']])
})
