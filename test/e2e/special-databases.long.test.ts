/**
 * What is special in a database, through a backup, a difference and a restore with real servers:
 * tables of more than one file, unlogged ones, cut ones, databases that come and go meanwhile,
 * summaries of the log that are no more.
 */
import assert from 'node:assert/strict'
import { open, readdir, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { prepareBackup, type RestoredPostgres, type TestBackup } from '#kit/backup.ts'
import { PASSWORD, startPostgres, SUPERUSER, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

const GIB = 2 ** 30
const PAGE = 8192
let server: TestPostgres
let backup: TestBackup
let restored: RestoredPostgres
let instead: string | null

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query(`
    create table big (word text);
    create unlogged table visits (id int);
    create table cut (id int, filler text);
    create table emptied (id int)`)
  await server.query('insert into visits select generate_series(1, 100)')
  await server.query(`insert into cut select n, repeat('x', 700) from generate_series(1, 5000) n`)
  await server.query('insert into emptied select generate_series(1, 1000)')
  await grow('big')
  backup = await prepareBackup(server)
  await backup.start()
  const full = backup.full()
  for (let at = 0; at < 4; at++) {
    await server.query(`create database coming_${at}`)
    await server.query(`create database going_${at}`)
    await server.query(`drop database going_${at}`)
  }
  await full
  await server.query(`insert into big values ('in the second file')`)
  await server.query('delete from cut where id > 10')
  await server.query('vacuum (truncate) cut')
  await server.query('truncate emptied')
  const difference = backup.differential()
  await server.query('create database between_them')
  await server.query('drop database coming_0')
  assert.equal((await difference).kind, 'differential')
  await backup.caughtUp()
  restored = await backup.restore('latest')
  await server.query('drop table big')
  await server.query('checkpoint') // what follows is small
  await rm(join(server.place.dataDir, 'pg_wal/summaries'), { recursive: true })
  instead = await withoutSummaries()
})

after(async () => {
  await restored[Symbol.asyncDispose]()
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** A gibibyte of pages that were never used, and two more: the second file. */
async function grow(table: string): Promise<void> {
  const [row] = await server.query<{ path: string }>(
    `select pg_relation_filepath('${table}') as path`,
  )
  const file = join(server.place.dataDir, row?.path ?? '')
  await server.query('checkpoint')
  await truncate(file, GIB)
  const second = await open(`${file}.1`, 'a')
  const { account } = server.place
  if (account) await second.chown(account.uid, account.gid)
  await second.chmod(0o600)
  await second.truncate(2 * PAGE)
  await second.close()
  await server.restart()
}

async function withoutSummaries(): Promise<string | null> {
  await backup.differential()
  return (await backup.status()).differential.fullInstead
}

const one = async (sql: string): Promise<unknown> =>
  Object.values((await restored.query(sql))[0]!)[0]

test('a table of two files is back, and what the second had of late', async () => {
  assert.equal(await one(`select pg_relation_size('big') > ${GIB}`), true)
  assert.equal(await one('select word from big'), 'in the second file')
  const [row] = await restored.query<{ path: string }>(`select pg_relation_filepath('big') as path`)
  const folder = join(restored.dataDir, row?.path ?? '', '..')
  const names = await readdir(folder)
  assert(names.some((name) => name === `${row?.path.split('/').at(-1)}.1`))
})

test('an unlogged table is back, empty and usable', async () => {
  assert.equal(await one('select count(*)::int from visits'), 0)
  await restored.query('insert into visits values (1)')
})

test('what was cut or emptied between the backups stays so', async () => {
  assert.equal(await one('select count(*)::int from cut'), 10)
  assert.equal(await one(`select pg_relation_size('cut') < 100000`), true)
  assert.equal(await one('select count(*)::int from emptied'), 0)
})

test('databases made and dropped while backups ran are there, and not there', async () => {
  const rows = await restored.query<{ name: string }>(
    `select datname as name from pg_database where datname ~ '_' order by 1`,
  )
  const names = rows.map(({ name }) => name).filter((name) => !name.startsWith('template'))
  assert.deepEqual(names, ['between_them', 'coming_1', 'coming_2', 'coming_3'])
  const { socketDir: host, port } = restored.cluster
  for (const database of names) {
    const client = new pg.Client({ host, port, user: SUPERUSER, password: PASSWORD, database })
    await client.connect()
    await client.query('create table t (id int)')
    await client.end()
  }
})

test('without summaries of the log a full backup is taken in place of a difference', () => {
  assert.match(instead ?? '', /summar/i)
})
