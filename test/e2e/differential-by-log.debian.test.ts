/**
 * Differences on Debian's PostgreSQL 15 that read only what the log says changed: under load, after
 * the backup process was killed, with a stretch of the log unknown, with a right missing; each
 * restored, and compared with the running server by PostgreSQL's own programs.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { prepareBackup, type RestoredPostgres, type TestBackup } from '#kit/backup.ts'
import { change, fillChanging } from '#kit/changing-database.ts'
import { debianPostgres, PASSWORD, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { READING_FUNCTIONS } from '#services/backup/take/reading/rights.ts'

const execute = promisify(execFile)
const binaries = debianPostgres()
assert(binaries, 'this suite needs the Debian package postgresql-15')

/** Segments of the log that the server keeps though nobody needs them. */
const SEGMENTS_KEPT = 8

let server: TestPostgres
let backup: TestBackup
let spaceOid: number
let round = 0

before(async () => {
  const settings = { ...serverSettingsFor(15), wal_keep_size: `${SEGMENTS_KEPT * 16}MB` }
  server = await startPostgres(settings, binaries)
  const space = join(server.place.dataDir, '..', 'space')
  await mkdir(space)
  const { account } = server.place
  if (account) await chown(space, account.uid, account.gid)
  await server.query(`create tablespace other location '${space}'`)
  await fillChanging(server)
  await server.query('create table far (id int, word text) tablespace other')
  await server.query(`insert into far select n, 'f' from generate_series(1, 9000) n`)
  await server.query('create unlogged table passing as select generate_series(1, 9000) n')
  await tool('pgbench', server, '-i', '-q', '-s', '1', 'postgres')
  const [row] = await server.query<{ oid: number }>(
    `select oid::int from pg_tablespace where spcname = 'other'`,
  )
  spaceOid = row!.oid
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('a difference by the log: under load, and what is restored is what the server has', async () => {
  await changeAll()
  const load = tool('pgbench', server, '-n', '-c', '2', '-T', '6', 'postgres')
  const taken = await backup.differential()
  await load
  assert.equal(await wayOf(taken.id), 'log')
  const { full } = await backup.status()
  assert(full.newest && taken.plainBytes < full.newest.plainBytes * 0.8, `${taken.plainBytes}`)
  await sameAsServer()
  await verified()
})

test('a difference by the log: after kill -9, what was not saved is read again', async () => {
  await backup.kill()
  await changeAll()
  await backup.start()
  await changeAll()
  assert.equal(await wayOf((await backup.differential()).id), 'log')
  await sameAsServer()
})

test('a difference without a right, or of log that nobody knows: all is read, and said', async () => {
  const functions = READING_FUNCTIONS.join()
  await server.query(`revoke execute on function ${functions} from veilig_backup`)
  await changeAll()
  assert.equal(await wayOf((await backup.differential()).id), 'pages')
  assert.match(await lastReason(), /may not call pg_backup_start.*grant execute on function/s)
  await server.query(`grant execute on function ${functions} to veilig_backup`)
  await backup.caughtUp()
  await backup.kill()
  await rm(join(backup.data, 'secrets', 'backup', 'log.summary'))
  await changeAll()
  await recycleLog()
  await backup.start()
  assert.equal(await wayOf((await backup.differential()).id), 'pages')
  assert.match(await lastReason(), /of the log since .* we have summed up it from/)
  await sameAsServer()
  await backup.full()
  await changeAll()
  assert.equal(await wayOf((await backup.differential()).id), 'log')
  await sameAsServer()
})

async function changeAll(): Promise<void> {
  round++
  await change(server, round)
  await server.query(`
    insert into far select ${round} * 10000 + n, 'f' from generate_series(1, 999) n;
    update far set word = 'round ${round}' where id % 50 = ${round}`)
  await server.query(`create database comes_${round} strategy file_copy`)
  await server.query(`drop database if exists comes_${round - 1}`)
  if (round === 1) await server.query('drop database goes')
}

/** By what it was known what changed. */
async function wayOf(id: string): Promise<unknown> {
  const finished = await events('BACKUP_FINISHED')
  return finished.find(({ detail }) => detail['id'] === id)?.detail['changesBy']
}

async function lastReason(): Promise<string> {
  return String((await events('BACKUP_READS_ALL')).at(-1)?.detail['message'])
}

type Told = { readonly detail: Readonly<Record<string, unknown>> }

async function events(code: string): Promise<readonly Told[]> {
  const sql = `select * from events where code = '${code}' order by sequence`
  const lines = (await backup.veilig('audit', 'query', sql, '--json')).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Told)
}

async function sameAsServer(): Promise<void> {
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  const [found, expected] = [await dumped(restored.cluster), await dumped(server.cluster)]
  const lines = expected.split('\n')
  const other = found.split('\n').findIndex((line, at) => line !== lines[at])
  assert(found === expected, `line ${other} of the dump is another: ${lines[other]?.slice(0, 80)}`)
  await checkAll(restored)
}

/** Every database as text. Unlogged tables come back empty, and are left out. */
async function dumped(from: Place): Promise<string> {
  const text = await tool('pg_dumpall', from, '--no-unlogged-table-data', '--no-role-passwords')
  return text.replaceAll(/^\\(?:un)?restrict .*$/gm, '').replaceAll(/ LOCATION '.*'/g, '')
}

/** Nothing before what the slot holds is left on the server. */
async function recycleLog(): Promise<void> {
  for (let n = 0; n <= SEGMENTS_KEPT; n++) {
    await server.query('select pg_current_xact_id()')
    await server.query('select pg_switch_wal()')
  }
  await server.query('checkpoint')
}

async function checkAll(restored: RestoredPostgres): Promise<void> {
  await restored.query('create extension amcheck')
  await restored.query('create extension pg_visibility')
  await restored.query(`select bt_index_check(indexrelid, true) from pg_index
    join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
    where amname = 'btree' and relpersistence = 'p'`)
  const damaged = `select relname, found.* from pg_class, verify_heapam(oid) as found
    where relkind in ('r', 't', 'm') and relpersistence = 'p'`
  assert.deepEqual(await restored.query(damaged), [])
  const invisible = `select relname, t_ctid from pg_class, pg_check_visible(oid) as t_ctid
    where relkind in ('r', 't', 'm') and relpersistence = 'p'`
  assert.deepEqual(await restored.query(invisible), [])
}

/** PostgreSQL's own check of the folder against the list of files that is kept. */
async function verified(): Promise<void> {
  const { into, manifest } = await backup.layOut('immediate')
  await writeFile(join(into, 'backup_manifest'), manifest)
  await symlink(`${into}-tablespaces/${spaceOid}`, join(into, 'pg_tblspc', String(spaceOid)))
  const ours = ['veilig_restore', 'postgresql.auto.conf', 'recovery.signal', 'tablespace_map']
  const ignored = ours.flatMap((name) => ['--ignore', name])
  await execute(`${binaries?.bin}/pg_verifybackup`, ['--no-parse-wal', ...ignored, into])
}

type Place = { readonly socketDir: string; readonly port: number }

async function tool(name: string, at: Place, ...args: readonly string[]): Promise<string> {
  const place = { PGHOST: at.socketDir, PGPORT: String(at.port) }
  const env = { ...process.env, ...place, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  const options = { env, maxBuffer: 2 ** 28 }
  return (await execute(`${binaries?.bin}/${name}`, args, options)).stdout
}
