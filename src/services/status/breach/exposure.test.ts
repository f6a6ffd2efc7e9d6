/** What was read, by whom it is: exact where it can be, and said where it cannot. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { exposureOf, type PersonalTable, type Recorded } from './exposure.ts'
import { readOf } from './read.ts'

await loadSqlParser()

test('read: a plain SELECT, COPY and TABLE tell their tables, columns and rows', () => {
  for (const [sql, columns, tail] of [
    ['select id, m.email from members m where a = 1', ['id', 'm.email'], 'members m where a = 1'],
    [
      'copy public.members (id, email) to stdout',
      ['members.id', 'members.email'],
      'public.members',
    ],
    ['copy members to stdout', ['members.*'], 'members'],

    ['select * from members order by email limit 5', ['*'], 'members order by email limit 5'],
    ["select 'é', x.* from a x join b on a.i = b.i", ['x.*'], 'a x join b on a.i = b.i'],
  ] as const) {
    const read = readOf(sql, 0)
    assert(read.kind === 'rows', `${sql}: ${JSON.stringify(read)}`)
    assert.deepEqual(read.columns, columns, sql)
    assert.equal(read.tail, tail, sql)
  }
})

test('read: settings of the application are followed, others are nothing', () => {
  const kinds = [
    ["set app.club = 'x'", 'setting'],
    ["select set_config('app.club', 'x', true)", 'setting'],
    ['set statement_timeout = 5', 'nothing'],
    ['set role other', 'unclear'],
    ["select set_config('role', 'other', false)", 'unclear'],
    ["select set_config('app.club', $1, true)", 'unclear'],
    ['begin', 'begin'],
    ['commit', 'commit'],
    ['rollback', 'rollback'],
    ['rollback to savepoint x', 'unclear'],
  ] as const
  for (const [sql, kind] of kinds) assert.equal(readOf(sql, 0).kind, kind, sql)
})

test('read: what is not certain is said to be unclear, never counted', () => {
  for (const sql of [
    'select count(*) from members',
    'select string_agg(email, $$,$$) from members',
    'select distinct email from members',
    'select email from members group by email',
    'select * from members limit 5',
    'select * from members order by 1',
    'select * from members where pg_sleep(1) is null',
    'select * from members where id in (select 1)',
    'select (select email from members) from b',
    'with x as (select 1) select * from members',
    'select * from (select * from members) x',
    'select * from generate_series(1, 2)',
    'TABLE members',
    'select * from only members',
    'select 1 from members union select 2',
    'select 1; select 2',
    'select lo_get(1)',
    'delete from members returning *',
    'copy (select * from members) to stdout',
    'not sql',
    'do $$ begin end $$',
    'discard all',
  ])
    assert.equal(readOf(sql, 0).kind, 'unclear', sql)
  const asked = readOf('select * from members where id = $1', 1)
  assert(asked.kind === 'unclear' && asked.why.includes('not recorded'))
  assert.equal(readOf('select now()', 0).kind, 'nothing')
})

const table: PersonalTable = {
  table: 'members',
  tenant: 'club_id',
  person: 'id',
  record: 'id',
  columns: { email: 'contact' },
}

test('exposure: each statement is asked under the settings its session had then', async () => {
  const asked: string[] = []
  const said = (texts: readonly string[], session = 's'): Recorded[] =>
    texts.map((sql) => ({ timeMs: 0, session, sql, parameters: 0, rows: 1 }))
  const statements = [
    ...said([
      `set local app.club = 'nothing, outside a transaction'`,
      'select email from members where a = 1',
      'begin',
      `set local app.club = 'x'`,
      'select email from members where a = 2',
      'commit',
      'select email from members where a = 3',
      `set app.club = 'y'`,
      'begin',
      `set app.club = 'z'`,
      'rollback',
      'select email from members where a = 4',
    ]),
    ...said(['select email from members where a = 5'], 'another'),
  ]
  const { tenants, exact } = await exposureOf(statements, [table], {
    columnsOf: () => Promise.resolve(['club_id', 'id', 'email']),
    ask: (settings, sql) => {
      asked.push(`${sql.slice(-1)} ${settings.get('app.club') ?? 'none'}`)
      return Promise.resolve([['t1', 'p1', 'p1']])
    },
  })
  assert.deepEqual(asked, ['1 none', '2 x', '3 none', '4 y', '5 none'])
  assert(exact)
  const expected = { persons: 1, records: 1, categories: ['contact'], columns: ['members.email'] }
  assert.deepEqual(tenants, [{ tenant: 't1', ...expected }], 'counted once, however often read')
})

test('exposure: an outer join has an empty side, and other tables are nobody’s', async () => {
  const statements = ['select * from b left join members m on true', 'select * from prices'].map(
    (sql): Recorded => ({ timeMs: 0, session: 's', sql, parameters: 0, rows: 2 }),
  )
  const { tenants } = await exposureOf(statements, [table], {
    columnsOf: () => Promise.resolve(['email']),
    ask: () =>
      Promise.resolve([
        [null, null, null],
        ['t1', 'p1', 'p1'],
      ]),
  })
  assert.deepEqual(
    tenants.map(({ persons }) => persons),
    [1],
  )
})
