/**
 * The story on Debian's PostgreSQL 15, whose own tools are asked for their opinion: pg_verifybackup
 * reads what we restored, with the manifest we kept, and finds nothing wrong; pg_waldump reads the
 * log we handed out.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { debianPostgres, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'

const execute = promisify(execFile)
const settings = serverSettingsFor(15)
const binaries = debianPostgres()
assert(binaries, 'this suite needs the Debian package postgresql-15')

let server: TestPostgres
let backup: TestBackup

before(async () => {
  server = await startPostgres(settings, binaries)
  await execute(`${binaries.bin}/pgbench`, ['-i', '-q', '-s', '2', 'postgres'], { env: access() })
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('story on 15: pgbench, a noted time, more pgbench, and the balance is that of the time', async () => {
  await pgbench()
  const balance = await server.query(BALANCE)
  const [row] = await server.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  await delay(20)
  await pgbench()
  await server.query('drop table pgbench_history')
  await backup.caughtUp()
  await using restored = await backup.restore(row!.at, settings)
  assert.deepEqual(await restored.query(BALANCE), balance)
})

test('pg_verifybackup: what was restored is what PostgreSQL says it sent', async () => {
  const { into, manifest } = await backup.layOut('latest')
  await writeFile(join(into, 'backup_manifest'), manifest)
  // Written by the restore; and the map of tablespaces, which now lie elsewhere.
  const changed = ['postgresql.auto.conf', 'recovery.signal', 'veilig_restore', 'tablespace_map']
  const ignored = changed.flatMap((path) => ['--ignore', path])
  const { stdout } = await execute(`${binaries.bin}/pg_verifybackup`, ['-n', ...ignored, into])
  assert.match(stdout, /successfully verified/)
  await rm(join(into, 'PG_VERSION'))
  await assert.rejects(execute(`${binaries.bin}/pg_verifybackup`, ['-n', ...ignored, into]))
})

test('pg_waldump: the log handed out is whole, from the backup to its end', async () => {
  const { into } = await backup.layOut('latest')
  const log = join(into, 'veilig_restore', 'log')
  const segments = (await readdir(log)).filter((name) => /^[0-9A-F]{24}$/.test(name)).sort()
  assert(segments.length > 0)
  const { stdout } = await execute(
    `${binaries.bin}/pg_waldump`,
    ['--stats', join(log, segments[0]!), join(log, segments.at(-1)!)],
    { maxBuffer: 64 * 1024 * 1024 },
  ).catch((error: { stdout: string; stderr: string }) => {
    // It reads to the end of what there is, and says that there it ends.
    assert.match(error.stderr, /invalid record length|record with incorrect prev-link/)
    return error
  })
  assert.match(stdout, /Total/)
})

const BALANCE = `select (select sum(abalance) from pgbench_accounts)::text as accounts,
                        (select count(*) from pgbench_history)::text as history`

async function pgbench(): Promise<void> {
  await execute(`${binaries!.bin}/pgbench`, ['-c', '4', '-t', '250', 'postgres'], { env: access() })
}

function access(): Record<string, string> {
  const { host, user, password } = server.connection
  return { PGHOST: String(host), PGUSER: String(user), PGPASSWORD: String(password) }
}
