/** Passwords never reach the record, however they are written; other text is left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redactSql } from './redact.ts'

const secrets = [
  `ALTER ROLE bob PASSWORD 'hunter2'`,
  `alter user bob with encrypted password 'hunter2' valid until 'tomorrow'`,
  `CREATE ROLE bob LOGIN PASSWORD 'hun''hunter2'`,
  `CREATE ROLE bob PASSWORD E'x\\'hunter2'`,
  `CREATE ROLE bob PASSWORD U&'hunter2'`,
  `CREATE ROLE bob PASSWORD $$hunter2$$`,
  `CREATE ROLE bob PASSWORD $p$hunter2$p$`,
  `CREATE ROLE bob PASSWORD /* comment */ 'hunter2'`,
  `CREATE ROLE bob PASSWORD -- comment\n 'hunter2'`,
  `CREATE ROLE bob PASSWORD 'a'\n'hunter2'`,
  `CREATE ROLE bob PASSWORD 'hunter2`,
  `CREATE ROLE bob PASSWORD $$hunter2`,
  `CREATE ROLE bob PASSWORD $p$hunter2`,
  `SELECT E'\\''; ALTER ROLE bob PASSWORD 'hunter2'`,
  `DO $$ BEGIN EXECUTE 'ALTER ROLE bob PASSWORD ''hunter2'''; END $$`,
  `CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password 'hunter2')`,
  `CREATE SUBSCRIPTION s CONNECTION 'host=db password=hunter2' PUBLICATION p`,
  `SELECT dblink('host=db password=hunter2', 'SELECT 1')`,
  `/* password = hunter2 */ SELECT 1`,
  `SELECT 1; -- password=hunter2\nSELECT 2`,
]

for (const sql of secrets) {
  test(`redact: ${JSON.stringify(sql)}`, () => {
    const clean = redactSql(sql)
    assert(clean.redacted)
    assert.doesNotMatch(clean.sql, /hunter2/)
    assert.match(clean.sql, /\(redacted\)/)
  })
}

const harmless = [
  `SELECT * FROM members WHERE name = 'x'`,
  `SELECT password FROM members WHERE id = 'x'`,
  `UPDATE "user" SET password_hash = $1 WHERE id = '7'`,
  `CREATE TABLE members (id int, password text)`,
  `ALTER ROLE bob NOLOGIN`,
]

for (const sql of harmless) {
  test(`redact: nothing is taken from ${JSON.stringify(sql)}`, () => {
    assert.deepEqual(redactSql(sql), { sql, redacted: false })
  })
}

test('redact: what follows the password stays readable', () => {
  const { sql } = redactSql(`ALTER ROLE bob PASSWORD 'hunter2'; DROP TABLE members`)
  assert.equal(sql, `ALTER ROLE bob PASSWORD '(redacted)'; DROP TABLE members`)
})

test('redact: what stands before the password stays readable', () => {
  const options = (password: string): string =>
    `CREATE USER MAPPING FOR bob SERVER s OPTIONS (user 'bob', password '${password}')`
  assert.equal(redactSql(options('hunter2')).sql, options('(redacted)'))
})

test('redact: a long text is read in a moment', () => {
  const started = process.cpuUsage().user
  redactSql(`CREATE ROLE bob PASSWORD ${"'a".repeat(100_000)}${'$a'.repeat(100_000)}`)
  redactSql(`CREATE ROLE bob PASSWORD 'x' ${'/*'.repeat(100_000)}`)
  redactSql('password '.repeat(100_000))
  redactSql(`create ${'password '.repeat(30_000)}`)
  redactSql(`password ${'creat '.repeat(30_000)}`)
  assert(process.cpuUsage().user - started < 20_000_000)
})
