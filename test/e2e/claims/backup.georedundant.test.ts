/** Claim backup.georedundant: what one region has, every region has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { georedundantProbe, type RegionView } from '#services/prober/probes/backups.ts'
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

test('backup.georedundant: one region alone, or regions that are empty, show it false', async () => {
  assert.equal((await measure([await region('a', ['root'])])).state, 'failing')
  assert.equal((await measure([await region('a', []), await region('b', [])])).state, 'failing')
})
