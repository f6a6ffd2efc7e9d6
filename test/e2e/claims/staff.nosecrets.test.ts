/** Claim staff.nosecrets: declared source holds no key and no password. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { noSecretsProbe, type Scanned } from '#services/prober/probes/staff-nosecrets.ts'
import { scanRepository } from '#services/secret-scan/scan.ts'

const folder = await temporaryFolder('nosecrets')
after(() => rm(folder, { recursive: true, force: true }))

const scan = (signal: AbortSignal): Promise<Scanned> =>
  scanRepository(folder, { baseline: 'none.json', fileBytesMax: 65_536, signal })

test('staff.nosecrets: proven while nothing is found, false with one key, and none is told', async () => {
  await writeFile(join(folder, 'main.ts'), 'export const port = 8443\n')
  const clean = await measureClaim('staff.nosecrets', noSecretsProbe(scan))
  assert.deepEqual([clean.state, clean.codes], ['proven', ['SECRETS_NONE_FOUND']])
  const secret = randomBytes(60).toString('base64').replaceAll(/[+/=]/g, '').slice(0, 36)
  await writeFile(join(folder, 'deploy.ts'), `const token = 'ghp_${secret}'\n`)
  const leaking = await measureClaim('staff.nosecrets', noSecretsProbe(scan))
  assert.deepEqual([leaking.state, leaking.codes], ['failing', ['SECRETS_FOUND']])
  assert(leaking.values.includes('deploy.ts:1'))
  assert(!leaking.values.includes(secret))
})

test('staff.nosecrets: with no source declared, or none there, nothing is claimed', async () => {
  assert.equal((await measureClaim('staff.nosecrets', noSecretsProbe(undefined))).state, 'unproven')
  const empty = (): Promise<Scanned> => Promise.resolve({ files: 0, accepted: 0, findings: [] })
  assert.equal((await measureClaim('staff.nosecrets', noSecretsProbe(empty))).state, 'unproven')
})
