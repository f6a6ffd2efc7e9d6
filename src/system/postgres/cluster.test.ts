/** The embedded PostgreSQL is made, started, crashed and stopped as the supervisor does it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPostgres } from '#kit/postgres.ts'

test('cluster: made with checksums, private, and what was committed survives kill -9', async () => {
  await using server = await startPostgres()
  const [settings] = await server.query(
    `select current_setting('data_checksums') as checksums,
            current_setting('listen_addresses') as listen,
            current_setting('server_version_num')::int / 10000 as major`,
  )
  assert.deepEqual({ ...settings }, { checksums: 'on', listen: '', major: 18 })
  await server.query('create table kept as select 1 as id')
  server.cluster.kill('SIGKILL')
  await server.cluster.ended
  await server.restart()
  assert.deepEqual(await server.query('select id from kept'), [{ id: 1 }])
})

test('cluster: a wrong password is refused on the private socket too', async () => {
  await using server = await startPostgres()
  const { default: pg } = await import('pg')
  const stranger = new pg.Client({ ...server.connection, password: 'wrong' })
  await assert.rejects(stranger.connect(), { code: '28P01' })
})
