/** Ages are those of the secrets themselves, and each has a way to be renewed. */
import assert from 'node:assert/strict'
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { after, test } from 'node:test'
import { temporaryFolder } from '#kit/postgres.ts'
import { systemClock } from '#system/clock.ts'
import { veiligConfig } from './config.ts'
import { credentialAges } from './credentials.ts'
import { pathsIn } from './paths.ts'
import { ensurePassword, keepCopy } from './supervisor/first-run.ts'

const DAY_MS = 86_400_000
const folder = await temporaryFolder('credentials')
after(() => rm(folder, { recursive: true, force: true }))
const paths = pathsIn(folder)
const config = veiligConfig.parse({})

async function make(process: string, file: string, days: number): Promise<string> {
  const path = paths.secret(process, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, 'secret')
  const at = new Date(Date.now() - days * DAY_MS)
  await utimes(path, at, at)
  return path
}

test('credentials: every secret has an age and a way; what stands beside it has none', async () => {
  const made = {
    'detection/database-password': [3, 'by itself'],
    'staff/control-password': [4, 'by itself'],
    'mail-gateway/status-submission-password': [5, 'by itself'],
    'mail-gateway/dkim-club.example-veilig-r1.pem': [6, 'by itself'],
    'console/session.key': [6, 'by itself'],
    'sql-gateway/tls.key': [7, 'by itself'],
    'payments/payments-key': [7, 'at the next start'],
    'seal/audit.key': [8, 'at the next start'],
    'notary/evidence.key': [20, 'by itself'],
    'witness/witness.key': [400, 'kept'],
    'application/session-secret': [400, 'kept'],
  } as const
  for (const [name, [age]] of Object.entries(made)) {
    const [process = '', file = ''] = name.split('/')
    await make(process, file, age)
  }
  await make('detection', 'database-password.next', 0)
  await make('console', 'session.key.former', 59)
  await make('supervisor', 'database-password.former', 90)
  await make('recovery', 'recovery.key', 400)
  const ages = await credentialAges({ paths, clock: systemClock, config })
  const seen = ages.map((one) => `${one.name} ${Math.round(one.ageMs / DAY_MS)} ${one.renewed}`)
  const wanted = Object.entries(made).map(([name, [age, how]]) => `${name} ${age} ${how}`)
  assert.deepEqual(seen.toSorted(), wanted.toSorted())
  for (const { name, renewed, why } of ages)
    assert.equal(renewed === 'kept', why !== undefined, name)
})

test('credentials: a start renews what is old; no copy looks younger than it is', async () => {
  const young = await make('status', 'submission-password', 10)
  const old = await make('console', 'submission-password', 40)
  const limitMs = Date.now() - 30 * DAY_MS
  assert.equal(await ensurePassword(young, limitMs), 'secret')
  assert.notEqual(await ensurePassword(old, limitMs), 'secret')
  const copy = await make('mail-gateway', 'copy-password', 10)
  const { mtimeMs } = await stat(copy)
  await keepCopy(copy, Buffer.from('secret'))
  assert.equal((await stat(copy)).mtimeMs, mtimeMs)
  await keepCopy(copy, Buffer.from('another'))
  assert((await stat(copy)).mtimeMs > mtimeMs)
})
