/**
 * A failover as it comes: the primary is killed, in the middle of a backup, and the standby that
 * streamed from it takes over at its address. The backup process is not told.
 */
import assert from 'node:assert/strict'
import { rename, symlink } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import type pg from 'pg'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { queryOn, startStandby } from '#kit/standby.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'

const ROWS = `select count(*)::int as n from kept`

let primary: TestPostgres
let standby: RunningCluster
let backup: TestBackup
/** A link to the socket's folder of whoever is primary. */
let address: string

before(async () => {
  primary = await startPostgres(requiredServerSettings)
  address = `${primary.socketDir}-primary`
  await symlink(primary.socketDir, address)
  await primary.query('create table kept as select generate_series(1, 1000) as n')
  await primary.query(`create table large as
    select g, md5(g::text) || md5((-g)::text) as text from generate_series(1, 200000) g`)
  const cluster = { ...primary.cluster, socketDir: address }
  // So slow that it is under way when the primary is killed, however quick the machine.
  backup = await prepareBackup({ ...primary, cluster }, { maxRateMib: 8 })
  standby = await startStandby(primary)
  await backup.start()
  await until(async () => (await backup.status()).full.newest !== null)
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await standby[Symbol.asyncDispose]()
  await primary[Symbol.asyncDispose]()
})

test('failover in the middle of a backup: nothing of it is listed, the log has no gap', async () => {
  const ids = async (): Promise<string[]> => (await listed()).backups.map(({ id }) => id)
  const before = await ids()
  const broken = backup.full().then(
    () => 'done',
    () => 'failed',
  )
  await until(async () => (await sending()) > 0)
  await primary.query('insert into kept select generate_series(1001, 1500)')
  await levelStandby()
  primary.cluster.kill('SIGKILL')
  await primary.cluster.ended
  await onStandby('select pg_promote()')
  await pointTo(standby.socketDir)
  assert.equal(await broken, 'failed')
  await onStandby('insert into kept select generate_series(1501, 1600)')
  await until(async () => (await backup.status()).log.timeline === 2)
  await levelBackup()
  assert.deepEqual(await ids(), before)
  assert.deepEqual((await listed()).gaps, [])
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(ROWS), [{ n: 1600 }])
})

test('the old primary rises at the address: nothing of it is taken, and it is said', async () => {
  await primary.restart()
  await primary.query('insert into kept values (-1)')
  await pointTo(primary.socketDir)
  await endWalSenders()
  await until(async () => /set back/.test((await backup.status()).log.fault ?? ''))
  await pointTo(standby.socketDir)
  await until(async () => (await backup.status()).log.phase === 'streaming')
})

test('after it all: a backup of the new primary, and a restore that begins with it', async () => {
  const { id } = await backup.full()
  await onStandby('insert into kept select generate_series(1601, 1700)')
  await levelBackup()
  assert.equal((await listed()).backups.find((one) => one.id === id)?.endTimeline, 2)
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(ROWS), [{ n: 1700 }])
  assert.deepEqual(await restored.query(`${ROWS} where n < 0`), [{ n: 0 }])
})

async function pointTo(socketDir: string): Promise<void> {
  await symlink(socketDir, `${address}-next`)
  await rename(`${address}-next`, address)
}

function onStandby<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
  return queryOn<Row>(primary, standby, sql)
}

/** Backups that the primary is sending, and has begun to. */
async function sending(): Promise<number> {
  const sql = `select count(*)::int as n from pg_stat_progress_basebackup where backup_streamed > 0`
  return (await primary.query<{ n: number }>(sql))[0]!.n
}

/** All the primary has, its standby has, and the backup too. */
async function levelStandby(): Promise<void> {
  const [end] = await primary.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  await until(async () => {
    const sql = `select bool_and(flush_lsn >= '${end!.lsn}') as level from pg_stat_replication
                 where application_name <> '' and state = 'streaming'`
    return (await primary.query<{ level: boolean | null }>(sql))[0]!.level === true
  })
}

async function levelBackup(): Promise<void> {
  const [end] = await onStandby<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  await until(async () => {
    const sql = `select restart_lsn >= '${end!.lsn}' as level from pg_replication_slots`
    return (await onStandby<{ level: boolean }>(sql))[0]?.level === true
  })
}

/** As when the address moved: the old connection ends. */
async function endWalSenders(): Promise<void> {
  await onStandby(
    `select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'walsender'`,
  )
}

type Listed = {
  readonly backups: readonly { readonly id: string; readonly endTimeline: number }[]
  readonly gaps: readonly unknown[]
}

async function listed(): Promise<Listed> {
  return JSON.parse(await backup.veilig('backup', 'list', '--json')) as Listed
}
