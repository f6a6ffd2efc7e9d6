/**
 * Real clients behave through the SQL gateway as on a direct connection, on the embedded PostgreSQL
 * 18; `sql-clients.debian.test.ts` plays the same on Debian's 15.
 *
 * Each scene is played twice, directly and through the gateway, and must give the same.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { text } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import postgres from 'postgres'
import { debianPostgres, startPostgres, PASSWORD, SUPERUSER } from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'

const debian = process.env['VEILIG_TEST_POSTGRES'] === 'debian'
const server = await startPostgres({}, debian ? debianPostgres() : undefined)
const gateway = await startSqlGateway({ socketDir: server.socketDir, port: server.port })
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const ssl = { ca: gatewayAuthority }
const direct: pg.ClientConfig = server.connection
const through: pg.ClientConfig = { ...direct, host: 'localhost', port: gateway.port, ssl }

type Scene = (client: pg.Client) => Promise<unknown>

/** What a client sees, errors included. */
async function seen(config: pg.ClientConfig, scene: Scene): Promise<unknown> {
  const client = new pg.Client(config)
  await client.connect()
  try {
    await client.query('BEGIN; CREATE TEMP TABLE t (id int PRIMARY KEY, note text) ON COMMIT DROP')
    return await scene(client)
  } finally {
    await client.end()
  }
}

function same(name: string, scene: Scene): void {
  test(`node-postgres: ${name} is the same through the gateway`, async () => {
    const wanted = await seen(direct, scene)
    assert.deepEqual(await seen(through, scene), wanted)
  })
}

const outcome = (query: Promise<pg.QueryResult>): Promise<unknown> =>
  query.then(
    ({ rows, rowCount, command }) => ({ rows, rowCount, command }),
    (error: pg.DatabaseError) => ({ code: error.code, message: error.message }),
  )

same('a simple query', (client) => outcome(client.query('SELECT 1 AS one, NULL AS none')))
same('many statements in one query', async (client) => {
  const results = (await client.query(
    "INSERT INTO t VALUES (1,'a'),(2,'b'); SELECT * FROM t; DELETE FROM t",
  )) as unknown as pg.QueryResult[]
  return results.map(({ command, rowCount, rows }) => ({ command, rowCount, rows }))
})
same('an empty query', (client) => outcome(client.query('')))
same('a query with parameters', (client) =>
  outcome(client.query('SELECT $1::text AS a, $2::int AS b', ['é\u{1f600}', 42])),
)
same('a named statement run again', async (client) => {
  const named = { name: 'again', text: 'SELECT $1::int * 2 AS twice' }
  const twice = (value: number) => outcome(client.query({ ...named, values: [value] }))
  return [await twice(2), await twice(21)]
})
same('binary results', (client) =>
  outcome(client.query({ text: 'SELECT $1::int4 AS n', values: [7], binary: true } as never)),
)
same('an error, and life after the rollback', async (client) => {
  const failed = await outcome(client.query('SELECT 1/0'))
  const inFailed = await outcome(client.query('SELECT 1'))
  await client.query('ROLLBACK')
  return [failed, inFailed, await outcome(client.query('SELECT 2 AS two'))]
})
same('an error with parameters', (client) => outcome(client.query('SELECT 1/$1::int', [0])))
same('queries queued at once, one of them wrong', async (client) => {
  await client.query('ROLLBACK')
  const texts = ['SELECT 1 AS a', 'SELECT no_such', 'SELECT $1::int AS c', 'SELECT 4 AS d']
  return Promise.all(texts.map((sql, at) => outcome(client.query(sql, at === 2 ? [3] : undefined))))
})
same('a cursor', async (client) => {
  await client.query('DECLARE c CURSOR FOR SELECT generate_series(1,10) AS n')
  const first = await outcome(client.query('FETCH 3 FROM c'))
  const rest = await outcome(client.query('FETCH ALL FROM c'))
  return [first, rest, await outcome(client.query('CLOSE c'))]
})
same('a portal read a few rows at a time', (client) =>
  outcome(client.query({ text: 'SELECT generate_series(1,10) AS n', rows: 3 } as never)),
)
same('notices', async (client) => {
  const notices: (string | undefined)[] = []
  client.on('notice', (notice) => notices.push(notice.message))
  await client.query("DO $$ BEGIN RAISE NOTICE 'careful'; END $$")
  return notices
})
same('LISTEN and NOTIFY', async (client) => {
  await client.query('COMMIT')
  const heard = new Promise((resolve) => {
    client.once('notification', ({ channel, payload }) => resolve({ channel, payload }))
  })
  await client.query('LISTEN bell')
  await client.query("SELECT pg_notify('bell', 'dinner')")
  return heard
})
same('a row of 50 MB', async (client) => {
  const { rows } = await client.query<{ big: string }>("SELECT repeat('x', 50000000) AS big")
  return rows[0]?.big.length
})
same('a parameter of 5 MB', async (client) => {
  const big = 'y'.repeat(5_000_000)
  return outcome(client.query('SELECT length($1::text) AS size, md5($1::text) AS sum', [big]))
})
same('100,000 rows', async (client) => {
  const { rows } = await client.query<{ n: number }>('SELECT generate_series(1,100000) AS n')
  return rows.reduce((sum, { n }) => sum + n, 0)
})
same('a deferred constraint that fails at commit', async (client) => {
  await client.query('ROLLBACK')
  await client.query('CREATE TEMP TABLE p (id int PRIMARY KEY)')
  await client.query('CREATE TEMP TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED)')
  const failed = await outcome(client.query('INSERT INTO c VALUES ($1)', [5]))
  return [failed, await outcome(client.query('SELECT count(*)::int AS n FROM c'))]
})

