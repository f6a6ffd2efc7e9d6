/** Statements of a size nobody writes pass, or are refused, in bounded memory; each is recorded. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { startSqlGateway } from '#kit/sql-gateway.ts'
import { dialTls, logIn, message } from '#kit/wire.ts'

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
