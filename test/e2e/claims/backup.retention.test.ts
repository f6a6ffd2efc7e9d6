/** Claim backup.retention: every moment of the window is restorable, nothing older is readable. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { openSmall } from '#kit/repository.ts'
import {
  DAY_MS,
  days,
  openInTime,
  repositoryInTime,
  synthesizeIn,
  type RepositoryInTime,
} from '#kit/repository-in-time.ts'
import { FaultError } from '#lib/errors.ts'
import { RetentionMeter } from '#services/backup/retention/measure.ts'
import { dueSynthesis } from '#services/backup/synthetic/due.ts'
import { retentionProbe } from '#services/prober/probes/retention.ts'

const HOUR_MS = 3_600_000
/** Backups come by the quarter of a day here, where the real ones come by the hour. */
const GRACE_MS = DAY_MS / 4 + HOUR_MS
const RETAIN_MS = 2 * DAY_MS

test('backup.retention: proven while the window is whole and what left it is destroyed', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 4, true)
  assert.deepEqual((await measure(place)).codes, ['RETENTION_READABLE'])
  await repository.destroyExpired(RETAIN_MS, false)
  const { state, codes, values } = await measure(place)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['RETENTION_DESTROYED', 'RETENTION_KEPT'])
})

test('backup.retention: an old full backup is no excuse, and goes once it can', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 4, true)
  place.clock.forward((3 * DAY_MS) / 4 + HOUR_MS) // the first moment needs the day's last difference
  await repository.destroyExpired(RETAIN_MS, false)
  const before = await measure(place)
  assert.deepEqual([before.state, before.codes], ['failing', ['RETENTION_BASE']])
  assert.match(before.values, /"minutes":11[0-9]{2}/)
  const { chain } = await openInTime(place)
  const schedule = { nowMs: place.clock.nowMs(), retainMs: RETAIN_MS, everyMs: undefined }
  const due = dueSynthesis(chain.state, { ...schedule, exact: true })
  await synthesizeIn(place, repository, due ?? '')
  await repository.destroyExpired(RETAIN_MS, false)
  const { state, codes, values } = await measure(place)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['RETENTION_DESTROYED', 'RETENTION_KEPT'])
})

test('backup.retention: a young repository promises from its first backup on', async () => {
  const place = repositoryInTime()
  assert.equal((await measure(place)).state, 'unproven')
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 1, true)
  assert.equal((await measure(place)).state, 'proven')
})

test('backup.retention: each way of losing a moment shows it false and is named', async () => {
  const harms = [
    [/^backups\/.*pack/, 'pack-00000000 is missing'],
    [/^backups\/.*manifest/, 'manifest is missing'],
    [/^keys\//, 'the key'],
    [/^wal\//, 'the log ends at'],
  ] as const
  for (const [folder, why] of harms) {
    const place = await kept()
    const victims = (await names(place, 0)).filter((name) => folder.test(name))
    // A younger backup than the first is made up for by the one before it and the log.
    const one = folder.source.includes('wal') ? victims[Math.floor(victims.length / 2)] : victims[0]
    const all = folder.source.includes('keys') ? victims : [one!]
    for (const name of all) for (const store of place.stores) await store.delete(name)
    const { state, codes, values } = await measure(place)
    assert.deepEqual([state, codes], ['failing', ['RETENTION_GAP']], why)
    assert(values.includes(why), values)
  }
})

test('backup.retention: a key that came back, or was never destroyed, shows it false', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 4, true)
  const before = new Map<string, Uint8Array>()
  for (const name of await names(place, 1)) before.set(name, await place.stores[1].get(name))
  await repository.destroyExpired(RETAIN_MS, false)
  const there = new Set(await names(place, 1))
  const [gone] = [...before.keys()].filter((name) => name.startsWith('keys/') && !there.has(name))
  await days(repository, place.clock, 1, true)
  await repository.destroyExpired(RETAIN_MS, false)
  await place.stores[1].put(gone!, before.get(gone!)!)
  const { codes, values } = await measure(place)
  assert.deepEqual(codes, ['RETENTION_READABLE', 'RETENTION_UNDEAD'])
  assert.match(values, /"region":"region-1"/)
})

test('backup.retention: a destruction without a receipt shows it false', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 4, true)
  const remove = place.stores[1].delete.bind(place.stores[1])
  place.stores[1].delete = () => Promise.reject(new FaultError('STORE_FAILED', 'locked'))
  await repository.destroyExpired(RETAIN_MS, false)
  place.clock.forward(GRACE_MS + 1)
  place.stores[1].delete = remove
  const { codes } = await measure(place)
  assert(codes.includes('RETENTION_RECEIPT_MISSING') && codes.includes('RETENTION_UNDEAD'))
})

test('backup.retention: a hold keeps what is old, and that is said, not blamed', async () => {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  const fromMs = place.clock.nowMs() + DAY_MS + HOUR_MS
  await days(repository, place.clock, 4, true)
  await repository.hold(fromMs, 'case 12')
  await repository.destroyExpired(RETAIN_MS, false)
  const { state, codes } = await measure(place)
  assert.deepEqual([state, codes.includes('RETENTION_HELD')], ['proven', true])
})

test('backup.retention: another time than the sentence says shows it false', async () => {
  assert.deepEqual((await measure(await kept(), 30)).codes, ['RETENTION_OTHER'])
})

/** Four days of backups of which two are kept, closed. */
async function kept(): Promise<RepositoryInTime> {
  const place = repositoryInTime()
  await using repository = await openSmall(place.keys, place.stores, { clock: place.clock })
  await days(repository, place.clock, 4, true)
  await repository.destroyExpired(RETAIN_MS, false)
  return place
}

async function names({ stores }: RepositoryInTime, at: 0 | 1): Promise<string[]> {
  const found: string[] = []
  for await (const { name } of stores[at].list('')) found.push(name)
  return found
}

function measure(place: RepositoryInTime, retainDays = 90): Promise<Measured> {
  const meter = new RetentionMeter()
  const required = new Set(['region-0', 'region-1'])
  return measureClaim(
    'backup.retention',
    retentionProbe({
      retainDays,
      everySeconds: 900,
      look: async () => {
        const reader = await openInTime(place)
        const bounds = { nowMs: place.clock.nowMs(), retainMs: RETAIN_MS, graceMs: GRACE_MS }
        return meter.measure(reader, bounds, required)
      },
    }),
  )
}
