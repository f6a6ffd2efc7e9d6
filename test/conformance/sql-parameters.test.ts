/** Values of statements in the record: none, or sealed so that only the class's key opens them. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import pg from 'pg'
import { openTrail } from '#audit/open.ts'
import { queryBooks, type Cell } from '#audit/query.ts'
import { identityFromSeed } from '#crypto/key-wrap.ts'
import { readBindValues } from '#protocol/postgres/bind-values.ts'
import { startPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'

const identity = identityFromSeed(randomBytes(32))
const other = identityFromSeed(randomBytes(32))
const subject = (tables: string[], publicKey: Uint8Array): unknown => ({
  tables,
  publicKey: Buffer.from(publicKey).toString('hex'),
})

test('values: sealed for the class a statement is about, else not recorded at all', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-values-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await using server = await startPostgres()
  await server.query(`create role app superuser login password 'secret'`)
  await server.query('create table members (id int, email text, photo bytea)')
  await server.query('create table staff (id int, member int, wage text)')
  const query = (sql: string, values: unknown[]): Promise<unknown> => server.query(sql, values)
  const upstream = { socketDir: server.socketDir, port: server.port, query }
  const subjects = {
    members: subject(['public.Members'], identity.publicKey),
    staff: subject(['staff'], other.publicKey),
    strangers: { ...(subject(['members'], other.publicKey) as object), roles: ['nobody'] },
  }
  {
    const place = { folder, process: 'sql-gateway', node: 'n1', mode: 'written' } as const
    await using book = await openTrail({ ...place, disk: systemDisk, clock: systemClock })
    await using gateway = await startSqlGateway(upstream, { subjects, repeatedTextCap: 0 }, book)
    const client = new pg.Client({
      host: '127.0.0.1',
      port: gateway.port,
      ssl: { ca: gatewayAuthority },
      user: 'app',
      password: 'secret',
      database: 'postgres',
    })
    await client.connect()
    const insert = { name: 'i', text: 'insert into "members" values ($1, $2, $3)' }
    await client.query({ ...insert, values: [1, 'jan@secret.example', Buffer.from('beef')] })
    await client.query({ ...insert, values: [2, null, null] })
    await client.query('select $1::text', ['about nobody'])
    await client.query('select * from members m join staff s on s.member = m.id where wage = $1', [
      'both classes',
    ])
    await client.query('select id from members where email = $1', ['x'.repeat(70_000)])
    await client.end()
  }
  const files = (await readdir(join(folder, 'sql-gateway'))).filter((n) => n.endsWith('segment'))
  for (const file of files) {
    const written = await readFile(join(folder, 'sql-gateway', file))
    for (const secret of ['jan@secret.example', 'about nobody', 'both classes'])
      assert.ok(!written.includes(secret), `${secret} is in the record`)
  }
  const asked = async (
    ...identities: (typeof identity)[]
  ): Promise<[rows: readonly (readonly Cell[])[], warnings: readonly string[]]> => {
    const sql =
      'select statement, class, position, value from parameters order by statement, position'
    const reveal = { identities, valuesIn: readBindValues }
    const { rows, warnings } = await queryBooks({ folder, sql, rowsMax: 100, reveal })
    return [rows.map((row) => row.slice(1)), warnings]
  }
  const members = [
    ['members', 1, '1'],
    ['members', 2, 'jan@secret.example'],
    ['members', 3, '\\x62656566'],
    ['members', 1, '2'],
    ['members', 2, null],
    ['members', 3, null],
  ]
  const closed = (statements: number): string[] => [
    `values of ${statements} statements stay closed: no key given opens them, or they were large`,
  ]
  assert.deepEqual(await asked(identity), [members, closed(2)])
  assert.deepEqual(await asked(other), [[], closed(4)], 'its key destroyed, a class is closed')
  const both = [...members, ['members staff', 1, 'both classes']]
  assert.deepEqual(await asked(other, identity), [both, closed(1)])
})
