/**
 * The backup follows a standby, to spare the primary; and the standby is promoted in the middle of
 * a backup, and goes on as the primary.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { queryOn, startStandby } from '#kit/standby.ts'
import { parseLsn } from '#protocol/postgres/replication/lsn.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'
import type { RunningCluster } from '#system/postgres/cluster.ts'

const ROWS = 'select count(*)::int as n, sum(n)::int as sum from kept'

let primary: TestPostgres
let standby: RunningCluster
let backup: TestBackup

before(async () => {
  primary = await startPostgres(requiredServerSettings)
  await primary.query('create table kept as select generate_series(1, 1000) as n')
  await primary.query(`create table large as
    select g, md5(g::text) || md5((-g)::text) as text from generate_series(1, 300000) g`)
  standby = await startStandby(primary)
  const replayed = `select to_regclass('large') is not null as there`
  await until(async () => (await onStandby<{ there: boolean }>(replayed))[0]?.there === true)
  // So slow that one is under way when the standby is promoted, however quick the machine.
  backup = await prepareBackup({ ...primary, cluster: standby }, { maxRateMib: 8 })
  await until(async () => {
    const role = `select 1 from pg_roles where rolname = 'veilig_backup'`
    return (await onStandby(role)).length === 1
  })
  await backup.start()
  await until(async () => (await backup.status()).full.newest !== null)
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await standby[Symbol.asyncDispose]()
  await primary[Symbol.asyncDispose]()
})

test('a full and a differential backup of a standby, and its log, bring back the primary', async () => {
  await primary.query('insert into kept select generate_series(1001, 1500)')
  await levelWith(await endOf(primary))
  await checkpointBoth() // a backup of a standby begins where its last restart point is
  const taken = await backup.differential()
  const { differential } = await backup.status()
  assert.deepEqual([taken.kind, differential.fullInstead], ['differential', null])
  await primary.query('delete from kept where n <= 10')
  const expected = await primary.query(ROWS)
  await levelWith(await endOf(primary))
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(ROWS), expected)
})

test('promoted in the middle of a backup: nothing of it counts, the next one does', async () => {
  const before = await listed()
  const broken = backup.full().then(
    () => 'done',
    (error: { stdout?: string }) => error.stdout ?? '',
  )
  await until(async () => (await sending()) > 0)
  await primary.cluster[Symbol.asyncDispose]()
  await onStandby('select pg_promote()')
  assert.match(await broken, /promoted/)
  assert.deepEqual((await listed()).backups, before.backups)
  await until(async () => (await backup.status()).log.timeline === 2)
  await onStandby('insert into kept select generate_series(2001, 2100)')
  // What was the standby's full backup lies on another timeline: it is taken whole, and said.
  const next = await backup.differential()
  assert.equal(next.kind, 'full')
  assert.match((await backup.status()).differential.fullInstead ?? '', /on timeline 2/)
  assert.equal((await backup.differential()).kind, 'differential')
  await onStandby('delete from kept where n % 7 = 0')
  await levelWith(await flushedOn('select pg_current_wal_flush_lsn() as lsn'))
  assert.deepEqual((await listed()).gaps, [])
  const expected = await onStandby(ROWS)
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(ROWS), expected)
})

function onStandby<Row extends object>(sql: string): Promise<Row[]> {
  return queryOn<Row>(primary, standby, sql)
}

async function checkpointBoth(): Promise<void> {
  await primary.query('checkpoint')
  await levelWith(await endOf(primary))
  const end = await endOf(primary)
  await until(async () => (await flushedOn('select pg_last_wal_replay_lsn() as lsn')) >= end)
  await onStandby('checkpoint')
}

async function endOf(server: TestPostgres): Promise<bigint> {
  const [end] = await server.query<{ lsn: string }>('select pg_current_wal_flush_lsn() as lsn')
  return parseLsn(end?.lsn ?? '')
}

async function flushedOn(sql: string): Promise<bigint> {
  return parseLsn((await onStandby<{ lsn: string }>(sql))[0]?.lsn ?? '')
}

/** Every required region holds the log up to there. */
async function levelWith(lsn: bigint): Promise<void> {
  await until(async () => {
    const { regions } = await backup.status()
    return regions.every(({ durableLsn }) => parseLsn(durableLsn ?? '0/0') >= lsn)
  })
}

/** Backups that the standby is sending, and has begun to. */
async function sending(): Promise<number> {
  const sql = `select count(*)::int as n from pg_stat_progress_basebackup where backup_streamed > 0`
  return (await onStandby<{ n: number }>(sql))[0]!.n
}

type Listed = { readonly backups: readonly unknown[]; readonly gaps: readonly unknown[] }

async function listed(): Promise<Listed> {
  return JSON.parse(await backup.veilig('backup', 'list', '--json')) as Listed
}
