/** What runs here, beside what is known: versions of Debian, grades, the inventory for others. */
import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { cvssScore, severityOfScore } from './cvss.ts'
import { bomOf, purlOf } from './cyclonedx.ts'
import { trackedIn, tracker } from './debian-tracker.ts'
import { compareDebian } from './debian-version.ts'
import { debianComponents } from './inventory.ts'
import { advisories, vulnerable } from './osv.ts'
import { readKnown } from './sources.ts'

const folder = await temporaryFolder('updates')
after(() => rm(folder, { recursive: true, force: true }))

test('updates: versions of Debian are in the order of Policy §5.6.12', () => {
  const rising = ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0-1', '1.0-1+deb12u2', '1.0-1+deb12u10']
  const more = ['1.0-2', '1.0a', '1.0+b', '1.0.1', '1.10', '01.11', '1:0.1', '2:0~rc1-1']
  const sorted = [...rising, ...more]
  for (const [at, one] of sorted.entries()) {
    assert.equal(compareDebian(one, one), 0)
    const next = sorted[at + 1]
    if (next === undefined) continue
    assert.equal(compareDebian(one, next), -1, `${one} < ${next}`)
    assert.equal(compareDebian(next, one), 1, `${next} > ${one}`)
  }
})

test('updates: base scores are those of FIRST’s own examples', () => {
  // CVSS v3.1 Examples: CVE-2013-1937, CVE-2014-0160, CVE-2014-6271, CVE-2015-8252 and a nought.
  const examples = {
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N': 6.1,
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N': 7.5,
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H': 9.8,
    'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H': 9.9,
    'CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:N/I:N/A:N': 0,
  }
  for (const [vector, score] of Object.entries(examples)) assert.equal(cvssScore(vector), score)
  assert.equal(cvssScore('CVSS:3.1/AV:N'), undefined)
  assert.deepEqual([9, 8.9, 6.9, 3.9].map(severityOfScore), ['critical', 'high', 'moderate', 'low'])
})

const status = `Package: libc6
Status: install ok installed
Source: glibc (2.36-9+deb12u3)
Version: 2.36-9+deb12u3+b1

Package: libc-bin
Status: install ok installed
Source: glibc
Version: 2.36-9+deb12u3

Package: gone
Status: deinstall ok config-files
Version: 1.0

Package: openssl
Status: hold ok installed
Version: 3.0.11-1~deb12u2
Description: x
 Version: 9 in a description is none
`

test('updates: installed packages count once, by the source that advisories name', () => {
  const found = debianComponents(status, '12').map(({ name, version }) => `${name} ${version}`)
  assert.deepEqual(found, ['glibc 2.36-9+deb12u3', 'openssl 3.0.11-1~deb12u2'])
})

test('updates: Debian’s tracker: open, mendable and what is no issue', () => {
  const release = (status: string, more: object = {}): object => ({
    releases: { bookworm: { status, ...more } },
  })
  const known = tracker.parse({
    openssl: {
      'CVE-1': release('resolved', { fixed_version: '3.0.11-1~deb12u3', urgency: 'medium' }),
      'CVE-2': release('resolved', { fixed_version: '3.0.11-1~deb12u2' }),
      'CVE-3': release('open', { urgency: 'low**' }),
      'CVE-4': release('open', { urgency: 'unimportant' }),
      'CVE-5': { releases: { trixie: { status: 'open' } } },
    },
  })
  const components = debianComponents(status, '12')
  const open = trackedIn(components, known, 'bookworm', () => 7)
  assert.deepEqual(
    open.map(({ id, severity, mendable, publishedMs }) => [id, severity, mendable, publishedMs]),
    [
      ['CVE-1', 'moderate', true, 7],
      ['CVE-3', 'low', false, 7],
    ],
  )
})

test('updates: an advisory of Debian in OSV form is judged by Debian’s order', () => {
  const known = advisories.parse([
    {
      id: 'DSA-1-1',
      published: '2026-01-01T00:00:00Z',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      affected: [
        {
          package: { ecosystem: 'Debian:12', name: 'openssl' },
          ranges: [
            {
              type: 'ECOSYSTEM',
              events: [{ introduced: '0' }, { fixed: '3.0.11-1~deb12u3' }],
            },
          ],
        },
      ],
    },
  ])
  const [found, ...more] = vulnerable(debianComponents(status, '12'), known)
  assert.deepEqual([found?.id, found?.severity, more], ['DSA-1-1', 'critical', []])
})

test('updates: the inventory is a CycloneDX document with package URLs, each once', () => {
  const one = { ecosystem: 'npm', name: '@hono/node-server', version: '2.1.8' }
  const [component] = debianComponents(
    'Package: a\nStatus: install ok installed\nVersion: 1:2-3',
    '12',
  )
  assert(component)
  const bom = bomOf([one, one, component], '00000000-0000-4000-8000-000000000000', 0)
  assert.deepEqual([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.6'])
  assert.deepEqual(
    bom.components.map(({ purl }) => purl),
    ['pkg:npm/%40hono/node-server@2.1.8', 'pkg:deb/debian/a@1%3A2-3?distro=debian-12'],
  )
  assert.equal(
    purlOf({ ecosystem: 'Bitnami', name: 'node', version: '26.1.0' }),
    'pkg:bitnami/node@26.1.0',
  )
})

test('updates: what is known is read from a file, or a folder of single advisories', async () => {
  const place = join(folder, 'osv')
  await mkdir(join(place, 'npm'), { recursive: true })
  await writeFile(join(place, 'npm', 'a.json'), '{"id":"A"}')
  await writeFile(join(place, 'all.json'), '[{"id":"B"},{"id":"C"}]')
  const { content } = await readKnown(place, join(folder, 'kept'), Date.now())
  const ids = (content as { id: string }[]).map(({ id }) => id).toSorted()
  assert.deepEqual(ids, ['A', 'B', 'C'])
  const away = readKnown(join(folder, 'nothing'), join(folder, 'kept'), Date.now())
  await assert.rejects(away, { code: 'ADVISORIES_UNREADABLE' })
})
