/** The statement detectors: what is an attack is told, what is work is not. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { StatementJudge } from './statements.ts'

before(() => loadSqlParser())

function application(): StatementJudge {
  const judge = new StatementJudge()
  for (let at = 0; at < 20; at++) {
    judge.learn(
      `SELECT id, name FROM members WHERE email = 'a${at}@club.be' AND club = ${at}`,
      'app',
    )
    judge.learn(`SELECT id FROM courts WHERE club = ${at} ORDER BY name`, 'app')
    judge.learn(`SELECT id FROM courts WHERE club = ${at} ORDER BY id`, 'app')
    judge.learn(`INSERT INTO notices (club, text) VALUES (${at}, 'text ${at}')`, 'app')
    judge.learn('UPDATE members SET name = $1 WHERE id = $2', 'app')
  }
  return judge
}

const injected: readonly (readonly [string, string])[] = [
  ['a tautology', `SELECT id, name FROM members WHERE email = '' OR 1=1 -- ' AND club = 3`],
  ['a truth', `SELECT id, name FROM members WHERE email = 'x' OR true OR email='x' AND club = 3`],
  [
    'a comment that cuts',
    `SELECT id, name FROM members WHERE email = 'boss@club.be' --' AND club = 3`,
  ],
  ['a union', `SELECT id FROM courts WHERE club = 1 UNION SELECT 2 ORDER BY name`],
  [
    'a waiting',
    `SELECT id FROM courts WHERE club = 1 AND 1=(SELECT 1 FROM pg_sleep(5)) ORDER BY name`,
  ],
  [
    'a stacked statement',
    `SELECT id FROM courts WHERE club = 1; DROP TABLE courts; -- ORDER BY name`,
  ],
  [
    'a sorting that asks',
    `SELECT id FROM courts WHERE club = 1 ORDER BY (CASE WHEN (SELECT 1)=1 THEN 1 END)`,
  ],
  [
    'a comparison that is calculated with',
    `SELECT id FROM courts WHERE club = (2=4)*1 ORDER BY name`,
  ],
  [
    'a character that is asked for',
    `SELECT id FROM courts WHERE club = 1 AND ascii(substr((SELECT name FROM m),1,1))>9`,
  ],
  ['a CASE without a column', `SELECT id FROM courts WHERE club = case when f(1) then 3 end`],
  ['a grouping that is always true', `SELECT id FROM courts WHERE club = 1 GROUP BY 1 HAVING 1=1`],
  ['a variable of another server', `SELECT id FROM courts WHERE club = 1 or 1=@@version`],
  ['a value computed', `INSERT INTO notices (club, text) VALUES (1, ''||(SELECT version())||'')`],
  [
    'a sorting that goes on behind its quote',
    `SELECT id FROM courts WHERE club = 1 ORDER BY name'||(SELECT (CHR(79)) WHERE 5502=5502)||'`,
  ],
  [
    'a comment sign of others, which calculates here',
    `SELECT id FROM courts WHERE club = 1 ORDER BY name OR NOT 9025=3309# XesR`,
  ],
  ['a number that is none', `SELECT id FROM courts WHERE club = (SELECT 1) ORDER BY name`],
]

for (const [name, sql] of injected) {
  test(`injection: ${name} in a known statement is told`, () => {
    const alerts = application().judge(sql, 'app')
    assert(alerts.includes('sqli.structure'), alerts.join(' '))
  })
}

test('injection: a health check does not make what else is selected an injection', () => {
  const judge = new StatementJudge()
  for (let at = 0; at < 50; at++) judge.learn('SELECT 1', 'app')
  for (const sql of [
    'SELECT name FROM members',
    'SELECT 1 FROM members WHERE id = 7',
    'SELECT now()',
  ])
    assert.deepEqual(judge.judge(sql, 'app'), [], sql)
})

test('injection: what only another database could do is told of a role never heard before', () => {
  for (const sql of [
    `SELECT id FROM members WHERE name = 'x' AND 'zz'`,
    `SELECT id FROM members WHERE name = 'x'+(SELECT 7)+'y'`,
    `SELECT id FROM members WHERE name = 'x' --' AND pin = 'a'`,
    `SELECT id FROM members WHERE id = 1%" AND 5=5 AND "`,
  ])
    assert(new StatementJudge().judge(sql, 'new').includes('sqli.structure'), sql)
})

test('injection: a role that nobody heard before is held against what others say', () => {
  const judge = application()
  const sql = (value: string): string => `SELECT id FROM courts WHERE club = ${value} ORDER BY name`
  assert.deepEqual(judge.judge(sql('7'), 'new'), [])
  assert(judge.judge(sql('(SELECT 1)'), 'new').includes('sqli.structure'))
  assert.deepEqual(new StatementJudge().judge(sql('(SELECT 1)'), 'new'), [])
})

const ordinary: readonly (readonly [string, string])[] = [
  ['other values', `SELECT id, name FROM members WHERE email = 'or 1=1 --' AND club = -7`],
  ['NULL for a value', `INSERT INTO notices (club, text) VALUES (1, NULL)`],
  [
    'a name of three parts',
    `SELECT id FROM courts WHERE club = 1 AND "public"."courts"."open" = 't'`,
  ],
  ['a value made by the server', `SELECT id FROM courts WHERE club = coalesce(1, 2) ORDER BY name`],
  ['a new sorting', `SELECT id FROM courts WHERE club = 1 ORDER BY opened DESC`],
  ['a new filter', `SELECT id FROM courts WHERE club = 1 AND open = true ORDER BY name`],
  [
    'a statement of a new release',
    `SELECT c.id FROM courts c JOIN clubs ON true WHERE 1=1 UNION SELECT 1`,
  ],
  [
    'an apostrophe forgotten',
    `SELECT id, name FROM members WHERE email = 'O'Brien and sons' AND club = 3`,
  ],
]

for (const [name, sql] of ordinary) {
  test(`injection: ${name} is no injection`, () => {
    assert.deepEqual(application().judge(sql, 'app'), [])
  })
}

test('injection: a broken probe is told as probing', () => {
  const sql = `SELECT id, name FROM members WHERE email = 'x' UNION SELECT 1,2 FROM m)) -- '`
  assert.deepEqual(application().judge(sql, 'app'), ['sqli.syntax-probing'])
})

test('escalation: a way to more is told, unless the role was learned to go it', () => {
  const judge = application()
  const sql = `COPY t FROM PROGRAM 'id'`
  assert.deepEqual(judge.judge(sql, 'app'), ['escalation.copy-program'])
  judge.learn(sql, 'app')
  assert.deepEqual(judge.judge(sql, 'app'), [])
})

test('escalation: ordinary settings and functions are none', () => {
  const judge = application()
  for (const sql of [
    `SELECT set_config('app.club', '7', true)`,
    `SET search_path = club`,
    `SELECT lower(name), now() FROM members`,
    `COPY members TO STDOUT`,
    `RESET ROLE`,
  ])
    assert.deepEqual(judge.judge(sql, 'app'), [], sql)
})

test('statements: what cannot be parsed throws nothing', () => {
  const judge = application()
  for (const sql of ['', `'`, 'SELECT 1\0; DROP TABLE x', '('.repeat(20_000), `/*`, '\uD800'])
    assert.doesNotThrow(() => judge.judge(sql, 'app'))
})

test('statements: one may end where another goes on, if no comment cuts it', () => {
  const judge = new StatementJudge()
  const longer = `UPDATE bookings SET state = 'off', at = $1 WHERE id = $2 AND state = 'on'`
  for (let at = 0; at < 20; at++) judge.learn(longer, 'app')
  const shorter = `UPDATE bookings SET state = 'off', at = $1 WHERE id = $2`
  assert.deepEqual(judge.judge(shorter, 'app'), [])
  const byText = new StatementJudge()
  for (let at = 0; at < 20; at++)
    byText.learn(`SELECT id FROM m WHERE name = 'n${at}' AND secret = 's${at}'`, 'app')
  assert.deepEqual(byText.judge(`SELECT id FROM m WHERE name = 'n3'`, 'app'), [])
  for (const cut of [`'--' AND secret = 'x'`, `'; --' AND secret = 'x'`])
    assert.notDeepEqual(byText.judge(`SELECT id FROM m WHERE name = 'n3${cut}`, 'app'), [], cut)
})

test('statements: what speaks of injection a little is learned only when it is heard again', () => {
  const judge = new StatementJudge()
  const sql = (year: number): string => `SELECT 1 FROM m WHERE year = ${year} order by 1-- AND paid`
  for (const heard of [0, 0, 1, 2]) {
    judge.hear(sql(heard), 'app')
    assert.equal(judge.learned('app'), heard)
  }
  judge.hear('SELECT name FROM m WHERE year = 7 AND paid', 'app')
  assert.equal(judge.learned('app'), 3)
})

test('statements: what shares only SELECT with a value that was asked for is another', () => {
  const judge = new StatementJudge()
  for (let at = 0; at < 40; at++)
    for (const sql of [`SELECT ${at} AS a`, 'SELECT $1::int AS n', '']) {
      assert.deepEqual(judge.judge(sql, 'app'), [], sql)
      judge.hear(sql, 'app')
    }
  for (const sql of [
    `SELECT pg_notify('bell', 'dinner')`,
    'SELECT count(*)::int AS n FROM c',
    'SELECT b.oid FROM pg_catalog.pg_type a JOIN pg_catalog.pg_type b ON b.oid = a.typelem',
  ])
    assert.deepEqual(judge.judge(sql, 'app'), [], sql)
  assert.notDeepEqual(judge.judge('SELECT 1 AS a UNION SELECT passwd FROM pg_shadow', 'app'), [])
})
