/**
 * False alerts over what real suites say to PostgreSQL: the reservation service's whole suite, the
 * clients' (pg, postgres, and Debian's), our own services'. Every statement is recorded on the wire
 * while the suite runs (kit/record-statements.ts), then judged and learned as the ring does it:
 * each server from nothing, and all of them by one judge.
 *
 * `VEILIG_SUITES`: patterns of test files, separated by spaces; or `VEILIG_RECORDED`, a folder of
 * recordings made before. Suites that fail are said, and count as far as they went.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadSqlParser } from '../src/protocol/sql/parse.ts'
import { StatementJudge } from '../src/services/detection/statements.ts'
import { emit } from './kit/bench.ts'

const SUITES = [
  'apps/reservations/src/**/*.test.ts',
  'apps/reservations/test/*.test.ts',
  'test/conformance/sql-clients.test.ts',
  'src/services/mail-gateway/**/*.test.ts',
  'src/services/payments/**/*.test.ts',
]

type Said = { readonly user: string; readonly sql: string }

const given = process.env['VEILIG_RECORDED']
const folder = given ?? record()
await loadSqlParser()
const everything = new StatementJudge()
let [judged, told] = [0, 0]
for (const file of readdirSync(folder).toSorted()) {
  const alone = new StatementJudge()
  for (const line of readFileSync(join(folder, file), 'utf8').split('\n').filter(Boolean)) {
    const { user, sql } = JSON.parse(line) as Said
    for (const judge of [alone, everything]) {
      judged++
      if (!isInjection(judge.judge(sql, user))) judge.hear(sql, user)
      else {
        told++
        process.stderr.write(`told: ${JSON.stringify({ file, user, sql: sql.slice(0, 300) })}\n`)
      }
    }
  }
}
if (given === undefined) rmSync(folder, { recursive: true })
const line = { bench: 'detection-recorded', subject: 'suites', unit: 'alerts' }
emit({ ...line, metric: `false alerts, ${judged} judged`, value: told })

function record(): string {
  const recorded = mkdtempSync(join(tmpdir(), 'veilig-recorded-'))
  const preload = pathToFileURL(join(import.meta.dirname, 'kit/record-statements.ts')).href
  const suites = process.env['VEILIG_SUITES']?.split(' ') ?? SUITES
  const env = { ...process.env, VEILIG_RECORD: recorded, NODE_OPTIONS: `--import ${preload}` }
  const args = ['--test', '--test-concurrency=1', ...suites]
  const { status } = spawnSync(process.execPath, args, {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) process.stderr.write('some of the suites failed; what was said before counts\n')
  return recorded
}

function isInjection(alerts: readonly string[]): boolean {
  return alerts.some((id) => id.startsWith('sqli'))
}
