/**
 * Restores on Debian's PostgreSQL 15, whose own tools are asked for their opinion: every kind of
 * target, and a restore over a directory that lived on.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { prepareBackup, until, type RestoredPostgres, type TestBackup } from '#kit/backup.ts'
import { debianPostgres, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import type { RestoreReport } from '#services/backup/restore/restore.ts'

const binaries = debianPostgres()
const execute = promisify(execFile)
/** What a restore adds or changes, apart from the log. */
const OURS = ['postgresql.auto.conf', 'recovery.signal', 'veilig_restore', 'tablespace_map']
let server: TestPostgres
let backup: TestBackup
const noted = { xid: 0, time: '' }

before(async () => {
  assert(binaries, 'install postgresql-15')
  server = await startPostgres(serverSettingsFor(15), { bin: binaries.bin, major: 15 })
  await server.query('create table big as select g, md5(g::text) from generate_series(1, 60000) g')
  await server.query('create table bookings (id int primary key)')
  backup = await prepareBackup(server)
  await backup.start()
  await server.query('insert into bookings values (1)')
  await backup.full()
  const [row] = await server.query<{ xid: string }>(
    `insert into bookings values (2) returning pg_current_xact_id()::xid::text as xid`,
  )
  noted.xid = Number(row?.xid)
  await server.query('insert into bookings values (3)')
  const [now] = await server.query<{ time: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.USZ') as time`,
  )
  noted.time = now?.time ?? ''
  await server.query('insert into bookings values (4)')
  await server.query('delete from big where g % 100 = 0')
  await backup.caughtUp()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('restore: through the commit of a transaction, and no further', async () => {
  await using restored = await backup.restore(`xid:${noted.xid}`)
  assert.deepEqual(await bookings(restored), [1, 2])
})

test('restore: immediate is the end of the backup', async () => {
  await using restored = await backup.restore('immediate')
  assert.deepEqual(await bookings(restored), [1])
})

test('restore: a transaction that is in no log is refused in words', async () => {
  const asked = backup.veilig('restore', '--to', 'xid:4000000000', '--into', join(backup.data, 'x'))
  await assert.rejects(asked, /RESTORE_TARGET_BEYOND: transaction 4000000000 ends nowhere/)
})

test('restore --delta: a directory that lived on becomes the backup again, by what differs', async () => {
  const { into, manifest } = await backup.layOut('latest')
  const [row] = await server.query<{ path: string }>(`select pg_relation_filepath('big') as path`)
  await spoil(into, row?.path ?? '')
  const report = await delta('latest', into)
  assert(report.writtenBytes > 0, 'what was spoilt is written')
  assert(report.writtenBytes < report.bytes / 4, `${report.writtenBytes} of ${report.bytes}`)
  await writeFile(join(into, 'backup_manifest'), manifest)
  const ignored = OURS.flatMap((path) => ['-i', path])
  const { stdout } = await execute(`${binaries?.bin}/pg_verifybackup`, ['-n', ...ignored, into])
  assert.match(stdout, /successfully verified/)
  assert(!(await readdir(into)).includes('mine'))
  const again = await delta('latest', into)
  assert(again.writtenBytes < 100_000, `${again.writtenBytes} were written again`)
})

test('restore --delta: over the copy that was started, and to another moment', async () => {
  const restored = await backup.restore('latest')
  await restored.query('insert into bookings values (99)')
  await assert.rejects(delta(noted.time, restored.dataDir), /RESTORE_SERVER_RUNS/)
  await restored[Symbol.asyncDispose]()
  await delta(noted.time, restored.dataDir)
  await using again = await backup.reopen(restored.dataDir)
  assert.deepEqual(await bookings(again), [1, 2, 3])
  await again.query('create extension amcheck')
  await again.query(`select bt_index_check('bookings_pkey', true)`)
  const damaged = await again.query(`select * from verify_heapam('big')`)
  assert.deepEqual(damaged, [])
})

test('restore --delta: neither another cluster nor a folder of somebody is touched', async () => {
  const home = join(backup.data, 'somebody')
  await mkdir(home)
  await writeFile(join(home, 'letter'), 'dear')
  await assert.rejects(delta('latest', home), /RESTORE_FOLDER_FOREIGN/)
  assert.deepEqual(await readdir(home), ['letter'])
  await rm(join(home, 'letter'))
  await mkdir(join(home, 'global'))
  await writeFile(join(home, 'PG_VERSION'), '15\n')
  await writeFile(join(home, 'global', 'pg_control'), Buffer.alloc(8192, 7))
  await assert.rejects(delta('latest', home), /RESTORE_FOLDER_FOREIGN/)
  assert.equal((await stat(join(home, 'global', 'pg_control'))).size, 8192)
})

async function delta(to: string, into: string): Promise<RestoreReport> {
  const report = await backup.veilig('restore', '--to', to, '--into', into, '--delta', '--json')
  return JSON.parse(report) as RestoreReport
}

/** Changed, cut, grown, gone, in the way, and a link that leads elsewhere. */
async function spoil(into: string, table: string): Promise<void> {
  await truncate(join(into, table), 3 * 8192)
  await writeFile(join(into, 'PG_VERSION'), '15\nand more')
  await rm(join(into, 'global', '1262'))
  await writeFile(join(into, 'mine'), 'x')
  await rm(join(into, 'pg_xact'), { recursive: true })
  await symlink('/etc', join(into, 'pg_xact'))
  await rm(join(into, 'pg_hba.conf'))
  await mkdir(join(into, 'pg_hba.conf'))
  await chmod(join(into, 'pg_ident.conf'), 0o644)
}

async function bookings(restored: RestoredPostgres): Promise<number[]> {
  await until(async () => (await restored.query('select 1')).length === 1)
  const rows = await restored.query<{ id: number }>('select id from bookings order by id')
  return rows.map(({ id }) => id)
}
