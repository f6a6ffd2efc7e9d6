/** Personal columns in the record: by table and number whatever they are called, rows counted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { eventually } from '#kit/eventually.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { dialTls, logIn, message } from '#kit/wire.ts'
import { openPool } from '#system/postgres/pool.ts'
import { tableColumns } from '#system/postgres/table-columns.ts'

let server: TestPostgres
let gateway: TestSqlGateway
let pool: pg.Pool
before(async () => {
  server = await startPostgres()
  await server.query(`create role app superuser login password 'secret'`)
  await server.query(`create table members (id int, email text, "birthDate" date, nick text)`)
  await server.query(
    `insert into members select i, 'm' || i || '@club.be', now(), 'n' from generate_series(1, 9) i`,
  )
  await server.query('create view letters as select email as recipient, id from members')
  pool = openPool({ ...server.connection, max: 1 })
  const query = (sql: string, values: unknown[]): Promise<unknown> => server.query(sql, values)
  const upstream = { socketDir: server.socketDir, port: server.port, query }
  const personal = { columns: ['members.nick'], except: ['public.members.birthDate'] }
  gateway = await startSqlGateway(upstream, { personal }, undefined, 0, () => tableColumns(pool))
})
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await pool.end()
  await server[Symbol.asyncDispose]()
})

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    ssl: { ca: gatewayAuthority },
    user: 'app',
    password: 'secret',
    database: 'postgres',
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

type Personal = readonly [columns: unknown, rows: unknown]

/** What the record says of the statement with this text, once it is done. */
async function recordOf(sql: string, nth = 0): Promise<Personal> {
  const done = await eventually(`the record of ${sql}`, () => {
    const runs = gateway.trail.of('DB_STATEMENT').filter((run) => run['sql'] === sql)
    const run = runs.filter(({ kind }) => kind !== 'parse')[nth]
    return gateway.trail
      .of('DB_STATEMENT_DONE')
      .find(
        ({ session, sequence }) => session === run?.['session'] && sequence === run?.['sequence'],
      )
  })
  return [done['personal'], done['personalRows']]
}

test('personal columns: known by table and number, however the client asks', async () => {
  const client = await connected()
  await eventually('the names of the columns', async () => {
    const probe = `select nick as probe, '${Math.random()}' from members limit 1`
    await client.query(probe)
    const [columns] = await recordOf(probe)
    return columns === 'public.members.nick' ? columns : undefined
  })
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ['select email as x from members', 'public.members.email', 9],
    ['select * from members', 'public.members.email public.members.nick', 9],
    ['select id, "birthDate" from members', undefined, undefined],
    ['select 1 as email from members limit 4', '(email)', 4],
    ['select lower(email) from members', '(public.members.email)', 9],
    ['select m from members m limit 3', '(public.members.email) (public.members.nick)', 3],
    ['select count(email) from members', undefined, undefined],
    ['select max(email) from members', '(public.members.email)', 1],
    ['select recipient from letters', undefined, undefined],
    ['select id from members', undefined, undefined],
    ['select email from members where false', undefined, undefined],
    ['select 1; select email from members limit 2', 'public.members.email', 2],
    ['select count(*) from members', undefined, undefined],
  ]
  for (const [sql, columns, rows] of cases) {
    await client.query(sql)
    assert.deepEqual(await recordOf(sql), [columns, rows], sql)
  }
  const text = 'select email from members where id <= $1'
  for (const [at, id] of [3, 5].entries()) {
    await client.query({ name: 'named', text, values: [id] })
    assert.deepEqual(await recordOf(text, at), ['public.members.email', id], 'prepared')
  }
  const derived = 'select upper(email) from members where id <= $1'
  for (const [at, id] of [2, 4].entries()) {
    await client.query({ name: 'derived', text: derived, values: [id] })
    assert.deepEqual(await recordOf(derived, at), ['(public.members.email)', id], 'derived')
  }
  await client.query('begin; declare c cursor for select email from members')
  await client.query('fetch 6 from c')
  assert.deepEqual(await recordOf('fetch 6 from c'), ['public.members.email', 6])
  await client.end()
})

test('personal columns: what COPY sends is known by the words of the statement', async () => {
  const client = await connected()
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ['copy members to stdout', 'public.members.email public.members.nick', 9],
    ['copy public.members (id, email) to stdout', 'public.members.email', 9],
    ['copy (select upper(nick) from members) to stdout', '(public.members.nick)', 9],
    ['select 1; copy members (nick) to stdout', 'public.members.nick', 9],
    ['copy members (id) to stdout', undefined, undefined],
  ]
  for (const [sql, columns, rows] of cases) {
    await client.query(sql)
    assert.deepEqual(await recordOf(sql), [columns, rows], sql)
  }
  await client.end()
})

test('personal columns: a client that never asks for a description hides nothing', async () => {
  using wire = await dialTls(gateway)
  const parameters = { user: 'app', database: 'postgres' }
  await logIn(wire, { password: 'secret', parameters })
  const sql = 'select lower(email), nick from members'
  wire.send(message.parse('', sql), message.bind('', ''), message.execute(''), message.sync())
  await wire.until('Z')
  const expected = ['(public.members.email) public.members.nick', 9]
  assert.deepEqual(await recordOf(sql), expected)
})
