/** The rules of a role, on real statements through a real gateway. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { AuditDetail } from '#audit/trail.ts'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { dialTls, logIn, message } from '#kit/wire.ts'

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
    'select 1 as id into never',
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
  assert.equal(gateway.trail.of('DB_STATEMENT_REFUSED').length, 10)
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

test('rules: a refusal fails one statement, as the server would; the session goes on', async () => {
  await using gateway = await startSqlGateway(server, { roles })
  using wire = await dialTls(gateway)
  const parameters = { user: 'app', database: 'postgres' }
  await logIn(wire, { password: 'app', parameters })
  // Simple protocol, three statements sent at once.
  wire.send(message.query('select 1'), message.query('drop table x'), message.query('select 2'))
  assert.equal(await wire.until('Z'), 'TDCZ')
  const said = await wire.next()
  assert.match(Buffer.from(said?.body ?? []).toString(), /SERROR.*C42501.*The rules of app/s)
  assert.equal(await wire.until('Z'), 'Z')
  assert.equal(await wire.until('Z'), 'TDCZ')
  // Extended protocol: everything up to the Sync is skipped.
  const runs = (sql: string): Uint8Array[] => [
    message.parse('', sql),
    message.bind('', ''),
    message.execute(''),
  ]
  wire.send(...runs('select 1'), ...runs('create table x ()'), ...runs('select 2'), message.sync())
  assert.equal(await wire.until('Z'), '12DC' + 'E' + 'Z')
  // In a transaction block, the block has failed.
  wire.send(message.query('begin'))
  assert.equal(await wire.until('Z'), 'CZ')
  wire.send(message.query('drop table x'))
  assert.equal((await wire.next())?.type, 'E')
  assert.equal(Buffer.from((await wire.next())?.body ?? []).toString(), 'E')
  wire.send(message.query('select 1'))
  assert.match(Buffer.from((await wire.next())?.body ?? []).toString(), /C25P02/)
  await wire.until('Z')
  wire.send(message.query('rollback'))
  assert.equal(await wire.until('Z'), 'CZ')
  // A text longer than can be judged is not even read to its end.
  wire.send(message.query(`select '${'x'.repeat(3 * 1024 * 1024)}'`), message.query('select 3'))
  assert.equal(await wire.until('Z'), 'EZ')
  assert.equal(await wire.until('Z'), 'TDCZ')
  const done = (): AuditDetail[] => gateway.trail.of('DB_STATEMENT_DONE')
  for (let waited = 0; waited < 3_000 && done().at(-1)?.['tag'] !== 'SELECT 1'; waited++)
    await delay(10)
  const refused = done().filter(({ outcome }) => outcome === 'refused')
  assert.deepEqual(
    refused.map(({ sqlstate }) => sqlstate),
    ['42501', '42501', '42501', '42501'],
  )
  assert.equal(gateway.trail.of('DB_STATEMENT_REFUSED').length, 4)
})

test('rules: withheld tables and columns cannot be named, nor brought along', async () => {
  await server.query(`create schema s; create table s.members (id int, name text, email text);
    create table courts (id int); create table secrets (id int);
    insert into s.members select n, 'n', 'e' from generate_series(1, 10) n`)
  const withheld = [{ table: 's.members', columns: ['email'] }, { table: 'secrets' }]
  await using gateway = await startSqlGateway(server, { roles: { app: { withheld } } })
  for (const sql of [
    'select email from s.members',
    'select * from s.members',
    'select m from s.members m',
    'select row_to_json(members) from s.members',
    'select id from s.members where email like $$a%$$',
    `update s.members set email = 'x'`,
    'update s.members set id = 1 returning *',
    `insert into s.members values (1, 'a', 'b')`,
    'copy s.members to stdout',
    'table s.members',
    'with m as (select * from s.members) select id from m',
    'select id from courts where id in (select id from secrets)',
    'delete from secrets',
  ])
    assert.equal(await say(gateway, sql), '42501', sql)
  for (const sql of [
    'select id, name from s.members',
    'copy s.members (id, name) to stdout',
    'select * from courts',
    `insert into s.members (id, name) values (1, 'a')`,
  ])
    assert.equal(await say(gateway, sql), 'done', sql)
})

test('rules: a text that may mean something else to the server is refused', async () => {
  await server.query('create table persons (id int, email text)')
  const withheld = [{ table: 'persons', columns: ['email'] }]
  await using gateway = await startSqlGateway(server, { roles: { app: { withheld } } })
  using wire = await dialTls(gateway)
  await logIn(wire, { password: 'app', parameters: { user: 'app', database: 'postgres' } })
  const hears = async (...messages: readonly Uint8Array[]): Promise<string> => {
    wire.send(...messages)
    let heard = ''
    for (const _ of messages) heard += `${await wire.until('Z')} `
    return heard.trim()
  }
  // In SJIS the byte before the backslash takes it along, and the string ends at the next quote.
  const bytes = Buffer.from(`select E'\x83\\', email from persons -- '\0`, 'latin1')
  const twofold = encodeMessage('Q', bytes)
  const sjis = message.query('set client_encoding to sjis')
  assert.equal(await hears(message.query(`select 'é'`)), 'TDCZ')
  assert.equal(await hears(twofold), 'EZ', 'not even UTF-8')
  assert.equal(await hears(sjis, twofold), 'CSZ EZ', 'before the server says that it changed')
  assert.equal(await hears(twofold), 'EZ')
  assert.equal(await hears(message.query('select id from persons')), 'TCZ', 'ASCII is ASCII')
  const utf8 = message.query(`select '\u3042\\' as id from persons`)
  assert.equal(await hears(utf8), 'EZ', 'valid in both, and not the same')
  assert.equal(await hears(message.query(`set names 'UTF8'`)), 'CSZ')
  assert.equal(await hears(utf8), 'TCZ')
  // A backslash in a plain string may be one, or take the quote behind it along.
  const escaped = message.query(`select '\\'', email from persons -- '`)
  const conforming = (value: string): Uint8Array =>
    message.query(`set standard_conforming_strings = ${value}`)
  assert.equal(await hears(escaped), 'TDCZ', 'a string')
  assert.equal(await hears(conforming('off'), escaped), 'CSZ EZ')
  assert.equal(await hears(escaped), 'EZ', 'a column')
  const back = ['begin', 'set standard_conforming_strings = on', 'select 1'].map(message.query)
  assert.equal(await hears(...back), 'CZ CSZ TDCZ')
  assert.equal(await hears(message.query('rollback'), escaped), 'CSZ EZ')
  assert.equal(await hears(conforming('on')), 'CSZ')
  assert.equal(await hears(escaped), 'TDCZ')
})

test('rules: a statement that returns too many rows ends with its session', async () => {
  const rows = { max: 1_000 }
  await using gateway = await startSqlGateway(server, { roles: { app: { rows } } })
  assert.equal(await say(gateway, 'select generate_series(1, 1000)'), 'done')
  const answer = await say(gateway, 'select generate_series(1, 100000)')
  assert.match(answer, /54000|terminated|ended/)
  for (let waited = 0; waited < 3_000; waited++) {
    if (gateway.trail.of('DB_SESSION_CLOSED').length === 2) break
    await delay(10)
  }
  const closed = gateway.trail.of('DB_SESSION_CLOSED').at(-1)
  assert.equal(closed?.['reason'], 'DB_ROWS_LIMIT')
  assert.equal(gateway.trail.of('DB_STATEMENT_REFUSED')[0]?.['rule'], 'rows')
})

test('rules: who may not connect here and now is refused; the observed is recorded', async () => {
  const connect = [{ roles: ['app'], from: ['192.0.2.0/24'] }]
  await using closed = await startSqlGateway(server, { connect })
  await assert.rejects(say(closed, 'select 1'), { code: '28000' })
  await using full = await startSqlGateway(server, { connect: [{ connectionsMax: 0 }] })
  await assert.rejects(say(full, 'select 1'), { code: '53300' })
  await using open = await startSqlGateway(server, {
    connect: [{ ...connect[0], mode: 'observe' }],
  })
  assert.equal(await say(open, 'select 1'), 'done')
  assert.equal(open.trail.of('DB_ACCESS_OBSERVED')[0]?.['reason'], 'from')
  const refused = closed.trail.of('DB_SESSION_REFUSED')[0]
  assert.deepEqual([refused?.['reason'], refused?.['condition']], ['DB_ACCESS_DENIED', 'from'])
})

test('rules: a statement too deep to parse is refused, and the parser stays whole', async () => {
  await using gateway = await startSqlGateway(server, { roles })
  const deep = `select ${Array.from({ length: 9_000 }, () => `'a'`).join('||')}; drop table x`
  for (let times = 0; times < 3; times++) assert.equal(await say(gateway, deep), '42501')
  assert.equal(await say(gateway, 'drop table x'), '42501', 'and the parser is whole')
  assert.equal(await say(gateway, 'select 1'), 'done')
})
