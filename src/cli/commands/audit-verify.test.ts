/** `audit verify` against a witness, as a stranger runs it: with the files and its key. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openTrail } from '#audit/open.ts'
import { eventually } from '#kit/eventually.ts'
import { keyInFile } from '#kit/key-in-file.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { veilig } from '#kit/ring.ts'
import { noteSigner } from '#crypto/signed-note.ts'
import { sealConfig } from '#services/seal/config.ts'
import { serveSeal } from '#services/seal/serve.ts'
import { witnessConfig } from '#services/witness/config.ts'
import { serveWitness } from '#services/witness/serve.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

const clock = systemClock
const disk = systemDisk
const trail = new RecordingTrail()

test('audit verify: the witness misses records cut off, and books that are gone', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'veilig-verify-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const audit = join(data, 'audit')
  const sealKey = generateKeyPairSync('ed25519').privateKey
  const privateKey = generateKeyPairSync('ed25519').privateKey
  const logs = [noteSigner('n1/audit', sealKey).verifierKey]
  await using witness = await serveWitness(
    { ...witnessConfig.parse({}), port: 0, logs },
    { privateKey, disk, clock, trail, folder: join(data, 'far') },
  )
  const { port, verifierKey } = witness
  const url = `http://127.0.0.1:${port}`
  const where = { folder: audit, node: 'n1', mode: 'written', disk, clock } as const
  {
    await using one = await openTrail({ ...where, process: 'one' })
    await using two = await openTrail({ ...where, process: 'two' })
    await one.append([{ code: 'TEST_HAPPENED', detail: {} }])
    await two.append([{ code: 'TEST_HAPPENED', detail: {} }])
    await cp(join(audit, 'one'), join(data, 'copy'), { recursive: true })
    await one.append([{ code: 'TEST_HAPPENED', detail: {} }])
    const folder = join(data, 'seal')
    const ask = async (
      _: string,
      __: string,
      body: string,
    ): Promise<{ status: number; body: string }> => {
      const answer = await fetch(`${url}/add-checkpoint`, { method: 'POST', body })
      return { status: answer.status, body: await answer.text() }
    }
    const key = await keyInFile(join(data, 'seal.key'), sealKey)
    const ports = { key, disk, clock, trail, audit, folder, node: 'n1', ask }
    const seal = { ...sealConfig.parse({}), witnesses: [{ url, key: verifierKey }] }
    await using _ = await serveSeal(seal, { ...ports, complain: () => undefined })
    await eventually('both to be witnessed', async () => {
      const origins = await (await fetch(`${url}/origins`)).text()
      return origins.split('\n').length > 2 ? origins : undefined
    })
  }
  const verify = (): Promise<{ readonly status: number; readonly said: string }> =>
    new Promise((resolve) => {
      const args = ['audit', 'verify', '--data', data, '--witness', url, '--key', verifierKey]
      execFile(veilig, args, (error, said) => resolve({ status: error ? 1 : 0, said }))
    })
  const honest = await verify()
  assert.equal(honest.status, 0, honest.said)
  assert.match(honest.said, /one: as written.*\n.*the witness signed for 3 records, \d+ s ago/)

  await rm(join(data, 'seal'), { recursive: true })
  await rm(join(audit, 'one'), { recursive: true })
  await rm(join(audit, 'two'), { recursive: true })
  await cp(join(data, 'copy'), join(audit, 'one'), { recursive: true })
  const cut = await verify()
  assert.equal(cut.status, 1)
  assert.match(cut.said, /AUDIT_BOOK_TRUNCATED.*record 2 .*are missing/s)
  assert.match(cut.said, /AUDIT_BOOK_MISSING.*n1\/audit\/two/)
})
