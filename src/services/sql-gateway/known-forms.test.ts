/** What is judged by its form is judged as its tree would be. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { sqlGatewayConfig } from './config.ts'
import { formOf } from './known-forms.ts'
import { judgeOf, PARSED_HERE_MAX, type Judge } from './judge.ts'
import { ruleSetOf } from './rules.ts'

before(() => loadSqlParser())

const config = { withheld: [{ table: 'members', columns: ['email'] }] }

const rules = sqlGatewayConfig.parse({ roles: { app: config } }).roles['app']
assert(rules)
const ruleSet = ruleSetOf(rules)
assert(ruleSet)

/** What was asked, and a judge that asks here. */
function judge(): { asked: string[]; of: Judge['of'] } {
  const asked: string[] = []
  const made = judgeOf(rules!, async ({ sql }) => {
    asked.push(sql)
    return await Promise.resolve(ruleSet!.judge(sql))
  })
  assert(made)
  return { asked, of: made.of }
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

test('known forms: verdicts are what they are without anything known', async () => {
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
      assert.equal((await remembering.of(varied)) !== undefined, isRefused, varied)
      assert.deepEqual(remembering.of(varied), ruleSet.judge(varied).verdict, varied)
    }
})

/** So that a text is too long to be parsed here. */
const long = `and name <> '${'x'.repeat(PARSED_HERE_MAX)}'`

test('known forms: nothing is asked about a known form, nor twice about a text', async () => {
  const { asked, of } = judge()
  await of(`select id from members where id = 1 ${long}`)
  for (let id = 2; id < 9; id++)
    assert.equal(of(`select id from members where id = ${id} ${long}`), undefined)
  await of(`select email from members where id = 1 ${long}`)
  await of(`select email from members where id = 1 ${long}`)
  await of(`select email from members where id = 2 ${long}`)
  assert.equal(asked.length, 3)
  assert.equal(of('select name from members'), undefined)
  assert.equal(asked.length, 3, 'a short text is judged at once')
})

test('known forms: what nobody answers cannot be judged, and is asked again', async () => {
  let answers = false
  const made = judgeOf(rules, async ({ sql }) =>
    Promise.resolve(answers ? ruleSet.judge(sql) : undefined),
  )
  assert.deepEqual(await made?.of(`select 1 ${long}`), made?.unjudged)
  answers = true
  assert.equal(await made?.of(`select id from members where id = 1 ${long}`), undefined)
})
