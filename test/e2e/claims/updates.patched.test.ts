/** Claim updates.patched: no component with a known vulnerability past its time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { patchedProbe, type Patched } from '#services/prober/probes/updates-patched.ts'
import { compareVersions, vulnerable, type Advisory } from '#services/updates/osv.ts'

const base: Patched = { components: 3, advisories: 2, ageDays: 1, ageDaysMax: 7, open: [] }
const hole = { component: 'left 1.0.0', id: 'TEST-1', severity: 'high' }
const state = async (found: Partial<Patched>): Promise<unknown[]> => {
  const look = (): Promise<Patched> => Promise.resolve({ ...base, ...found })
  const measured = await measureClaim('updates.patched', patchedProbe(look))
  return [measured.state, measured.codes[0]]
}

test('updates.patched: proven while nothing is late, false when something is', async () => {
  assert.deepEqual(await state({ open: [{ ...hole, daysLeft: 0 }] }), [
    'proven',
    'UPDATES_NONE_LATE',
  ])
  assert.deepEqual(await state({ open: [{ ...hole, daysLeft: -1 }] }), ['failing', 'UPDATES_LATE'])
})

test('updates.patched: without advisories, or with old ones, nothing is claimed', async () => {
  const none = await measureClaim('updates.patched', patchedProbe(undefined))
  assert.deepEqual([none.state, none.codes], ['unproven', ['UPDATES_NO_ADVISORIES']])
  assert.deepEqual(await state({ ageDays: 8 }), ['unproven', 'UPDATES_ADVISORIES_OLD'])
  assert.deepEqual(await state({ advisories: 0 }), ['unproven', 'UPDATES_ADVISORIES_OLD'])
  const late = [{ ...hole, daysLeft: -1 }]
  assert.deepEqual(await state({ ageDays: 99, open: late }), ['failing', 'UPDATES_LATE'])
})

test('updates.patched: a version is affected from introduced up to, not including, fixed', () => {
  const advisory: Advisory = {
    id: 'TEST-1',
    published: '2026-01-01T00:00:00Z',
    affected: [
      {
        package: { ecosystem: 'npm', name: 'left' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '1.2.0' }, { fixed: '1.10.0' }] }],
        versions: ['0.1.0'],
      },
    ],
  }
  const hit = (version: string, name = 'left'): boolean =>
    vulnerable([{ ecosystem: 'npm', name, version }], [advisory]).length > 0
  const versions = ['0.1.0', '1.1.9', '1.2.0', '1.9.9', '1.10.0-rc.1', '1.10.0', '2.0.0']
  assert.deepEqual(
    versions.filter((one) => hit(one)),
    ['0.1.0', '1.2.0', '1.9.9', '1.10.0-rc.1'],
  )
  assert(!hit('1.2.0', 'right'))
  assert.deepEqual(
    vulnerable(
      [{ ecosystem: 'npm', name: 'left', version: '1.2.0' }],
      [{ ...advisory, withdrawn: '2026-02-01T00:00:00Z' }],
    ),
    [],
  )
})

test('updates.patched: versions compare by numbers', () => {
  assert.deepEqual(
    ['1.10.0', '1.9.0', '18.4', '18.10', 'v2.0.0', '2.0.0-beta'].toSorted(compareVersions),
    ['1.9.0', '1.10.0', '2.0.0-beta', 'v2.0.0', '18.4', '18.10'],
  )
})
