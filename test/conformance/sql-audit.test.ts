/**
 * The record of the database's activity, statement by statement: complete, true, in order, and
 * there before the statement is.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { AuditDetail } from '#audit/trail.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { dialTls, logIn, message } from '#kit/wire.ts'

const server = await startPostgres()
const gateway = await startSqlGateway({ socketDir: server.socketDir, port: server.port })
const { trail } = gateway
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(async () => {
  trail.delayMs = undefined
  await trail.clearSettled()
})

const through: pg.ClientConfig = {
  ...server.connection,
  host: '127.0.0.1',
  port: gateway.port,
  ssl: { ca: gatewayAuthority, servername: 'localhost' },
  application_name: 'till',
}
const parameters = { user: SUPERUSER, database: 'postgres', application_name: 'till' }

async function withClient(scene: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client(through)
  await client.connect()
  try {
    await scene(client)
  } finally {
    await client.end()
  }
}

const pick = (detail: AuditDetail, ...names: readonly string[]): unknown[] =>
  names.map((name) => detail[name])
const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

test('audit: a statement has who, from where, with what, and how it went', async () => {
  await withClient((client) => client.query("SELECT 'x' AS a UNION ALL SELECT 'yz'"))
  const [statement] = trail.of('DB_STATEMENT')
  const [opened] = trail.of('DB_SESSION_OPENED')
  const sql = "SELECT 'x' AS a UNION ALL SELECT 'yz'"
  const session = opened?.['session']
  assert.deepEqual(statement, {
    session,
    sequence: 1,
    kind: 'query',
    user: 'postgres',
    database: 'postgres',
    address: '127.0.0.1',
    application: 'till',
    callSite: '',
    statement: '',
    portal: '',
    parsedAt: 0,
    parameters: 0,
    sql,
    sqlBytes: sql.length,
    sha256: digest(sql),
    truncated: false,
    redacted: false,
  })
  const done = await eventually('its end', () => trail.of('DB_STATEMENT_DONE')[0])
  const { durationMs, ...rest } = done
  assert.equal(typeof durationMs, 'number')
  assert.deepEqual(rest, {
    session,
    sequence: 1,
    outcome: 'done',
    sqlstate: '',
    tag: 'SELECT 2',
    commands: 1,
    rows: 2,
    rowsSent: 2,
    bytesOut: 2 * (2 + 4) + 3,
    bytesIn: 0,
  })
  const closed = await eventually('the close', () => trail.of('DB_SESSION_CLOSED')[0])
  assert.deepEqual(pick(closed, 'session', 'statements', 'rowsSent'), [session, 1, 2])
})

test('audit: errors inside a pipeline are told of the right statement', async () => {
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  const run = (sql: string): Uint8Array[] => [
    message.parse('', sql),
    message.bind('', ''),
    message.execute(''),
  ]
  wire.send(...run('SELECT 1'), ...run('SELECT 1/0'), ...run('SELECT 3'), message.sync())
  wire.send(...run('SELECT 4'), message.sync())
  await wire.until('Z')
  await wire.until('Z')
  const executed = trail.of('DB_STATEMENT').filter(({ kind }) => kind === 'execute')
  assert.deepEqual(
    executed.map(({ sql }) => sql),
    ['SELECT 1', 'SELECT 1/0', 'SELECT 3', 'SELECT 4'],
  )
  const last = executed.at(-1)?.['sequence']
  await eventually('the end of the last', () =>
    trail.of('DB_STATEMENT_DONE').find(({ sequence }) => sequence === last),
  )
  // The server folds 1/0 when it plans, at Bind; the Execute it was for has failed with it.
  const outcomes = executed.map(({ sequence }) => {
    const done = trail.of('DB_STATEMENT_DONE').find((detail) => detail['sequence'] === sequence)
    return pick(done ?? {}, 'outcome', 'sqlstate', 'rows')
  })
  assert.deepEqual(outcomes, [
    ['done', '', 1],
    ['error', '22012', 0],
    ['skipped', '', 0],
    ['done', '', 1],
  ])
})

test('audit: sequences count every statement in the order sent', async () => {
  await withClient(async (client) => {
    for (let n = 0; n < 20; n++)
      await client.query(n % 2 ? 'SELECT 1' : `SELECT ${n}, $1::int`, n % 2 ? undefined : [n])
  })
  const sequences = trail.of('DB_STATEMENT').map(({ sequence }) => sequence)
  assert.deepEqual(
    sequences,
    Array.from({ length: 30 }, (_, at) => at + 1),
  )
})

test('audit: the program’s name is the one of the moment', async () => {
  await withClient(async (client) => {
    await client.query("SET application_name = 'nightly export'")
    await client.query('SELECT 1')
  })
  assert.deepEqual(
    trail.of('DB_STATEMENT').map(({ application }) => application),
    ['till', 'nightly export'],
  )
})

test('audit: passwords are not kept, and their digest neither', async () => {
  const set = "ALTER ROLE postgres PASSWORD 'kit-superuser'"
  await withClient((client) => client.query(set))
  const [statement] = trail.of('DB_STATEMENT')
  const kept = "ALTER ROLE postgres PASSWORD '(redacted)'"
  assert.deepEqual(pick(statement ?? {}, 'sql', 'redacted', 'sha256'), [kept, true, digest(kept)])
  assert.doesNotMatch(JSON.stringify(trail.events), /kit-superuser/)
})

test('audit: a text of five megabytes passes, kept to the cap, digested whole', async () => {
  const sql = `SELECT length('${'z'.repeat(5_000_000)}') AS n`
  await withClient(async (client) => {
    assert.deepEqual((await client.query(sql)).rows, [{ n: 5_000_000 }])
    const prepared = await client.query(`${sql}, $1::int AS p`, [1])
    assert.deepEqual(prepared.rows, [{ n: 5_000_000, p: 1 }])
  })
  const [query, parse, execute] = trail.of('DB_STATEMENT')
  assert.deepEqual(pick(query ?? {}, 'sqlBytes', 'sha256', 'truncated'), [
    sql.length,
    digest(sql),
    true,
  ])
  const parts = trail.of('DB_STATEMENT_TEXT').filter(({ sequence }) => sequence === 1)
  const kept = [query, ...parts].map((detail) => detail?.['sql']).join('')
  assert.equal(kept, sql.slice(0, 1024 * 1024))
  assert.equal(parse?.['sha256'], digest(`${sql}, $1::int AS p`))
  assert.deepEqual(pick(execute ?? {}, 'sql', 'parsedAt', 'sha256', 'parameters'), [
    '',
    2,
    parse?.['sha256'],
    1,
  ])
})

test('audit: COPY counts rows and bytes both ways', async () => {
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query('CREATE TEMP TABLE c (n int); COPY c FROM STDIN'))
  await wire.until('G')
  wire.send(message.copyData('1\n2\n'), message.copyData('3\n'), message.copyDone())
  await wire.until('Z')
  wire.send(message.query('COPY c TO STDOUT'))
  await wire.until('Z')
  const copyOut = await eventually('two ends', () => trail.of('DB_STATEMENT_DONE')[1])
  const [copyIn] = trail.of('DB_STATEMENT_DONE')
  const names = ['tag', 'commands', 'rows', 'rowsSent', 'bytesIn', 'bytesOut']
  assert.deepEqual(pick(copyIn ?? {}, ...names), ['CREATE TABLE; COPY 3', 2, 3, 0, 6, 0])
  assert.deepEqual(pick(copyOut, ...names), ['COPY 3', 1, 3, 3, 0, 6])
})

test('audit: what runs when the gateway must stop is recorded as cut', async () => {
  const stopping = await startSqlGateway(server, { limits: { drainMs: 0 } })
  using wire = await dialTls(stopping)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query('SELECT pg_sleep(5)'))
  while (stopping.trail.of('DB_STATEMENT').length === 0) await delay(10)
  await stopping[Symbol.asyncDispose]()
  await wire.untilClosed()
  assert.equal(stopping.trail.of('DB_STATEMENT_DONE')[0]?.['outcome'], 'cut')
  assert.equal(stopping.trail.of('DB_SESSION_CLOSED')[0]?.['reason'], 'GATEWAY_STOPPED')
})

test('audit: a client leaves, and what its statement did is recorded', async () => {
  const wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query('CREATE TABLE IF NOT EXISTS left_behind (n int); SELECT pg_sleep(0.3)'))
  while (trail.of('DB_STATEMENT').length === 0) await delay(10)
  wire.socket.end()
  while (trail.of('DB_STATEMENT_DONE').length === 0) await delay(10)
  assert.equal(trail.of('DB_STATEMENT_DONE')[0]?.['outcome'], 'done')
  wire.socket.destroy()
})

test('audit: when every record takes its time, nothing overtakes its record', async () => {
  trail.delayMs = 30
  await withClient(async (client) => {
    const results = await Promise.all([1, 2, 3].map((n) => client.query(`SELECT ${n} AS n`)))
    assert.deepEqual(
      results.map(({ rows }) => rows[0] as unknown),
      [{ n: 1 }, { n: 2 }, { n: 3 }],
    )
  })
  trail.delayMs = undefined
  assert.deepEqual(
    trail.of('DB_STATEMENT').map(({ sql }) => sql),
    ['SELECT 1 AS n', 'SELECT 2 AS n', 'SELECT 3 AS n'],
  )
})

test('audit: a result larger than all buffers comes whole while records are slow', async () => {
  trail.delayMs = 5
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query("SELECT repeat('x', 100000) FROM generate_series(1, 100)"))
  for (let n = 0; n < 20; n++) {
    wire.socket.pause()
    wire.send(message.query('SELECT 1'))
    await delay(10)
    wire.socket.resume()
    await delay(2)
  }
  assert.equal((await wire.until('Z')).length, 1 + 100 + 2)
  for (let n = 0; n < 20; n++) assert.equal(await wire.until('Z'), 'TDCZ')
})

for (const delayMs of [undefined, 50]) {
  const how = delayMs === undefined ? 'at once' : 'after a while'
  test(`audit: when the trail fails ${how}, nothing reaches the database`, async () => {
    await using broken = await startSqlGateway(server)
    await server.query('CREATE TABLE IF NOT EXISTS reached (n int)')
    await server.query('TRUNCATE reached')
    const clients = [1, 2].map(() => new pg.Client({ ...through, port: broken.port }))
    for (const client of clients) client.on('error', () => undefined) // the session is ended
    for (const client of clients) await client.connect()
    const [client, bystander] = clients as [pg.Client, pg.Client]
    await client.query('INSERT INTO reached VALUES (1)')
    broken.trail.delayMs = delayMs
    broken.trail.broken = true
    await assert.rejects(client.query('INSERT INTO reached VALUES (2)'), { code: '58030' })
    await assert.rejects(broken.failed ?? Promise.resolve(), { code: 'AUDIT_WRITE_FAILED' })
    await assert.rejects(bystander.query('INSERT INTO reached VALUES (3)'))
    assert.deepEqual(await server.query('SELECT n FROM reached'), [{ n: 1 }])
  })
}
