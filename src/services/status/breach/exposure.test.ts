/** What was read, by whom it is: exact where it can be, and said where it cannot. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
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
  assert.equal(readOf('select * from members where id = $1', 1).kind, 'unclear')
  assert.equal(readOf('select now()', 0).kind, 'nothing')
})
