/**
 * Debian's sqlmap against a vulnerable page behind the gateway: it finds its hole, and each
 * injection that it made PostgreSQL take is told.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { attacksAmong, honest, runSqlmap } from '#kit/sqlmap.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import { StatementJudge } from '#services/detection/statements.ts'

before(() => loadSqlParser())

/** sqlmap stops by itself long before; a busy machine may take its time. */
const TIMEOUT_MS = 240_000

test('sqlmap: every injection it makes through the page is told, no honest question is', async () => {
  const options = ['--level', '5', '--risk', '3', '--technique', 'BEU']
  const { statements, printed } = await runSqlmap('text', options, TIMEOUT_MS)
  const judge = new StatementJudge()
  for (const sql of honest('text', 30)) {
    assert.deepEqual(judge.judge(sql, 'app'), [])
    judge.learn(sql, 'app')
  }
  const attacks = attacksAmong('text', statements)
  assert(attacks.length >= 20, `sqlmap made ${attacks.length} of ${statements.length}: ${printed}`)
  const told = attacks.filter((sql) => judge.judge(sql, 'app').some((id) => id.startsWith('sqli.')))
  const missed = attacks.filter((sql) => !told.includes(sql))
  assert(told.length * 1000 >= attacks.length * 995, missed.join('\n'))
})
