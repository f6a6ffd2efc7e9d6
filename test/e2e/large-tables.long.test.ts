/**
 * A table of more than a gibibyte: PostgreSQL keeps it in several files. Full, differential and
 * synthetic backups, one table brought back, and a table that shrinks below the boundary, which
 * PostgreSQL's own pg_combinebackup could not put together before 17.8 and 18.2.
 *
 * Most of the first file is pages that were never written, so that the test is quick.
 */
import assert from 'node:assert/strict'
import { stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startBackedUp, type BackedUp, type TestBackup } from '#kit/backup.ts'
import { PASSWORD, SUPERUSER, type TestPostgres } from '#kit/postgres.ts'

const SEGMENT_BYTES = 1024 ** 3
const ROWS = `select count(*)::int as n, md5(string_agg(t::text, '|' order by id)) as hash`

let world: BackedUp
let server: TestPostgres
let backup: TestBackup
/** Below the data directory. */
let file: string

before(async () => {
  world = await startBackedUp(fill, { server: { autovacuum: 'off' } })
  ;({ server, backup } = world)
  await backup.full()
})

after(() => world[Symbol.asyncDispose]())

test('large table: a difference in either file, and the table beside the live one', async () => {
  await server.query(`
    update large set word = repeat('u', 300) where id % 50 = 0;
    delete from large where id between 900 and 950;
    insert into large select n, repeat('m', 200) from generate_series(20001, 23000) n`)
  const taken = await backup.differential()
  assert.equal(taken.kind, 'differential')
  assert(taken.plainBytes < SEGMENT_BYTES / 10, `${taken.plainBytes} bytes`)
  await server.query(`update large set word = 'after it' where id = 1`)
  const expected = await server.query(`${ROWS} from large t`)
  await backup.caughtUp()
  const { host, port } = { host: encodeURIComponent(server.socketDir), port: server.port }
  const live = `postgresql://${SUPERUSER}:${PASSWORD}@${host}:${port}/postgres`
  await backup.veilig('restore', '--to', 'latest', '--table', 'large', '--live', live)
  assert.deepEqual(await server.query(`${ROWS} from large_restored t`), expected)
  await server.query('drop table large_restored')
})

test('large table: a synthetic full backup has both of its files, and PostgreSQL agrees', async () => {
  await backup.veilig('backup', 'synthesize')
  const expected = await server.query(`${ROWS} from large t`)
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(`${ROWS} from large t`), expected)
  assert.equal((await stat(join(restored.dataDir, file))).size, SEGMENT_BYTES)
  assert((await stat(join(restored.dataDir, `${file}.1`))).size > 0)
  await restored.query('create extension amcheck')
  assert.deepEqual(await restored.query(`select * from verify_heapam('large')`), [])
  await restored.query(`select bt_index_check('large_pkey', true)`)
})

test('large table: cut below the boundary between two backups, it is restored as short', async () => {
  await server.query(`delete from large where ctid >= '(30,0)'`)
  await server.query('vacuum (truncate, index_cleanup on) large')
  const [size] = await server.query<{ bytes: number }>(
    `select pg_relation_size('large')::int as bytes`,
  )
  assert(size!.bytes < 10_000_000, `${size!.bytes} are left`)
  const taken = await backup.differential()
  assert.equal(taken.kind, 'differential')
  await server.query(`insert into large select n, 'again' from generate_series(30001, 30100) n`)
  const expected = await server.query(`${ROWS} from large t`)
  await backup.caughtUp()
  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(`${ROWS} from large t`), expected)
  assert((await stat(join(restored.dataDir, file))).size < 10_000_000)
  await restored.query('create extension amcheck')
  assert.deepEqual(await restored.query(`select * from verify_heapam('large')`), [])
  await restored.query(`select bt_index_check('large_pkey', true)`)
})

/** Rows at the beginning of the first file, at its end, and in the second. */
async function fill(made: TestPostgres): Promise<void> {
  await made.query(`
    create table large (id int primary key, word text);
    insert into large select n, repeat('a', 200) from generate_series(1, 2000) n`)
  const [path] = await made.query<{ path: string }>(`select pg_relation_filepath('large') as path`)
  file = path!.path
  await made.cluster[Symbol.asyncDispose]()
  await truncate(join(made.place.dataDir, file), SEGMENT_BYTES) // pages of zeros are new ones
  await made.restart()
  await made.query(
    `insert into large select n, repeat('b', 200) from generate_series(10001, 15000) n`,
  )
  const second = await stat(join(made.place.dataDir, `${file}.1`))
  assert(second.size > 100 * 8192, `the second file has ${second.size} bytes`)
}
