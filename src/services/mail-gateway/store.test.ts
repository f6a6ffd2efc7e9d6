/** The queue forgets what has ended and is past its keeping, and nothing else. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { startPostgres } from '#kit/postgres.ts'
import { migrate } from '#system/postgres/migrate.ts'
import { openPool } from '#system/postgres/pool.ts'
import { mailGatewayConfig } from './config.ts'
import { migrations } from './schema.ts'
import { MailStore } from './store.ts'

const DAY_MS = 24 * 3600 * 1000

const server = await startPostgres()
const pool = openPool(server.connection)
after(async () => {
  await pool.end()
  await server[Symbol.asyncDispose]()
})

test('mail store: an empty queue is cleaned without complaint, at any time', async () => {
  const client = await pool.connect()
  await migrate(client, migrations)
  client.release()
  const store = new MailStore(pool, mailGatewayConfig.parse({}), randomBytes(32))
  await store.forget(Date.now())
  await store.forget(Date.now() + 400 * DAY_MS)
  const { rows } = await pool.query('select count(*)::int as kept from message')
  assert.deepEqual(rows, [{ kept: 0 }])
})