test('node-postgres: a wrong password is refused with the server’s own words', async () => {
  const failure = async (config: pg.ClientConfig): Promise<unknown> => {
    const client = new pg.Client({ ...config, password: 'wrong' })
    return client.connect().catch((error: pg.DatabaseError) => [error.code, error.message])
  }
  assert.deepEqual(await failure(through), await failure(direct))
  assert.equal(gateway.trail.of('DB_LOGIN_FAILED').at(-1)?.['sqlstate'], '28P01')
})

test('node-postgres: direct TLS negotiation works, with ALPN', async () => {
  const client = new pg.Client({ ...through, sslNegotiation: 'direct' } as never)
  await client.connect()
  assert.deepEqual((await client.query('SELECT 1 AS one')).rows, [{ one: 1 }])
  await client.end()
})

const options = { user: SUPERUSER, pass: PASSWORD, database: 'postgres', max: 2 }
const sqlDirect = postgres({ ...options, path: `${server.socketDir}/.s.PGSQL.${server.port}` })
const sqlThrough = postgres({ ...options, host: 'localhost', port: gateway.port, ssl })
after(() => Promise.all([sqlDirect.end(), sqlThrough.end()]))

function samePostgresJs(name: string, scene: (sql: postgres.Sql) => Promise<unknown>): void {
  test(`postgres.js: ${name} is the same through the gateway`, async () => {
    const wanted = await scene(sqlDirect)
    assert.deepEqual(await scene(sqlThrough), wanted)
  })
}

samePostgresJs('parameters and types', async (sql) => [
  ...(await sql`SELECT ${1}::int AS a, ${'x'}::text AS b, ${sql.json({ c: [1] })}::json AS j`),
])
samePostgresJs('a pipeline of a hundred queries', (sql) =>
  Promise.all(Array.from({ length: 100 }, async (_, n) => (await sql`SELECT ${n}::int AS n`)[0])),
)
samePostgresJs('a failed query among others', (sql) =>
  Promise.all(
    ['SELECT 1 AS a', 'SELECT 1/0', 'SELECT 3 AS a'].map((query) =>
      sql.unsafe(query).then(
        (rows) => [...rows],
        (error: postgres.PostgresError) => error.code,
      ),
    ),
  ),
)
samePostgresJs('a cursor', async (sql) => {
  const sizes: number[] = []
  const cursor = sql`SELECT generate_series(1, 25) AS n`.cursor(10)
  for await (const rows of cursor) sizes.push(rows.length)
  return sizes
})
samePostgresJs('COPY both ways', (sql) =>
  sql.begin(async (inner) => {
    await inner`CREATE TEMP TABLE copied (n int, t text) ON COMMIT DROP`
    const lines = Array.from({ length: 20_000 }, (_, n) => `${n}\trow ${n}\n`)
    await pipeline(Readable.from(lines), await inner`COPY copied FROM STDIN`.writable())
    const [count] = await inner`SELECT count(*)::int AS n, sum(n)::int AS sum FROM copied`
    const out = await text(await inner`COPY (SELECT * FROM copied ORDER BY n) TO STDOUT`.readable())
    return [count, out.length, out.slice(0, 40)]
  }),
)
samePostgresJs('a transaction rolled back', (sql) =>
  sql
    .begin(async (inner) => {
      await inner`SELECT 1`
      throw new Error('enough')
    })
    .catch((error: Error) => error.message),
)

samePostgresJs('a cancelled query', async (sql) => {
  const slow = sql`SELECT pg_sleep(30)`
  const failed = slow.catch((error: postgres.PostgresError) => error.code)
  setTimeout(() => slow.cancel(), 300)
  return failed
})

test('cancel: it is in the record of the session it was meant for', async () => {
  const done = await eventually('the end of the cancelled statement', () =>
    gateway.trail.of('DB_STATEMENT_DONE').find(({ sqlstate }) => sqlstate === '57014'),
  )
  assert.deepEqual(gateway.trail.of('DB_CANCEL'), [
    { session: done['session'], known: true, address: '127.0.0.1' },
  ])
})
