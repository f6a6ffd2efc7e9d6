/** Every escalation of the table is found in its own attack: bare, prepared, and inside bodies. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { escalations } from './escalations.ts'
import { loadSqlParser, parseSql } from './parse.ts'
import { primitivesIn } from './primitives.ts'

before(() => loadSqlParser())

function found(sql: string): ReadonlySet<string> {
  const parsed = parseSql(sql)
  assert(parsed.kind === 'tree', `${sql} is no SQL`)
  return primitivesIn(parsed.statements)
}

const MAY_BE_PREPARED = /^(select|insert|update|delete|with)\b/i

test('escalations: there are at least sixty, each of its own name', () => {
  assert(escalations.length >= 60, String(escalations.length))
  assert.equal(new Set(escalations.map(({ id }) => id)).size, escalations.length)
})

for (const { id, attack } of escalations) {
  test(`escalation: ${id} is found bare, prepared, in bodies and in strings`, () => {
    const quoted = attack.replaceAll(`'`, `''`)
    const half = Math.floor(quoted.indexOf(' ') / 2)
    const forms = [
      attack,
      ...(MAY_BE_PREPARED.test(attack)
        ? [`PREPARE p AS ${attack}`, `EXPLAIN ANALYZE ${attack}`]
        : []),
      `DO $x$ BEGIN ${attack.replace(/^select/i, 'PERFORM')}; END $x$`,
      `CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $x$ BEGIN ${attack}; END $x$`,
      `DO $x$ BEGIN EXECUTE '${quoted}'; END $x$`,
      `DO $x$ BEGIN EXECUTE '${quoted.slice(0, half)}' || '${quoted.slice(half)}'; END $x$`,
    ]
    for (const form of forms) assert(found(form).has(id), form)
  })
}

test('escalation: what a body escapes, formats or carries as a tree is found', () => {
  for (const [sql, id] of [
    [`DO $a$ BEGIN EXECUTE format('copy %I from program %L', t, c); END $a$`, 'copy-program'],
    [`DO $a$ BEGIN EXECUTE format('alter role %1$s superuser', u); END $a$`, 'role-superuser'],
    [`DO $a$ BEGIN EXECUTE E'\\x43OP\\131 t FROM PROGRAM \\'id\\''; END $a$`, 'copy-program'],
    [`DO $a$ BEGIN EXECUTE e'\\u0043OPY t FROM PROGRAM ''id'''; END $a$`, 'copy-program'],
    [`DO $a$ BEGIN EXECUTE $q$COPY t FROM PROGRAM 'id'$q$; END $a$`, 'copy-program'],
    [
      `CREATE FUNCTION f() RETURNS text BEGIN ATOMIC SELECT pg_ls_dir('x'); END`,
      'server-file-list',
    ],
    [`CREATE FUNCTION f() RETURNS text RETURN pg_read_file('x')`, 'server-file-read'],
    [`CREATE TABLE t (x text DEFAULT pg_read_file('x'))`, 'server-file-read'],
    [`CREATE VIEW v AS SELECT passwd FROM pg_shadow`, 'password-hashes'],
    [`ALTER TABLE t SET SCHEMA pg_catalog`, 'catalogue-function'],
  ] as const)
    assert(found(sql).has(id), sql)
  assert(found(`DO $a$ BEGIN EXECUTE E'\\UFFFFFFFF'; END $a$`).has('do-block'), 'no character')
})

test('escalation: whatever runs a statement or reads a table that stands in a text is one', () => {
  for (const sql of [
    `SELECT word FROM ts_stat('select to_tsvector(email) from members')`,
    `SELECT ts_rewrite('a'::tsquery, 'select t, s from aliases')`,
    `SELECT * FROM crosstab('select id, email, 1 from members') AS t(id int, x int)`,
    `SELECT cursor_to_xml('c', 9, true, false, '')`,
  ])
    assert.deepEqual([...found(sql)], ['statement-in-text'], sql)
  for (const call of ['table_to_xml_and_xmlschema', 'table_to_xmlschema'])
    assert(found(`SELECT ${call}('members', true, false, '')`).has('table-in-text'), call)
  assert.deepEqual([...found(`SELECT ts_rewrite('a'::tsquery, 'a'::tsquery, 'b'::tsquery)`)], [])
  assert.deepEqual([...found('SELECT seq_scan FROM pg_stat_user_tables')], [])
})

test('escalation: what programs and migrations do every day is none', () => {
  const ordinary = [
    `SELECT set_config('app.club', '7', true)`,
    `SET search_path = club`,
    `SET statement_timeout = 5000`,
    `SELECT lower(name), now() FROM members`,
    `COPY members TO STDOUT`,
    `COPY members FROM STDIN`,
    `RESET ROLE`,
    `CREATE TABLE t (id int)`,
    `ALTER TABLE t ADD COLUMN x int`,
    `CREATE INDEX ON t (x)`,
    `CREATE EXTENSION IF NOT EXISTS pgcrypto`,
    `CREATE VIEW v AS SELECT 1`,
    `CREATE TYPE mood AS ENUM ('good')`,
    `REVOKE ALL ON t FROM PUBLIC`,
    `GRANT SELECT ON t TO app`,
    `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'`,
    `CREATE TRIGGER g BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()`,
    `DROP TABLE t`,
    `PREPARE p AS SELECT 1`,
    `SELECT pg_advisory_xact_lock(1)`,
  ]
  for (const sql of ordinary) assert.deepEqual([...found(sql)], [], sql)
})
