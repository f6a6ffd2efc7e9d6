/**
 * No false alert of injection from the first statement on: programs in their first hour and after a
 * release, pgbench, a person who makes every question up. A slice of `npm run bench -- detection`,
 * which judges more than a million.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { StatementJudge } from '#services/detection/statements.ts'
import {
  analystUsage,
  pgbenchUsage,
  programOf,
  usageOf,
} from '../../bench/kit/benign-statements.ts'

before(() => loadSqlParser())

const said: Readonly<Record<string, () => Iterable<string>>> = {
  'a program in its first hour, and on a release day': function* () {
    yield* usageOf(programOf(1, 60), 1, 1_500)
    yield* usageOf(programOf(1, 60, 1), 10, 1_000)
  },
  pgbench: () => pgbenchUsage(3, 1_400),
  'an analyst, whose every question is new': () => analystUsage(4, 1_500),
}

for (const [name, statements] of Object.entries(said)) {
  test(`no false alert: ${name}`, () => {
    const judge = new StatementJudge()
    for (const sql of statements()) {
      assert.deepEqual(judge.judge(sql, 'role'), [], sql)
      judge.hear(sql, 'role')
    }
  })
}
