/** A signing key is renewed: two are accepted, then one, and a cut in between loses nothing. */
import assert from 'node:assert/strict'
import { rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import { readKeyRing, renewKey } from './key-ring.ts'

const DAY_MS = 86_400_000
const folder = await temporaryFolder('key-ring')
after(() => rm(folder, { recursive: true, force: true }))

const hex = (ring: KeyRing): string[] => ring.map((key) => Buffer.from(key).toString('hex'))

test('key ring: who checks knows the new key before it signs, and the old one after', async () => {
  const file = join(folder, 'session.key')
  const now = (): Promise<string[]> => readKeyRing(file, Date.now()).then(hex)
  const [old = ''] = await now()
  const seen: string[][] = []
  await renewKey(file, async () => void seen.push(await now()))
  const fresh = seen[0]?.[1] ?? ''
  assert.notEqual(fresh, old)
  assert.deepEqual(seen, [
    [old, fresh],
    [fresh, old],
  ])
  await renewKey(file, () => Promise.resolve())
  const [third, second, ...more] = await now()
  assert.deepEqual([second, more], [fresh, []], 'the first key is accepted no longer')
  assert.notEqual(third, fresh)
})

test('key ring: a former key is accepted until sixty days after it was made', async () => {
  const file = join(folder, 'old.key')
  const [before = ''] = hex(await readKeyRing(file, Date.now()))
  const made = new Date(Date.now() - 31 * DAY_MS)
  await utimes(file, made, made)
  await renewKey(file, () => Promise.resolve())
  assert(Date.now() - (await stat(file)).mtimeMs < DAY_MS)
  const after28 = hex(await readKeyRing(file, Date.now() + 28 * DAY_MS))
  assert(after28.includes(before))
  const after30 = hex(await readKeyRing(file, Date.now() + 30 * DAY_MS))
  assert(!after30.includes(before))
})

test('key ring: a renewal that was cut short is taken up where it stood', async () => {
  const file = join(folder, 'cut.key')
  const [old = ''] = hex(await readKeyRing(file, Date.now()))
  await assert.rejects(
    renewKey(file, () => Promise.reject(new Error('away'))),
    /away/,
  )
  const [signs, next = ''] = hex(await readKeyRing(file, Date.now()))
  assert.equal(signs, old, 'the old one signs on')
  await renewKey(file, () => Promise.resolve())
  assert.deepEqual(hex(await readKeyRing(file, Date.now())), [next, old])
})
