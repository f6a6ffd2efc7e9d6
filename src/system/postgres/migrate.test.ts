/** Steps run once, in order, all or none; a changed past is refused. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { startPostgres } from '#kit/postgres.ts'
import { migrate } from './migrate.ts'

const server = await startPostgres()
const client = new pg.Client(server.connection)
await client.connect()
after(async () => {
  await client.end()
  await server[Symbol.asyncDispose]()
})

const first = { name: '0001-first', sql: 'create table court (id int)' }
const second = { name: '0002-second', sql: 'insert into court values (1)' }

test('migrate: steps run once and in order', async () => {
  assert.deepEqual(await migrate(client, [first]), ['0001-first'])
  assert.deepEqual(await migrate(client, [first, second]), ['0002-second'])
  assert.deepEqual(await migrate(client, [first, second]), [])
  assert.equal((await client.query('select from court')).rowCount, 1)
})

test('migrate: a step that fails leaves nothing behind', async () => {
  const broken = { name: '0003-broken', sql: 'insert into court values (2); select 1/0' }
  await assert.rejects(migrate(client, [first, second, broken]), { code: 'MIGRATION_FAILED' })
  assert.equal((await client.query('select from court')).rowCount, 1)
})

test('migrate: an older version, or an edited step, is refused', async () => {
  await assert.rejects(migrate(client, [first]), { code: 'MIGRATION_CHANGED' })
  const edited = { ...first, sql: 'create table courts (id int)' }
  await assert.rejects(migrate(client, [edited, second]), { code: 'MIGRATION_CHANGED' })
})
