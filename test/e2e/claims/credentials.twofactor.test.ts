/** Claim credentials.twofactor: every account has a second proof, and no path skips it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { askConsole, startConsole } from '#kit/console.ts'
import { twoFactorProbe } from '#services/prober/probes/credentials.ts'
import type { StaffFigures } from '#services/staff/admin.ts'
import { askStaff } from '#services/staff/client.ts'
import { PROBE_NAME } from '#services/staff/probe-account.ts'

test('credentials.twofactor: proven by a real login; false without a second proof', async () => {
  await using desk = await startConsole()
  const probe = twoFactorProbe({
    figures: async () => (await askStaff(desk.adminSocket, '/figures')) as StaffFigures,
    passwordOnly: async () => {
      const fields = { name: PROBE_NAME, password: desk.probePassword }
      const login = await askConsole(desk, 'POST', '/login', { fields })
      if (login.status !== 303) return 'password-refused'
      const page = await askConsole(desk, 'GET', '/', { cookie: login.cookie })
      return page.to === '/second' ? 'second-asked' : 'let-in'
    },
  })
  const proven = await measureClaim('credentials.twofactor', probe)
  assert.equal(proven.state, 'proven', proven.values)
  await desk.query(`insert into staff.account (name, role, state) values ('x', 'owner', 'active')`)
  const without = await measureClaim('credentials.twofactor', probe)
  assert.deepEqual([without.state, without.codes], ['failing', ['TWOFACTOR_MISSING']])
})

test('credentials.twofactor: what an API proved is told apart from what people wrote', async () => {
  const measure = (measured: number, withoutSecond: number): ReturnType<typeof measureClaim> =>
    measureClaim(
      'credentials.twofactor',
      twoFactorProbe({
        figures: () => Promise.resolve({ active: 1, withoutSecond: 0 }),
        passwordOnly: () => Promise.resolve('second-asked'),
        outside: () =>
          Promise.resolve({ services: 3, measured, withoutSecond, due: 0, oldestDays: 1 }),
      }),
    )
  const both = await measure(1, 0)
  assert.equal(both.state, 'proven')
  for (const code of ['OUTSIDE_SECOND_MEASURED', 'OUTSIDE_SECOND_ATTESTED'])
    assert(both.codes.includes(code), code)
  assert.equal((await measure(3, 0)).codes.includes('OUTSIDE_SECOND_ATTESTED'), false)
  assert.equal((await measure(1, 1)).state, 'failing')
})

test('credentials.twofactor: a console that opens for a password shows it false', async () => {
  const probe = twoFactorProbe({
    figures: () => Promise.resolve({ active: 1, withoutSecond: 0 }),
    passwordOnly: () => Promise.resolve('let-in'),
  })
  const { state, codes } = await measureClaim('credentials.twofactor', probe)
  assert.deepEqual([state, codes], ['failing', ['TWOFACTOR_SKIPPED']])
})
