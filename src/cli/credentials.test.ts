/** Ages are those of the secrets themselves, and each has a way to be renewed. */
import assert from 'node:assert/strict'
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { systemClock } from '#system/clock.ts'
import { credentialAges } from './credentials.ts'
import { pathsIn } from './paths.ts'
import { ensurePassword, keepCopy } from './supervisor/first-run.ts'

const DAY_MS = 86_400_000
const folder = await temporaryFolder('credentials')
after(() => rm(folder, { recursive: true, force: true }))
const paths = pathsIn(folder)

async function made(process: string, file: string, days: number): Promise<string> {
  const path = paths.secret(process, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, 'secret')
  const at = new Date(Date.now() - days * DAY_MS)
  await utimes(path, at, at)
  return path
}

test('credentials: every secret has an age and a way; what stands beside it has none', async () => {
  const days = {
    'detection/database-password': 3,
    'staff/control-password': 4,
    'mail-gateway/status-submission-password': 5,
    'mail-gateway/dkim-club.example-veilig-r1.pem': 6,
    'payments/payments-key': 7,
    'notary/evidence.key': 400,
    'application/session-secret': 400,
  }
  for (const [name, age] of Object.entries(days)) {
    const [process = '', file = ''] = name.split('/')
    await made(process, file, age)
  }
  await made('detection', 'database-password.next', 0)
  await made('supervisor', 'database-password.former', 90)
  await made('recovery', 'recovery.key', 400)
  const ages = await credentialAges({ paths, clock: systemClock })
  const seen = ages.map((one) => `${one.name} ${Math.round(one.ageMs / DAY_MS)} ${one.renewed}`)
  const ways = ['by itself', 'by itself', 'by itself', 'by itself', 'at the next start']
  const wanted = Object.entries(days).map(
    ([name, age], at) => `${name} ${age} ${ways[at] ?? 'kept'}`,
  )
  assert.deepEqual(seen.toSorted(), wanted.toSorted())
})

test('credentials: a start renews what is old; no copy looks younger than it is', async () => {
  const young = await made('status', 'submission-password', 10)
  const old = await made('console', 'submission-password', 40)
  const limitMs = Date.now() - 30 * DAY_MS
  assert.equal(await ensurePassword(young, limitMs), 'secret')
  assert.notEqual(await ensurePassword(old, limitMs), 'secret')
  const copy = await made('mail-gateway', 'copy-password', 10)
  const { mtimeMs } = await stat(copy)
  await keepCopy(copy, Buffer.from('secret'))
  assert.equal((await stat(copy)).mtimeMs, mtimeMs)
  await keepCopy(copy, Buffer.from('another'))
  assert((await stat(copy)).mtimeMs > mtimeMs)
})
