/** Statements of a size nobody writes pass, or are refused, in bounded memory; each is recorded. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { startSqlGateway } from '#kit/sql-gateway.ts'
import { encodeMessage } from '#protocol/postgres/encode.ts'
import { dial, dialTls, logIn, message, startup } from '#kit/wire.ts'

const server = await startPostgres()
after(() => server[Symbol.asyncDispose]())
const parameters = { user: SUPERUSER, database: 'postgres' }
const MIB = 1024 * 1024

test('extremes: a literal of 100 MB passes; its record has beginning, size and digest', async () => {
  await using gateway = await startSqlGateway(server)
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  const sql = `select length('${'x'.repeat(100 * MIB)}')`
  wire.send(message.query(sql))
  const recorded = await eventually('the record', () => gateway.trail.of('DB_STATEMENT')[0])
  const done = await eventually('its end', () => gateway.trail.of('DB_STATEMENT_DONE')[0])
  assert.equal(done['tag'], 'SELECT 1')
  assert.equal(await wire.until('Z'), 'TDCZ')
  assert.equal(recorded['sqlBytes'], sql.length)
  assert.equal(recorded['truncated'], true)
  assert.equal(recorded['sha256'], createHash('sha256').update(sql).digest('hex'))
})

test('extremes: a role with rules is refused 20 MB, and 20,000 nested parentheses', async () => {
  const roles = { [SUPERUSER]: {} }
  await using gateway = await startSqlGateway(server, { roles })
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  const nested = `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}; drop table x`
  for (const sql of [`select length('${'x'.repeat(20 * MIB)}')`, nested]) {
    wire.send(message.query(sql))
    const said = await wire.next()
    assert.match(Buffer.from(said?.body ?? []).toString(), /C42501/)
    assert.equal(await wire.until('Z'), 'Z')
  }
  wire.send(message.query('select 1'))
  assert.equal(await wire.until('Z'), 'TDCZ')
})

test('extremes: 20,000 nested parentheses without rules get the answer of the server', async () => {
  const sql = `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`
  const wanted: unknown = await server.query(sql).catch((error: { code: string }) => error.code)
  await using gateway = await startSqlGateway(server)
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query(sql))
  const said = await wire.next()
  assert.match(Buffer.from(said?.body ?? []).toString(), new RegExp(`C${String(wanted)}`))
  assert.equal(await wire.until('Z'), 'Z')
  const recorded = await eventually('the record', () => gateway.trail.of('DB_STATEMENT')[0])
  assert.equal(recorded['sqlBytes'], sql.length)
})

test('extremes: of 10,000 networks each is let in, and nobody else gets a byte', async () => {
  const networks = Array.from({ length: 9_999 }, (_, at) => `10.${at >> 8}.${at % 256}.0/24`)
  await using open = await startSqlGateway(server, { allow: [...networks, '127.0.0.1'] })
  using wire = await dialTls(open)
  assert.equal((await logIn(wire, { password: PASSWORD, parameters })).at(-1)?.type, 'Z')
  await using closed = await startSqlGateway(server, { allow: networks })
  using stranger = await dial(closed)
  stranger.send(startup(196_608, parameters))
  await stranger.untilClosed()
  assert.equal(stranger.received, 0)
})

test('extremes: a value of 100 MB is bound, passes, and stands in no record', async () => {
  await using gateway = await startSqlGateway(server)
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  const value = Buffer.alloc(100 * MIB, 'x')
  const head = Buffer.from('\0\0\0\0\0\x01', 'latin1')
  const size = Buffer.alloc(4)
  size.writeInt32BE(value.length)
  const bind = encodeMessage('B', Buffer.concat([head, size, value, Buffer.alloc(2)]))
  const sql = 'select length($1::text)'
  wire.send(message.parse('', sql), bind, message.execute(''), message.sync())
  await eventually('its end', () => gateway.trail.of('DB_STATEMENT_DONE')[0])
  assert.equal(await wire.until('Z'), '12DCZ')
  const executed = gateway.trail.of('DB_STATEMENT').find(({ kind }) => kind === 'execute')
  assert.deepEqual([executed?.['sql'], executed?.['parameters']], [sql, 1])
})
