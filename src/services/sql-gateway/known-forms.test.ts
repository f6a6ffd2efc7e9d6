/** What is judged by its form is judged as its tree would be. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { sqlGatewayConfig } from './config.ts'
import { formOf } from './known-forms.ts'
import { judgeOf, type Judge } from './rules.ts'

before(() => loadSqlParser())

const rules = { withheld: [{ table: 'members', columns: ['email'] }] }

function judge(): Judge {
  const { app } = sqlGatewayConfig.parse({ roles: { app: rules } }).roles
  const made = app && judgeOf(app)
  assert(made)
  return made
}

test('known forms: other constants and comments are the same form, other words are not', () => {
  const one = formOf(`select a, 'x' from t where b = 1 and c in ($1, 2) /* c */`)
  assert(one)
  assert.equal(formOf(`select a, 'it''s; 1' from t where b = 7.5e3 and c in ($1, 3) -- c`), one)
  assert.notEqual(formOf(`select a, 'x' from t where b = 1 and c in ($1)  `), one)
  assert.notEqual(formOf(`select a, 'x' from "t" where b = 1 and c in ($1, 2)  `), one)
  assert.notEqual(formOf(`select a, x from t where b = 1 and c in ($1, 2)  `), one)
  assert(formOf('select 1; -- c\n'))
  assert.notEqual(formOf('select a/**/b from t'), formOf('select ab from t'))
  assert.notEqual(formOf('select a1 from t'), formOf('select a2 from t'))
  assert.notEqual(formOf('select a$1 from t'), formOf('select a$2 from t'))
  assert.notEqual(formOf('select 1 as "a2"'), formOf('select 1 as "a3"'))
})

test('known forms: where a constant could matter there is none', () => {
  for (const sql of [
    `select set_config('app.club', '7', true)`,
    `select "set_config"('role', 'x', true)`,
    `select 1; select 2`,
    `do 'begin end'`,
    `prepare p as select 1`,
    `copy t to program 'x'`,
    `set role 'x'`,
    `explain select 1`,
    `select $$a$$`,
    `select e'\\''`,
    `select 'é'`,
    `select * from \u212Aeys`,
    `select * from U&"\\0065mail"`,
    `select 'unended`,
    `select 1 /* unended`,
    `select 1 /* one /* within */ another */`,
    `select ";" from t`,
    `select '${'x'.repeat(9_000)}'`,
    '',
  ])
    assert.equal(formOf(sql), undefined, sql)
})

test('known forms: verdicts are what they are without anything known', () => {
  const remembering = judge()
  const pairs: readonly (readonly [string, boolean])[] = [
    [`select id from members where id = 1`, false],
    [`select id from members where id = 2`, false],
    [`select email from members where id = 2`, true],
    [`select "email" from members where id = 3`, true],
    [`select set_config('app.club', '7', true)`, false],
    [`select set_config('role', 'postgres', true)`, true],
    [`select upper('PG_VERSION')`, false],
    [`select pg_read_file('PG_VERSION')`, true],
    [`with x as (select 1) select id from members`, false],
    [`with x as (select 1) select * from members`, true],
    [`select 1 as id`, false],
    [`select 'x' as id; drop table t`, true],
  ]
  for (let times = 0; times < 2; times++)
    for (const [sql, isRefused] of pairs) {
      const varied = sql.replaceAll(/\b\d\b/g, String(times + 3))
      assert.equal(remembering(varied, true) !== undefined, isRefused, varied)
      assert.deepEqual(remembering(varied, true), judge()(varied, true), varied)
    }
})
