/** Claim backup.georedundant: what one region has, every region has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FaultError } from '#lib/errors.ts'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { georedundantProbe, type RegionView } from '#services/prober/probes/georedundant.ts'
import { MemoryStore } from '#storage/memory-store.ts'
import { systemClock } from '#system/clock.ts'

const impatient = { ...systemClock, sleep: () => Promise.resolve() }

function measure(regions: readonly RegionView[], clock = impatient): Promise<Measured> {
  return measureClaim('backup.georedundant', georedundantProbe({ regions, clock }))
}

async function region(name: string, objects: readonly string[]): Promise<RegionView> {
  const store = new MemoryStore()
  for (const object of objects) await store.put(object, new Uint8Array(1))
  return { name, store }
}

test('backup.georedundant: proven while all regions hold the same', async () => {
  const all = ['root', 'backups/x/manifest']
  const { state, codes } = await measure([await region('a', all), await region('b', all)])
  assert.equal(state, 'proven')
  assert.deepEqual(codes, ['BACKUP_COPIES_EQUAL'])
})

test('backup.georedundant: one missing object shows it false, and is named', async () => {
  const whole = await region('a', ['root', 'backups/x/manifest'])
  const { state, values } = await measure([whole, await region('b', ['root'])])
  assert.equal(state, 'failing')
  assert.match(values, /"region":"b","count":1,"object":"backups\/x\/manifest"/)
})

test('backup.georedundant: a copy still on its way is not missing', async () => {
  const a = await region('a', ['root', 'late'])
  const b = await region('b', ['root'])
  const arriving = { ...systemClock, sleep: () => b.store.put('late', new Uint8Array(1)) }
  assert.equal((await measure([a, b], arriving)).state, 'proven')
})

test('backup.georedundant: what was made one, folded or given up in one region only is not missing', async () => {
  const run = '0123456789abcdef'
  const at = (lsn: number): string => (lsn * 65_536).toString(16).padStart(16, '0')
  const segment = `wal/00000001/${at(16)}`
  const whole = `${segment}/${at(16)}-${at(20)}-${run}-whole`
  const fold = 'catalogue/0000000000000009-fold'
  const parts = [16, 18].map((lsn) => `${segment}/${at(lsn)}-${at(lsn + 2)}-${run}`)
  const old = ['catalogue/0000000000000003', 'backups/gone/manifest', ...parts]
  const a = await region('a', ['root', whole, fold, ...old])
  const b = await region('b', ['root', whole, fold])
  const givenUp = (): Promise<(name: string) => boolean> =>
    Promise.resolve((name) => name.startsWith('backups/gone/'))
  const target = { regions: [a, b], clock: impatient, givenUp }
  assert.equal(
    (await measureClaim('backup.georedundant', georedundantProbe(target))).state,
    'proven',
  )
  await b.store.delete(whole)
  const { state, values } = await measure([a, b])
  assert.equal(state, 'failing')
  assert.match(values, /"region":"b","count":4/)
})

test('backup.georedundant: an optional region that is away is named, and two others suffice', async () => {
  const all = ['root', 'backups/x/manifest']
  const dead = { ...(await region('c', all)), required: false }
  dead.store.list = async function* () {
    yield* []
    throw new FaultError('STORE_FAILED', 'unplugged')
  }
  const two = [await region('a', all), await region('b', all)]
  assert.deepEqual((await measure([...two, dead])).codes, [
    'BACKUP_COPIES_EQUAL',
    'BACKUP_REGION_SILENT',
  ])
  assert.equal((await measure([two[0]!, dead])).state, 'failing')
  assert.equal((await measure([...two, { ...dead, required: true }])).state, 'unproven')
})

test('backup.georedundant: one region alone, or regions that are empty, show it false', async () => {
  assert.equal((await measure([await region('a', ['root'])])).state, 'failing')
  assert.equal((await measure([await region('a', []), await region('b', [])])).state, 'failing')
})
