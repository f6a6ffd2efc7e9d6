/** Claim backup.pitr: a restore to a random moment is really carried out, and looked at. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { signReceipt, type DrillReceipt } from '#crypto/receipt.ts'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { pitrProbe, type KeptReceipt } from '#services/prober/probes/receipts.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { drillKey, drillKeys } from '../../../src/cli/drill-key.ts'
import { noteCanary } from '../../../src/cli/facts.ts'
import { pathsIn } from '../../../src/cli/paths.ts'

let server: TestPostgres
let backup: TestBackup
let passed: DrillReceipt

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query('create database veilig_probe')
  await server.query('create table bookings as select g as id from generate_series(1, 5000) g')
  await server.query('create index on bookings (id)')
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('backup.pitr: proven once a drill restored, started, read and compared everything', async () => {
  await plant()
  await plant()
  await backup.caughtUp()
  passed = await drill(new Date().toISOString())
  assert.deepEqual(passed.failures, [])
  assert(passed.passed && passed.amcheck && passed.checksums)
  assert.equal(passed.canaries, 2)
  assert(passed.rows > 5000 && passed.indexes > 100 && passed.pages > 500)
  assert.equal(passed.databases, 3)
  await assert.rejects(readdir(join(pathsIn(backup.data).drill('drill-man'), 'data')))
  const random = { ...passed, random: true, targetMs: passed.backupFinishedMs }
  assert.equal((await measure([random])).state, 'proven')
})

test('backup.pitr: its receipts are kept beside us and in every region', async () => {
  const paths = pathsIn(backup.data)
  const folders = [paths.receipts, ...['region-a', 'region-b'].map((name) => inRegion(name))]
  for (const folder of folders) assert.equal((await readdir(folder)).length, 1, folder)
})

test('backup.pitr: a canary that the restored database lacks, or has too early, fails the drill', async () => {
  const paths = pathsIn(backup.data)
  const nowMs = Date.now()
  noteCanary(systemDisk, paths.facts, { nonce: 'lost', beforeMs: nowMs, committedMs: nowMs })
  const receipt = await drill(new Date().toISOString())
  assert.deepEqual(receipt.failures, [
    { check: 'canary', message: '1 are missing, the newest among them' },
  ])
  assert.equal((await measure([{ ...receipt, random: true }])).state, 'failing')
})

test('backup.pitr: an object gone from every region fails the drill, which names it', async () => {
  const paths = pathsIn(backup.data)
  for (const name of ['region-a', 'region-b']) {
    const folder = join(paths.region(name), 'backups')
    const [id = ''] = await readdir(folder)
    await rm(join(folder, id, 'pack-00000000'))
  }
  const receipt = await drill(new Date().toISOString())
  assert.equal(receipt.failures[0]?.check, 'OBJECT_MISSING')
  const { state, codes } = await measure([{ ...receipt, random: true }])
  assert.equal(state, 'failing')
  assert.deepEqual(codes, ['DRILL_FAILED'])
})

test('backup.pitr: none, an old one, one beside the window, a forged one prove nothing', async () => {
  assert.equal((await measure([])).state, 'unproven')
  const random = { ...passed, random: true, targetMs: passed.backupFinishedMs }
  const dayAgoMs = Date.now() - 25 * 3_600_000
  const old = { ...random, targetMs: dayAgoMs, backupFinishedMs: dayAgoMs }
  const cases: readonly (readonly [string, DrillReceipt])[] = [
    ['DRILL_OLD', { ...old, startedMs: dayAgoMs, endedMs: dayAgoMs }],
    ['DRILL_OUTSIDE', { ...random, targetMs: random.backupFinishedMs - 1 }],
    ['DRILL_OUTSIDE', { ...random, targetMs: random.startedMs + 1 }],
  ]
  for (const [code, receipt] of cases) {
    const { state, codes } = await measure([receipt])
    assert.equal(state, 'failing')
    assert.deepEqual(codes, [code])
  }
  const other = generateKeyPairSync('ed25519').privateKey
  const forged = await measure([random], signReceipt(random, other))
  assert.deepEqual([forged.state, forged.codes], ['failing', ['RECEIPT_FORGED']])
})

function inRegion(name: string): string {
  return join(pathsIn(backup.data).region(name), 'receipts')
}

async function drill(to: string): Promise<DrillReceipt> {
  const said = await backup
    .veilig('backup', 'drill', '--to', to, '--json')
    .catch((error: unknown) => {
      const { stdout } = error as { stdout?: string }
      if (stdout) return stdout
      throw error
    })
  return JSON.parse(said) as DrillReceipt
}

/** As the prober does, without the gateway. */
async function plant(): Promise<void> {
  const { connection } = server
  const client = new pg.Client({ ...connection, database: 'veilig_probe' })
  await client.connect()
  await client.query('create table if not exists canary (at timestamptz, nonce text)')
  const nonce = String(Math.random())
  const ms = `(extract(epoch from $1::timestamptz) * 1000)::float8 as ms`
  const { rows } = await client.query<{ at: Date }>(
    'insert into canary values (clock_timestamp(), $1) returning at',
    [nonce],
  )
  const beforeMs = rows[0]!.at.getTime()
  const later = await client.query<{ ms: number }>(
    `select ${ms.replace('$1', 'clock_timestamp()')}`,
  )
  await client.end()
  const fact = { nonce, beforeMs, committedMs: later.rows[0]!.ms }
  noteCanary(systemDisk, pathsIn(backup.data).facts, fact)
}

async function measure(receipts: readonly DrillReceipt[], more?: Uint8Array): Promise<Measured> {
  const paths = pathsIn(backup.data)
  const key = await drillKey(paths)
  const kept: KeptReceipt[] = receipts.map((receipt, at) => ({
    name: `receipts/${at}`,
    bytes: signReceipt(receipt, key),
  }))
  if (more) kept.push({ name: 'receipts/more', bytes: more })
  const probe = pitrProbe({
    receipts: async function* () {
      yield* await Promise.resolve(kept)
    },
    keys: () => drillKeys(paths),
    clock: systemClock,
    plant: () => Promise.resolve(),
  })
  return measureClaim('backup.pitr', probe)
}
