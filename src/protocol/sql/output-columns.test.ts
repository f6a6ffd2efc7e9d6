/** Of which columns the rows of a statement are made, by its own words. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { outputsOf } from './output-columns.ts'
import { loadSqlParser, parseSql } from './parse.ts'

before(() => loadSqlParser())

/** One line for each output: its sources, in brackets where it is derived. */
function said(sql: string): readonly string[] {
  const parsed = parseSql(sql)
  assert(parsed.kind === 'tree', sql)
  return parsed.statements.flatMap(outputsOf).map(({ sources, isDerived }) => {
    const names = sources.map(({ schema, table, column }) =>
      [schema, table, column ?? '*'].filter((part) => part !== undefined).join('.'),
    )
    return isDerived ? `(${names.join(' ')})` : names.join(' ')
  })
}

const cases: Readonly<Record<string, readonly string[]>> = {
  'select email from members': ['members.email'],
  'select m.email as x, club.t.id from members m, club.t': ['members.email', 'club.t.id'],
  'select lower(email) from members': ['(members.email)'],
  'select * from members': ['members.*'],
  'select m.* from members m join clubs c using (id)': ['members.*'],
  'select m from members m': ['(members.m members.*)'],
  'select (m).email from members m': ['(members.m members.*)'],
  'select row_to_json(m) from members m': ['(members.m members.*)'],
  'select count(email), count(*) from members': ['()', '()'],
  'select max(email) from members': ['(members.email)'],
  "select 'email'": ['()'],
  'select id from members where email = $1': ['members.id'],
  'select e from (select lower(email) as e from members) s': ['(members.email)'],
  'select e from (select email from members) s(e)': ['members.email'],
  'select x from (select * from members) s(x)': ['members.*'],
  'with w as (select email || id as a, id from members) select a from w': [
    '(members.email members.id)',
  ],
  'with w(a) as (select email from members) select a from w': ['members.email'],
  'select id from a union select email from members': ['(a.id members.email)'],
  'select (select email from members limit 1)': ['(members.email)'],
  'select exists (select email from members)': ['()'],
  'select t.id, (select string_agg(m.email, $1) from members m where m.t = t.id) from t': [
    't.id',
    '(members.email)',
  ],
  'select array(select x.email from members x)': ['(members.email)'],
  'values ((select email from members))': ['(members.email)'],
  'insert into members (email) values ($1) returning id, upper(email)': [
    'members.id',
    '(members.email)',
  ],
  'update members m set id = 1 from clubs c returning m.email, c.name': [
    'members.email',
    'clubs.name',
  ],
  'delete from members using clubs returning *': ['members.*', 'clubs.*'],
  'copy members to stdout': ['members.*'],
  'copy club.members (id, email) to stdout': ['club.members.id', 'club.members.email'],
  'copy (select lower(email) from members) to stdout': ['(members.email)'],
  'copy members from stdin': [],
  'create table x (email text)': [],
}

for (const [sql, expected] of Object.entries(cases))
  test(`output columns: ${sql}`, () => assert.deepEqual(said(sql), expected))

test('output columns: queries that double their columns stay bounded', () => {
  const queries = ['q0 as (select a.*, b.* from t a, t b)']
  for (let at = 1; at < 60; at++)
    queries.push(`q${at} as (select *, a.c || b.c as c from q${at - 1} a, q${at - 1} b)`)
  const outputs = said(`with ${queries.join(', ')} select * from q59`)
  assert(outputs.length <= 2_000)
})
