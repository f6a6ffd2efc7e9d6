/** `veilig doctor` on Debian's PostgreSQL 15. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askDoctor, urlOf } from '#kit/doctor.ts'
import { debianPostgres, startPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'
import { readingGrants } from '#services/backup/take/reading/rights.ts'

test('PostgreSQL 15 can be backed up; its differences read all of it until it lets us', async () => {
  const binaries = debianPostgres()
  assert(binaries, 'this suite needs the Debian package postgresql-15')
  await using server = await startPostgres(serverSettingsFor(15), binaries)
  await server.query(`create role veilig_backup login replication password 'backup-role'`)
  const says = await askDoctor('--database', urlOf(server, 'veilig_backup', 'backup-role'))
  assert.equal(says.exitCode, 0)
  assert.deepEqual(says.faults, ['weak server.summaries'])
  await server.query(readingGrants('veilig_backup'))
  const allowed = await askDoctor('--database', urlOf(server, 'veilig_backup', 'backup-role'))
  assert.deepEqual(allowed.faults, [])
})
