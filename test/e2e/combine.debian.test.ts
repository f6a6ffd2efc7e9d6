/**
 * PostgreSQL's own way beside ours: of the same moments of one server, pg_basebackup takes a full
 * backup and differences and pg_combinebackup puts them together; what we restore in one pass, from
 * the chain and from a synthetic full backup of it, is the same, byte for byte.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chown, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { change, fillChanging } from '#kit/changing-database.ts'
import { PASSWORD, startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

const execute = promisify(execFile)
const bin = postgres18Tools()
assert(bin, 'this suite needs .ci/postgresql-18-tools')
const ROUNDS = 4
/** Tables, indexes, their free space, and what they are known by; not the visibility maps, which
 * are left out of differences of a server that sends them wrong (18.4). */
const COMPARED =
  /^(?:base\/\d+|global)\/(?:\d+(?:_fsm|_init)?(?:\.\d+)?|PG_VERSION|pg_filenode\.map)$/

/** Their files of a tablespace stand in a folder of its own. */
const ELSEWHERE = /^PG_18_\d+\/\d+\/\d+(?:_fsm|_init)?(?:\.\d+)?$/

let server: TestPostgres
let backup: TestBackup
let folder: string
/** A tablespace of the server. */
let elsewhere: { readonly location: string; readonly oid: number }

before(async () => {
  // Nothing but the test writes, so that both ways see the same pages.
  server = await startPostgres({ ...requiredServerSettings, autovacuum: 'off' })
  folder = await temporaryFolder('combine')
  await fillChanging(server)
  elsewhere = await makeElsewhere()
  backup = await prepareBackup(server)
  await backup.start()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

test('a chain, and a synthetic full backup of it, are as pg_combinebackup makes them', async () => {
  await server.query('checkpoint')
  const theirs = [await baseBackup(undefined)]
  await backup.full()
  for (let round = 1; round <= ROUNDS; round++) {
    await change(server, round)
    await server.query(`insert into far select ${round} * 10000 + n, 'f' from generate_series(1, 999) n;
      update far set word = 'round ${round}' where id % 50 = ${round}`)
    if (round === 2) await server.query('create database comes')
    if (round === 3) await server.query('drop database goes')
    await server.query('checkpoint')
    theirs.push(await baseBackup(theirs.at(-1)))
    await backup.veilig('backup', 'run', '--type', 'incremental')
  }
  await backup.caughtUp()
  const combined = join(folder, 'combined')
  const moved = [
    '-T',
    `${elsewhere.location}-of-${theirs.at(-1)?.split('/').at(-1)}=${combined}-far`,
  ]
  await tool('pg_combinebackup', '--no-sync', '-o', combined, ...moved, ...theirs)
  const expected = {
    main: await pages(combined, COMPARED),
    far: await pages(`${combined}-far`, ELSEWHERE),
  }
  assert(expected.main.size > 500, `${expected.main.size} files`)
  assert(expected.far.size > 2, `${expected.far.size} files of the tablespace`)
  const fromChain = await backup.layOut('immediate')
  await sameAll(fromChain.into, expected)
  await verified(fromChain)
  await backup.veilig('backup', 'synthesize')
  const fromSynthetic = await backup.layOut('immediate')
  await sameAll(fromSynthetic.into, expected)
  await verified(fromSynthetic)
})

/** Path → contents. */
type Pages = ReadonlyMap<string, Buffer>

async function sameAll(into: string, { main, far }: Record<'main' | 'far', Pages>): Promise<void> {
  same(await pages(into, COMPARED), main)
  same(await pages(`${into}-tablespaces/${elsewhere.oid}`, ELSEWHERE), far)
}

function same(found: Pages, expected: Pages): void {
  assert.deepEqual([...found.keys()], [...expected.keys()])
  for (const [path, bytes] of found) {
    assert(expected.get(path)?.equals(bytes), `${path} is another`)
  }
}

/** The server's own list of a difference is of what it sent, and says nothing of the whole. */
async function verified(laidOut: {
  readonly into: string
  readonly manifest: Uint8Array
}): Promise<void> {
  const { into, manifest } = laidOut
  if (Buffer.from(manifest).includes('INCREMENTAL.')) return
  await writeFile(join(into, 'backup_manifest'), manifest)
  // As the server links it when it starts.
  await symlink(`${into}-tablespaces/${elsewhere.oid}`, join(into, 'pg_tblspc', `${elsewhere.oid}`))
  const ours = ['veilig_restore', 'postgresql.auto.conf', 'recovery.signal', 'tablespace_map']
  const ignored = ours.flatMap((name) => ['--ignore', name])
  await tool('pg_verifybackup', '--no-parse-wal', ...ignored, into)
}

async function makeElsewhere(): Promise<typeof elsewhere> {
  const location = join(server.place.dataDir, '..', 'elsewhere')
  await mkdir(location)
  const { account } = server.place
  if (account) await chown(location, account.uid, account.gid)
  await server.query(`create tablespace elsewhere location '${location}'`)
  await server.query(`create table far (id int primary key, word text) tablespace elsewhere`)
  await server.query(`insert into far select n, repeat('f', 300) from generate_series(1, 9000) n`)
  const [row] = await server.query<{ oid: number }>(
    `select oid::int as oid from pg_tablespace where spcname = 'elsewhere'`,
  )
  return { location, oid: row!.oid }
}

/** Path → contents of what both ways must have alike. */
async function pages(dataDir: string, compared: RegExp): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dataDir.length + 1))
    .filter((path) => compared.test(path))
  for (const path of paths.sort()) found.set(path, await readFile(join(dataDir, path)))
  return found
}

/** @returns Its folder. */
async function baseBackup(since: string | undefined): Promise<string> {
  const into = join(folder, `theirs-${await count()}`)
  const incremental = since === undefined ? [] : ['--incremental', join(since, 'backup_manifest')]
  const moved = ['-T', `${elsewhere.location}=${elsewhere.location}-of-${into.split('/').at(-1)}`]
  const how = ['-c', 'fast', '-X', 'none', '--no-sync']
  await tool('pg_basebackup', '-D', into, ...how, ...moved, ...incremental)
  return into
}

async function count(): Promise<number> {
  return (await readdir(folder)).length
}

function tool(name: string, ...args: string[]): Promise<unknown> {
  const env = { ...process.env, PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  return execute(join(bin ?? '', name), args, { env })
}
