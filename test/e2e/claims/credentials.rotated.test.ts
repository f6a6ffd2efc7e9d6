/** Claim credentials.rotated: the oldest password or key is at most sixty days old. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import {
  rotatedProbe,
  type Credential,
  type OutsideFigures,
} from '#services/prober/probes/credentials.ts'

const DAY_MS = 86_400_000
const aged = (...days: number[]): (() => Promise<Credential[]>) => {
  const all = days.map((one, at) => ({ name: `process/key-${at}`, ageMs: one * DAY_MS }))
  return () => Promise.resolve(all)
}

test('credentials.rotated: proven while the oldest is sixty days, false beyond', async () => {
  const fresh = await measureClaim('credentials.rotated', rotatedProbe({ ages: aged(0, 60) }))
  assert.deepEqual(
    [fresh.state, fresh.codes],
    ['proven', ['CREDENTIALS_FRESH', 'PASSWORDS_ON_EVIDENCE']],
  )
  const old = await measureClaim('credentials.rotated', rotatedProbe({ ages: aged(1, 61, 3) }))
  assert.deepEqual([old.state, old.codes], ['failing', ['CREDENTIAL_OLD']])
  assert(old.values.includes('process/key-1'))
})

test('credentials.rotated: with no credential to be seen, nothing is claimed', async () => {
  assert.equal(
    (await measureClaim('credentials.rotated', rotatedProbe({ ages: aged() }))).state,
    'unproven',
  )
})

test('claim credentials.rotated: outside services count, by the word of people', async () => {
  const outside = (more: object): (() => Promise<OutsideFigures>) => {
    const figures = { services: 3, withoutSecond: 0, due: 0, oldestDays: 20, ...more }
    return () => Promise.resolve(figures)
  }
  const measure = (more: object): ReturnType<typeof measureClaim> =>
    measureClaim('credentials.rotated', rotatedProbe({ ages: aged(1), outside: outside(more) }))
  assert.equal((await measure({})).state, 'proven')
  assert.equal((await measure({ due: 1 })).state, 'failing')
  assert.equal((await measure({ oldestDays: 61 })).state, 'failing')
})

test('claim credentials.rotated: keys that are kept are told of, and never called old', async () => {
  const kept = { name: 'notary/evidence.key', ageMs: 400 * DAY_MS, kept: true }
  const ages = (): Promise<Credential[]> =>
    Promise.resolve([kept, { name: 'access/database-password', ageMs: DAY_MS }])
  const { state, codes, values } = await measureClaim('credentials.rotated', rotatedProbe({ ages }))
  assert.deepEqual(
    [state, codes],
    ['proven', ['CREDENTIALS_FRESH', 'CREDENTIALS_KEPT', 'PASSWORDS_ON_EVIDENCE']],
  )
  assert.match(values, /"count":1,"days":400/)
})
