/**
 * A thread that parses statements and holds them against rules, one after the other.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { parentPort } from 'node:worker_threads'
import { remembered } from '#lib/remembered.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import type { RoleRules } from './config.ts'
import type { Question } from './judge.ts'
import { ruleSetOf, type Judged } from './rules.ts'

/** As many roles have rules of their own at most; beyond it they are read again. */
const RULES = { entriesMax: 1_000, textMax: Infinity }

assert(parentPort, 'runs as a thread')
const port = parentPort
const ruleSet = remembered((rules) => ruleSetOf(JSON.parse(rules) as RoleRules), RULES)

await loadSqlParser()
port.on('message', (question: Question) => port.postMessage(answer(question)))

function answer({ sql, rules }: Question): Judged {
  const judged = ruleSet(rules)?.judge(sql)
  assert(judged, 'only who has rules is asked about')
  return judged
}
