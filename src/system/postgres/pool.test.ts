/** A server that stops must not take the processes that ask it along. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPostgres } from '#kit/postgres.ts'
import { openPool } from './pool.ts'

test('pool: outlives its server, with a connection idle and one lent out', async () => {
  await using server = await startPostgres()
  const pool = openPool(server.connection)
  const [lent, idle] = await Promise.all([pool.connect(), pool.connect()])
  idle.release()
  server.cluster.kill('SIGQUIT')
  await server.cluster.ended
  await assert.rejects(lent.query('select 1'))
  lent.release(true)
  await server.restart()
  const { rows } = await pool.query<{ one: number }>('select 1 as one')
  assert.deepEqual(rows, [{ one: 1 }])
  await pool.end()
})
