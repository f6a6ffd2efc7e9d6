/** Texts made to break a parser leave it whole, and never pass for what they are not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEPTH_MAX, isTooDeep } from './depth.ts'
import { loadSqlParser, parseSql } from './parse.ts'

await loadSqlParser()

const chains: Readonly<Record<string, (links: number) => string>> = {
  parentheses: (n) => `select ${'('.repeat(n)}1${')'.repeat(n)}`,
  sums: (n) => `select ${'1+('.repeat(n)}1${')'.repeat(n)}`,
  negations: (n) => `select ${'not '.repeat(n)}true`,
  subqueries: (n) => `select ${'(select '.repeat(n)}1${')'.repeat(n)}`,
  disjunctions: (n) => `select 1 where ${Array.from({ length: n }, () => 'true').join(' or ')}`,
  arrays: (n) => `select ${'array['.repeat(n)}1${']'.repeat(n)}`,
  cases: (n) => `select ${'case when true then '.repeat(n)}1${' end'.repeat(n)}`,
  unions: (n) => Array.from({ length: n }, () => 'select 1').join(' union all '),
  concatenations: (n) => `select ${Array.from({ length: n }, () => `'a'`).join('||')}`,
  casts: (n) => `select 1${'::int'.repeat(n)}`,
  fields: (n) => `select x${'.a'.repeat(n)}`,
  subscripts: (n) => `select x${'[1]'.repeat(n)}`,
  tests: (n) => `select 1 ${'is null '.repeat(n)}`,
  joins: (n) => `select from a ${'join b on true '.repeat(n)}`,
}

test('parse: no chain however long damages the parser or passes for a syntax error', () => {
  for (const [name, chain] of Object.entries(chains)) {
    for (const links of [300, 900, 3_000, 9_000, 20_000, 100_000]) {
      const parsed = parseSql(`${chain(links)}; drop table x`)
      if (links <= 300) assert.equal(parsed.kind, 'tree', `${name} ${links}`)
      if (parsed.kind !== 'syntax-error') continue
      assert.match(parsed.message, /^syntax error|memory exhausted/, `${name} ${links}`)
    }
    assert.equal(parseSql('select 1').kind, 'tree', `after ${name}`)
  }
})

test('parse: nothing said is no statement, and nothing unreadable', () => {
  for (const sql of ['', ' ', ';', '-- ping', '/* ping */'])
    assert.deepEqual(parseSql(sql), { kind: 'tree', statements: [] }, sql)
})

test('parse: a long list is not deep, nor is a long text', () => {
  const rows = Array.from({ length: 5_000 }, (_, n) => `(${n}, 'a' || 'b', now() - interval '1 d')`)
  assert(!isTooDeep(`insert into t values ${rows.join(', ')}`))
  assert(!isTooDeep(`select '${'((('.repeat(10_000)}'`))
  assert(!isTooDeep(`select $a$${'1+('.repeat(10_000)}$a$`))
  assert(isTooDeep(`select ${'1+'.repeat(DEPTH_MAX + 1)}1`))
})
