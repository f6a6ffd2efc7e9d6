/**
 * PostgreSQL's own way beside ours: of the same moments of one server, pg_basebackup takes a full
 * backup and differences and pg_combinebackup puts them together; what we restore in one pass, from
 * the chain and from a synthetic full backup of it, is the same, byte for byte.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
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

let server: TestPostgres
let backup: TestBackup
let folder: string

before(async () => {
  // Nothing but the test writes, so that both ways see the same pages.
  server = await startPostgres({ ...requiredServerSettings, autovacuum: 'off' })
  folder = await temporaryFolder('combine')
  await fillChanging(server)
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
    if (round === 2) await server.query('create database comes')
    if (round === 3) await server.query('drop database goes')
    await server.query('checkpoint')
    theirs.push(await baseBackup(theirs.at(-1)))
    await backup.veilig('backup', 'run', '--type', 'incremental')
  }
  await backup.caughtUp()
  const combined = join(folder, 'combined')
  await tool('pg_combinebackup', '--no-sync', '-o', combined, ...theirs)
  const expected = await pages(combined)
  assert(expected.size > 500, `${expected.size} files`)
  const fromChain = await backup.layOut('immediate')
  await same(fromChain.into, expected)
  await backup.veilig('backup', 'synthesize')
  const fromSynthetic = await backup.layOut('immediate')
  await same(fromSynthetic.into, expected)
})

async function same(into: string, expected: ReadonlyMap<string, Buffer>): Promise<void> {
  const found = await pages(into)
  assert.deepEqual([...found.keys()], [...expected.keys()])
  for (const [path, bytes] of found) {
    assert(expected.get(path)?.equals(bytes), `${path} is another`)
  }
}

/** Path → contents of what both ways must have alike. */
async function pages(dataDir: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  const entries = await readdir(dataDir, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(dataDir.length + 1))
    .filter((path) => COMPARED.test(path))
  for (const path of paths.sort()) found.set(path, await readFile(join(dataDir, path)))
  return found
}

/** @returns Its folder. */
async function baseBackup(since: string | undefined): Promise<string> {
  const into = join(folder, `theirs-${await count()}`)
  const incremental = since === undefined ? [] : ['--incremental', join(since, 'backup_manifest')]
  await tool('pg_basebackup', '-D', into, '-c', 'fast', '-X', 'none', '--no-sync', ...incremental)
  return into
}

async function count(): Promise<number> {
  return (await readdir(folder)).length
}

function tool(name: string, ...args: string[]): Promise<unknown> {
  const env = { ...process.env, PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  return execute(join(bin ?? '', name), args, { env })
}
