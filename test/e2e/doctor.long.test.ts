/** `veilig doctor` on real servers: what is missing is named, and mended by what it says. */
import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { askDoctor, urlOf } from '#kit/doctor.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

test('a server that lacks everything is told everything, and by name', async () => {
  const settings = { wal_level: 'minimal', max_wal_senders: '0', fsync: 'off' }
  await using server = await startPostgres(settings)
  await server.query(`create role plain login password 'plain-role'`)
  const says = await askDoctor('--database', urlOf(server, 'plain', 'plain-role'))
  assert.equal(says.exitCode, 1)
  for (const id of ['replication', 'role', 'wal-level', 'senders', 'fsync']) {
    assert(says.faults.includes(`missing server.${id}`), id)
  }
  for (const id of ['slot-cap', 'summaries', 'flaw.visibility-map']) {
    assert(says.faults.includes(`weak server.${id}`), id)
  }
})

test('what it says to do mends it: a role that may not replicate may afterwards', async () => {
  await using server = await startPostgres(requiredServerSettings)
  await server.query(`create role backup login password 'backup-role'`)
  const url = urlOf(server, 'backup', 'backup-role')
  const before = await askDoctor('--database', url)
  const role = before.findings.find(({ id }) => id === 'server.role')
  assert.equal(role?.state, 'missing')
  await server.query(role?.mend ?? '')
  const after = await askDoctor('--database', url)
  assert.equal(after.exitCode, 0)
  assert.deepEqual(
    after.faults.filter((fault) => !fault.includes('server.flaw')),
    [],
  )
})

test('a server like those that providers run: each lack in one sentence, with its mend', async () => {
  const lacks = { max_replication_slots: '1', wal_level: 'logical', summarize_wal: 'off' }
  await using server = await startPostgres({ ...requiredServerSettings, ...lacks })
  await server.query(`create role backup login replication password 'backup-role'`)
  await server.query(`select pg_create_physical_replication_slot('of_somebody')`)
  const hba = join(server.place.dataDir, 'pg_hba.conf')
  await writeFile(hba, 'local all all scram-sha-256\n')
  await server.query('select pg_reload_conf()')
  const url = urlOf(server, 'backup', 'backup-role')
  const says = await askDoctor('--database', url)
  assert.equal(says.exitCode, 1)
  const told = (id: string): string => {
    const found = says.findings.find((finding) => finding.id === `server.${id}`)
    assert(found, id)
    return `${found.state}: ${found.sentence} -> ${found.mend ?? ''}`
  }
  assert.match(told('replication'), /^missing: it admits no .*pg_hba.conf.* -> .*replication/)
  assert.match(told('slots'), /^missing: .*1 .* -> drop one .* or alter system set max_replication/)
  assert.match(told('summaries'), /^weak: summarize_wal is off.* -> alter system set/)
  assert.match(told('wal-level'), /^good: wal_level is logical/)

  await server.query('create role rds_superuser')
  const atProvider = await askDoctor('--database', url)
  const first = atProvider.findings.find(({ id }) => id === 'server.replication')
  assert.match(`${first?.sentence} ${first?.mend}`, /^Amazon RDS gives nobody .* own backups/)
})

test('the configured server and regions are tried together, and nothing is left behind', async () => {
  await using server = await startPostgres(requiredServerSettings)
  await server.query(`create role veilig_backup login replication password 'backup-role'`)
  const data = await temporaryFolder('doctor')
  try {
    const { socketDir: host, port } = server
    const folder = join(data, 'elsewhere')
    await mkdir(folder)
    const barred = { name: 'barred', kind: 's3', bucket: 'none', accessKey: 'a', secretKey: 'b' }
    const regions = [
      { name: 'home', folder },
      { ...barred, endpoint: 'http://127.0.0.1:9', timeoutSeconds: 1 },
    ]
    const config = join(data, 'veilig.yaml')
    const database = { host, port, password: 'backup-role' }
    await writeFile(config, JSON.stringify({ backup: { database, regions } }))
    const says = await askDoctor('--config', config, '--data', data)
    assert.equal(says.exitCode, 0, JSON.stringify(says.faults))
    const ours = says.faults.filter((fault) => !fault.includes('server.flaw'))
    assert.deepEqual(ours, ['weak region.barred.reach', 'weak regions.lock'])
    const good = says.findings.filter(({ state }) => state === 'good').map(({ id }) => id)
    for (const id of ['region.home.write-once', 'region.home.room', 'server.replication']) {
      assert(good.includes(id), id)
    }
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})
