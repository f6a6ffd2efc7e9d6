/**
 * Differences on Debian's PostgreSQL 15, which cannot say what changed: told by the pages, put
 * together with the full backup in one pass, and judged by PostgreSQL's own checks.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { debianPostgres, PASSWORD, startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { serverSettingsFor } from '#services/backup/server-settings.ts'

const execute = promisify(execFile)
const binaries = debianPostgres()
assert(binaries, 'this suite needs the Debian package postgresql-15')
const TABLES = ['grows', 'shrinks', 'deleted', 'still', 'pgbench_accounts', 'pgbench_history']

let server: TestPostgres
let backup: TestBackup

before(async () => {
  server = await startPostgres(serverSettingsFor(15), binaries)
  await pgbench('-i', '-q', '-s', '2')
  await server.query(`
    create table grows (id int primary key, word text);
    create table shrinks (id int primary key, word text);
    create table dropped (id int);
    create table deleted (id int primary key, word text);
    create table still (id int primary key, word text);
    insert into grows select n, repeat('g', 200) from generate_series(1, 9000) n;
    insert into shrinks select n, repeat('s', 200) from generate_series(1, 9000) n;
    insert into dropped select generate_series(1, 9000);
    insert into deleted select n, repeat('d', 200) from generate_series(1, 9000) n;
    insert into still select n, repeat('t', 200) from generate_series(1, 60000) n`)
  await server.query('create database goes')
  await server.query('vacuum (analyze)') // every page is all-visible now
  await server.query('create table late (id int primary key) with (autovacuum_enabled = off)')
  await server.query('insert into late select generate_series(1, 5000)')
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('differential on 15: small, restored in one pass, and nothing deleted comes back', async () => {
  await change(1)
  await server.query('vacuum late') // all-visible now, and its pages do not tell
  await server.query('create database comes')
  await server.query('drop database goes')
  const taken = await backup.differential()
  const { full, differential } = await backup.status()
  assert.equal(taken.kind, 'differential')
  assert.equal(differential.fullInstead, null)
  assert(full.newest && taken.plainBytes < full.newest.plainBytes / 2, `${taken.plainBytes} bytes`)
  await change(2)
  const expected = await contents((sql) => server.query(sql))
  await backup.caughtUp()
  await using restored = await backup.restore('latest', { enable_seqscan: 'off' })
  const ask = restored.query.bind(restored)
  assert.deepEqual(await contents(ask), expected)
  const databases = await ask<{ name: string }>('select datname as name from pg_database')
  const names = databases.map(({ name }) => name)
  assert(names.includes('comes') && !names.includes('goes'))
  await ask('create extension amcheck')
  const indexes = `select bt_index_check(indexrelid, true) from pg_index
    join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam
    where amname = 'btree' and relpersistence = 'p'`
  await ask(indexes)
  const damaged = await ask(`select relname, found.* from pg_class, verify_heapam(oid) as found
    where relkind in ('r', 't', 'm') and relpersistence = 'p'`)
  assert.deepEqual(damaged, [])
  // What an index-only scan believes of the visibility map, later deletions must have cleared.
  await ask('delete from late where id <= 10')
  assert.deepEqual(await ask('select count(id)::int as n from late where id > 0'), [{ n: 4990 }])
})

async function change(round: number): Promise<void> {
  await pgbench('-n', '-c', '2', '-t', '200')
  await server.query(`insert into grows select n, 'more' from generate_series(${round} * 10000,
    ${round} * 10000 + 500) n`)
  await server.query(`delete from shrinks where id > ${9000 - round * 3000}`)
  await server.query(`delete from deleted where id % 6 = ${round}`)
  await server.query('vacuum (truncate) shrinks')
  if (round === 1) await server.query('drop table dropped')
}

async function contents(ask: (sql: string) => Promise<unknown[]>): Promise<unknown[]> {
  const found: unknown[] = []
  for (const table of TABLES) {
    const sql = `select count(*)::int as n, md5(string_agg(t::text, '|' order by t::text)) as hash
      from ${table} t`
    found.push(table, ...(await ask(sql)))
  }
  return found
}

function pgbench(...args: string[]): Promise<unknown> {
  const env = { ...process.env, PGHOST: server.socketDir, PGUSER: 'postgres', PGPASSWORD: PASSWORD }
  return execute(`${binaries?.bin}/pgbench`, [...args, 'postgres'], { env })
}
