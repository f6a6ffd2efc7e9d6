/** A server that stops, or a password that is renewed, must not take those who ask along. */
import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { eventually } from '#kit/eventually.ts'
import { startPostgres, temporaryFolder } from '#kit/postgres.ts'
import { renewSecret } from '../secret-file.ts'
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

test('pool: passwords renewed under load fail no query; the old ones open nothing', async () => {
  await using server = await startPostgres()
  const folder = await temporaryFolder('pool')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, 'first')
  await server.query(`create role renewed login password 'first'`)
  const login = { ...server.connection, user: 'renewed', password: 'first', passwordFile }
  // A connection is used once: each query logs in anew, as under the worst of loads.
  const pool = openPool({ ...login, max: 4, maxUses: 1 })
  const going = new AbortController()
  let queries = 0
  const load = async (): Promise<void> => {
    while (!going.signal.aborted) {
      await pool.query('select 1')
      queries++
    }
  }
  const running = Promise.all(Array.from({ length: 4 }, load))
  for (let round = 0; round < 10; round++) {
    const before = queries
    const setPassword = (fresh: string): Promise<unknown> =>
      server.query(`alter role renewed password '${fresh}'`)
    await renewSecret(passwordFile, `password-${round}`, async (fresh) => {
      await setPassword(fresh)
      await delay(20) // those who read the file now see what is no longer right
    })
    await eventually('queries after a renewal', () => (queries > before + 8 ? true : undefined))
  }
  going.abort()
  await running
  await pool.end()
  const late = new pg.Client({ ...server.connection, user: 'renewed', password: 'password-8' })
  late.on('error', () => undefined)
  await assert.rejects(late.connect(), { code: '28P01' })
  await rm(folder, { recursive: true, force: true })
})
