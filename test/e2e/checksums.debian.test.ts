/**
 * Data checksums turned on between two backups: pg_checksums changes every page and tells no log
 * of it, so no difference can be taken across it.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { prepareBackup, until } from '#kit/backup.ts'
import { debianPostgres, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'

const binaries = debianPostgres()
assert(binaries, 'this suite needs the Debian package postgresql-15')

test('checksums turned on since the full backup: all is taken anew, and every page is right', async () => {
  await using server = await startPostgres(serverSettingsFor(15), binaries)
  await server.query('create table kept (id int primary key, word text)')
  await server.query(`insert into kept select n, repeat('k', 200) from generate_series(1, 5000) n`)
  await checksums(server, '--disable')
  await using backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
  await checksums(server, '--enable')
  await until(async () => (await backup.status()).log.phase === 'streaming')
  await server.query('delete from kept where id > 4000')

  const taken = await backup.differential()
  assert.equal(taken.kind, 'full')
  const { fullInstead } = (await backup.status()).differential
  assert.match(fullInstead ?? '', /data checksums were turned on since/)
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query('show data_checksums'), [{ data_checksums: 'on' }])
  assert.deepEqual(
    await restored.query('select count(*)::int as n, min(length(word)) as length from kept'),
    [{ n: 4000, length: 200 }],
  )
  assert.equal((await backup.differential()).kind, 'differential')
})

/** Works on a server that is stopped; starts it again. */
async function checksums(server: TestPostgres, how: '--enable' | '--disable'): Promise<void> {
  const { dataDir, account } = server.place
  await server.cluster[Symbol.asyncDispose]()
  const as = account ? { uid: account.uid, gid: account.gid } : {}
  await promisify(execFile)(`${binaries?.bin}/pg_checksums`, [how, '-D', dataDir], as)
  await server.restart()
}
