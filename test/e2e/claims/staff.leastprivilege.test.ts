/** Claim staff.leastprivilege: no standing way into the database; what has ended opens nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import {
  leastPrivilegeProbe,
  type LeastPrivilegeTarget,
  type LoginRole,
} from '#services/prober/probes/staff-leastprivilege.ts'

const program: LoginRole = { name: 'app', canLogin: true, mighty: false, untilMs: undefined }
const person = (untilMs: number | undefined): LoginRole => {
  return { name: 'jit_lotte_1', canLogin: true, mighty: false, untilMs }
}

/** The access process and the gateway are real in services/access/access.test.ts. */
function measure(more: Partial<LeastPrivilegeTarget>): Promise<Measured> {
  const probe = leastPrivilegeProbe({
    programs: ['app'],
    minutesMax: 60,
    roles: () => Promise.resolve([program, person(Date.now() + 60_000)]),
    grant: () => Promise.resolve({ name: 'g', password: 'p', untilMs: Date.now() + 100 }),
    login: ({ untilMs }) => Promise.resolve(Date.now() < untilMs ? undefined : '28P01'),
    nowMs: () => Date.now(),
    ...more,
  })
  return measureClaim('staff.leastprivilege', probe)
}

test('staff.leastprivilege: proven while people’s roles end and an ended one opens nothing', async () => {
  const { state, codes, values } = await measure({})
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['STAFF_GRANT_ENDED', 'STAFF_GRANT_WORKED', 'STAFF_NO_STANDING_ROLE'])
})

const faults: readonly (readonly [string, LoginRole])[] = [
  ['STAFF_STANDING_ROLE', person(undefined)],
  ['STAFF_LONG_ROLE', person(Date.now() + 2 * 3_600_000)],
  ['STAFF_MIGHTY_ROLE', { ...person(Date.now() + 60_000), mighty: true }],
]
for (const [code, role] of faults) {
  test(`staff.leastprivilege: ${code} shows it false`, async () => {
    const { state, codes } = await measure({ roles: () => Promise.resolve([program, role]) })
    assert.deepEqual([state, codes], ['failing', [code]])
  })
}

test('staff.leastprivilege: a grant that outlives its end shows it false', async () => {
  const { state, codes } = await measure({ login: () => Promise.resolve(undefined) })
  assert.deepEqual([state, codes], ['failing', ['STAFF_GRANT_OUTLIVED']])
})

test('staff.leastprivilege: when no grant can be had, nothing is measured', async () => {
  const { state } = await measure({ login: () => Promise.resolve('57P03') })
  assert.equal(state, 'unproven')
})
