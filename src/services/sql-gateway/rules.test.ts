/** The rules of a role, on real statements through a real gateway. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
  await server.query(`create role app superuser login password 'app'`)
})
after(() => server[Symbol.asyncDispose]())

const roles = { app: { ddl: 'enforce', escalation: 'enforce' } }

async function say(gateway: TestSqlGateway, sql: string, values?: unknown[]): Promise<string> {
  const { host, port } = gateway
  const ssl = { ca: gatewayAuthority, servername: 'localhost' }
  const user = { user: 'app', password: 'app', database: 'postgres' }
  const client = new pg.Client({ host, port, ssl, ...user })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(sql, values)
    return 'done'
  } catch (error) {
    return (error as pg.DatabaseError).code ?? String(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

test('rules: what a role may not say is refused and recorded', async () => {
  await using gateway = await startSqlGateway(server, { roles })
  for (const sql of [
    'create table never ()',
    'drop table if exists never',
    'set role postgres',
    `copy (select 1) to program 'true'`,
    `select pg_read_file('PG_VERSION')`,
    'do $$ begin null; end $$',
    'prepare p as select pg_ls_dir($1)',
    `select 1; alter system set log_statement = 'none'`,
  ])
    assert.equal(await say(gateway, sql), '42501', sql)
  assert.equal(await say(gateway, 'create role never', []), '42501', 'by the extended protocol')
  assert.equal(gateway.trail.of('DB_STATEMENT_REFUSED').length, 9)
  assert.deepEqual(await server.query(`select from pg_class where relname = 'never'`), [])
})

test('rules: rows, settings and errors of the server pass', async () => {
  await using gateway = await startSqlGateway(server, { roles })
  assert.equal(await say(gateway, 'select 1 where 2 = $1', [2]), 'done')
  assert.equal(await say(gateway, `select set_config('app.club', '7', true)`), 'done')
  assert.equal(await say(gateway, 'begin; select 1; rollback'), 'done')
  assert.equal(await say(gateway, 'selec 1'), '42601')
})

test('rules: what is observed is recorded, and passes', async () => {
  const observed = { app: { ddl: 'observe', escalation: 'observe' } }
  await using gateway = await startSqlGateway(server, { roles: observed })
  assert.equal(await say(gateway, 'create temporary table seen ()'), 'done')
  assert.equal(gateway.trail.of('DB_STATEMENT_REFUSED')[0]?.['mode'], 'observe')
})
