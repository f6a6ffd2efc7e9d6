/**
 * The verifier process beside the backup process, as the ring runs them: what is damaged in one
 * region it mends from the other without being asked, it restores the first backup, and on its
 * socket it makes full backups of differences.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { open, readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Receipt } from '#crypto/receipt.ts'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { veilig } from '#kit/ring.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { SynthesisLine } from '#services/drill/synthesis.ts'
import { pathsIn } from '../../src/cli/paths.ts'

let server: TestPostgres
let backup: TestBackup
let drill: ChildProcess | undefined

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query('create database veilig_probe')
  await server.query('create table kept as select g as n from generate_series(1, 5000) g')
  backup = await prepareBackup(server)
  await backup.start()
  await until(async () => (await backup.status()).full.newest !== null)
})

after(async () => {
  drill?.kill('SIGKILL')
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('what is damaged in one region is mended from the other, unasked, and recorded', async () => {
  const [name, ...others] = await packs('region-a')
  assert(name !== undefined && others.length === 0)
  const places = ['region-a', 'region-b'].map((region) => join(backups(region), name))
  await flipBit(places[0]!)
  await startDrill()
  await until(async () => (await receipts()).some(({ kind }) => kind === 'verify'))
  const [mended, whole] = await Promise.all(places.map((place) => readFile(place)))
  assert(mended!.equals(whole!))
  const sql = `select detail->>'object' as object from events where code = 'BACKUP_OBJECT_REPAIRED'`
  assert((await backup.veilig('audit', 'query', sql, '--json')).includes(name))
})

test('the first backup is restored unasked, and all is read back: two receipts', async () => {
  const kept = await receipts()
  assert.deepEqual(
    kept.map(({ kind, passed, failures }) => ({ kind, passed, failures })),
    ['drill', 'verify'].map((kind) => ({ kind, passed: true, failures: [] })),
  )
})

test('asked on its socket it makes a full backup of a difference, and that is restored', async () => {
  await server.query('insert into kept select g from generate_series(5001, 5100) g')
  const { id } = await backup.differential()
  const lines = await asked<SynthesisLine>('POST', `/synthesize?from=${id}`)
  const made = lines.at(-1)
  assert(made?.said === 'done', JSON.stringify(made))
  assert.equal(made.from, id)
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  const rows = await restored.query<{ n: number }>('select count(*)::int as n from kept')
  assert.deepEqual(rows, [{ n: 5100 }])
})

test('asked for what it does not know it says so', async () => {
  const lines = await asked<SynthesisLine>('POST', '/synthesize?from=unknown')
  const last = lines.at(-1)
  assert(last?.said === 'failed')
  assert.match(last.code, /^[A-Z_]+$/)
})

/** With the settings every ring has, but for the wait before the first. */
async function startDrill(): Promise<void> {
  const { data } = backup
  const config = join(data, 'drill.yaml')
  const settings = JSON.parse(await readFile(join(data, 'veilig.yaml'), 'utf8')) as object
  await using written = await open(config, 'w')
  await written.writeFile(JSON.stringify({ ...settings, drill: { firstAfterSeconds: 0 } }))
  await using log = await open(join(data, 'drill.log'), 'a')
  const args = ['run', 'drill', '--data', data, '--config', config]
  drill = spawn(veilig, args, { stdio: ['ignore', log.fd, log.fd] })
  drill.once('exit', () => (drill = undefined))
  await until(async () => (await receipts()).length >= 0)
}

async function receipts(): Promise<readonly Receipt[]> {
  return (await asked<readonly Receipt[]>('GET', '/receipts'))[0] ?? []
}

/** The lines of JSON that its socket answers with. */
async function asked<Line>(method: string, path: string): Promise<readonly Line[]> {
  const call = request({ socketPath: pathsIn(backup.data).socket('drill'), method, path })
  call.end()
  const [response] = (await once(call, 'response')) as [AsyncIterable<Buffer>]
  let text = ''
  for await (const bytes of response) text += String(bytes)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

function backups(region: string): string {
  return join(pathsIn(backup.data).region(region), 'backups')
}

async function packs(region: string): Promise<string[]> {
  const all = await readdir(backups(region), { recursive: true })
  return all.filter((name) => name.includes('pack-'))
}

async function flipBit(path: string): Promise<void> {
  await using file = await open(path, 'r+')
  const byte = new Uint8Array(1)
  await file.read(byte, 0, 1, 5000)
  byte[0]! ^= 1
  await file.write(byte, 0, 1, 5000)
}
