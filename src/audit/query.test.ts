/** SQL over the books: the right rows, no way out of the sandbox, and sentences for mistakes. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { quickClock } from '#kit/quick-clock.ts'
import { systemDisk } from '#system/disk.ts'
import { openTrail } from './open.ts'
import { seesOrder } from './query-schema.ts'
import { queryBooks, type QueryResult } from './query.ts'

const folder = await mkdtemp(join(tmpdir(), 'veilig-query-'))
after(() => rm(folder, { recursive: true }))
const common = {
  folder,
  node: 'n1',
  mode: 'written',
  disk: systemDisk,
  clock: quickClock(),
} as const
await using trail = await openTrail({ ...common, process: 'sql-gateway' })
const begun = { session: 's1', user: 'app', database: 'club', address: '::1', application: 'psql' }
await trail.append([
  { code: 'DB_STATEMENT', detail: { ...begun, sequence: 1, sql: "SELECT 'é'" } },
  { code: 'DB_STATEMENT', detail: { ...begun, sequence: 2, sql: 'SELECT never_done' } },
  {
    code: 'DB_STATEMENT_DONE',
    detail: {
      session: 's1',
      sequence: 1,
      personal: 'public.m.email public.m.phone',
      personalRows: 3,
      rows: 3,
      bytesOut: 44,
      durationMs: 1.25,
      sqlstate: '00000',
    },
  },
])
const ask = (sql: string, rowsMax = 100): Promise<QueryResult> =>
  queryBooks({ folder, sql, rowsMax })

test('query: a statement stands beside its end, also while the book is written', async () => {
  const columns = 'time, session, "user", database, address, application, sql, rows, bytes'
  const { rows } = await ask(`SELECT ${columns}, duration_ms, sqlstate FROM statements`)
  const who = ['s1', 'app', 'club', '::1', 'psql']
  const time = '2026-01-01T00:00:00.000Z'
  assert.deepEqual(
    rows.map(([first, ...rest]) => [typeof first === 'string' && first.slice(0, 17), ...rest]),
    [
      [time.slice(0, 17), ...who, "SELECT 'é'", 3, 44, 1.25, '00000'],
      [time.slice(0, 17), ...who, 'SELECT never_done', null, null, null, null],
    ],
  )
})

test('query: who was given how many values of which column about people', async () => {
  const sql = 'SELECT "user", "column", sum("values") FROM personal GROUP BY ALL ORDER BY 2'
  const { rows } = await ask(sql)
  assert.deepEqual(rows, [
    ['app', 'public.m.email', 3],
    ['app', 'public.m.phone', 3],
  ])
})

test('query: nothing but the time named is shown, each statement with its end', async (t) => {
  const place = await mkdtemp(join(tmpdir(), 'veilig-query-'))
  t.after(() => rm(place, { recursive: true }))
  const clock = quickClock()
  await using book = await openTrail({ ...common, folder: place, clock, process: 'sql-gateway' })
  const firstMs = clock.nowMs()
  for (let sequence = 1; sequence <= 3; sequence++) {
    const its = { session: 's', sequence }
    await book.append([{ code: 'DB_STATEMENT', detail: { ...its, sql: `SELECT ${sequence}` } }])
    await clock.sleep(10_000)
    await book.append([{ code: 'DB_STATEMENT_DONE', detail: { ...its, rows: sequence } }])
    await clock.sleep(10_000)
  }
  const asked = async (sql: string, tailMs: number): Promise<unknown> => {
    const window = { fromMs: firstMs + 15_000, toMs: firstMs + 25_000, tailMs }
    return (await queryBooks({ folder: place, sql, rowsMax: 9, window })).rows
  }
  const statements = 'SELECT sql, "rows" FROM statements'
  assert.deepEqual(await asked(statements, 10_000), [['SELECT 2', 2]])
  assert.deepEqual(await asked(statements, 1_000), [['SELECT 2', null]])
  assert.deepEqual(await asked('SELECT code FROM events', 10_000), [['DB_STATEMENT']])
})

test('query: details are JSON, rows have a limit', async () => {
  const { rows, more } = await ask('SELECT detail FROM events WHERE sequence = 0')
  assert.deepEqual(rows, [[{ mode: 'written', node: 'n1', segment: 1 }]])
  assert.equal(more, false)
  const some = await ask('SELECT * FROM events', 2)
  assert.deepEqual([some.rows.length, some.more], [2, true])
})

test('query: nothing but reading, and nothing but the trail', async () => {
  for (const sql of [
    `SELECT * FROM read_text('/etc/hostname')`,
    `SELECT * FROM '/etc/hostname'`,
    `SELECT * FROM glob('/*')`,
    `COPY events TO '${folder}/out.csv'`,
    `ATTACH '${folder}/out.db'`,
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET enable_external_access = true',
    'DROP TABLE events',
    'DELETE FROM events',
    'SELECT 1; SELECT 2',
    'SELECT nothing_of_the_kind FROM events',
    'not sql',
    '',
  ])
    await assert.rejects(ask(sql), { code: 'AUDIT_QUERY_INVALID', name: 'UsageError' }, sql)
})

test('query: statements are put in order, but for a question that could not see it', () => {
  for (const sql of ['SELECT time, sql FROM statements', 'SELECT * FROM statements LIMIT 3'])
    assert(seesOrder(sql), sql)
  for (const sql of [
    'SELECT count(*) FROM statements',
    'SELECT "user", sum("rows") FROM statements GROUP BY ALL',
    'SELECT sql FROM statements order\n by time DESC',
  ])
    assert(!seesOrder(sql), sql)
})
