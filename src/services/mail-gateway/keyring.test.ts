/** Keys change hands only when the world can check the new ones, and nothing signed is orphaned. */
import assert from 'node:assert/strict'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { dkimRecord } from '#protocol/dns/mail-records.ts'
import { systemDisk } from '#system/disk.ts'
import { FORMER_MS, Keyring } from './keyring.ts'

const folder = await temporaryFolder('keyring')
after(() => rm(folder, { recursive: true, force: true }))
const domain = 'club.nl'
const dns = new Map<string, string>()
const lookup = async (name: string): Promise<string[][]> => {
  const found = dns.get(name)
  if (found === undefined) throw Object.assign(new Error('none'), { code: 'ENOTFOUND' })
  return [[found.slice(0, 20), found.slice(20)]]
}
const open = (): Promise<Keyring> => Keyring.open(systemDisk, folder, [domain])
const signing = (ring: Keyring): string[] => ring.signing().map(({ selector }) => selector)
const publish = (ring: Keyring, only: (selector: string) => boolean = () => true): void => {
  for (const { selector, publicKey } of ring.published().filter((key) => only(key.selector)))
    dns.set(`${selector}._domainkey.${domain}`, dkimRecord(publicKey))
}

test('keyring: a pair is made once, and found again', async () => {
  assert.deepEqual(signing(await open()), ['veilig-r1', 'veilig-e1'])
  const before = await readdir(folder)
  await open()
  assert.deepEqual(await readdir(folder), before)
})

test('keyring: the next pair waits until both of its records are published', async () => {
  const ring = await open()
  assert.deepEqual(await ring.begin(), ['veilig-r2', 'veilig-e2'])
  assert.deepEqual(await ring.advance(lookup, 0), [])
  publish(ring, (selector) => selector === 'veilig-r2')
  assert.deepEqual(await ring.advance(lookup, 0), [])
  dns.set(`veilig-e2._domainkey.${domain}`, 'v=DKIM1; k=ed25519; p=AAAA')
  assert.deepEqual(await ring.advance(lookup, 0), [])
  assert.deepEqual(signing(ring), ['veilig-r1', 'veilig-e1'])
  publish(ring)
  assert.deepEqual(await ring.advance(lookup, 1000), ['veilig-r2', 'veilig-e2'])
  assert.deepEqual(signing(await open()), ['veilig-r2', 'veilig-e2'])
})

test('keyring: a former pair is published for a week, its private half is gone', async () => {
  const ring = await open()
  const former = ring.published().filter(({ standing }) => standing === 'former')
  assert.deepEqual(
    former.map(({ selector }) => selector),
    ['veilig-r1', 'veilig-e1'],
  )
  const names = await readdir(folder)
  assert(!names.some((name) => /[re]1\.pem$/.test(name)))
  await ring.advance(lookup, 1000 + FORMER_MS)
  assert.equal(ring.published().length, 4)
  await ring.advance(lookup, 1001 + FORMER_MS)
  assert.equal(ring.published().length, 2)
})

test('keyring: a switch that was cut short anywhere leaves one whole pair to sign', async () => {
  const ring = await open()
  await ring.begin()
  const next = (await readdir(folder)).filter((name) => name.endsWith('.next')).toSorted()
  for (const [at, name] of next.entries()) {
    const bytes = await systemDisk.read(join(folder, name))
    await writeFile(join(folder, name.replace('.next', '')), bytes)
    const expected = at === 0 ? ['veilig-r2', 'veilig-e2'] : ['veilig-r3', 'veilig-e3']
    assert.deepEqual(signing(await open()).toSorted(), expected.toSorted())
  }
  assert.equal((await open()).published().length, 4, 'both pairs stay published')
})

test('keyring: a domain that nobody can look up switches at once', async () => {
  const own = await temporaryFolder('keyring-demo')
  const ring = await Keyring.open(systemDisk, own, ['club.example'])
  await ring.begin()
  assert.equal((await ring.advance(lookup, 0)).length, 2)
  await rm(own, { recursive: true, force: true })
})
