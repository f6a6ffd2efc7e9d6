/**
 * Injection detection: recall on the PG-effective corpus, context by context, and false alerts.
 *
 * Learned is what the application says in the contexts with harmless values, and half of PostgreSQL's
 * regression statements; judged are the payloads, the other half, and other harmless values. `role`
 * tells whether one role says all of it or each its own.
 */
import { loadSqlParser } from '../src/protocol/sql/parse.ts'
import { StatementJudge } from '../src/services/detection/statements.ts'
import { emit, missing } from './kit/bench.ts'
import {
  available,
  contexts,
  effective,
  inContext,
  lines,
  regression,
} from './kit/injection-corpus.ts'

const TEXT_CONTEXTS = ['string', 'like', 'parenthesised', 'insert', 'update', 'login']
const SORTINGS = ['name', 'id', 'created_at']

await loadSqlParser()
if (available())
  for (const learned of [2, 50]) for (const shared of [false, true]) run(learned, shared)
else missing('detection', 'corpus', 'the shared data folder is not there')

function run(learned: number, shared: boolean): void {
  const judge = new StatementJudge()
  const role = `${shared ? 'one role' : 'own roles'}, ${learned} examples a context`
  const person = shared ? 'app' : 'person'
  const values = [
    ...new Set([...lines('sqli/httpparams-benign.txt'), ...lines('sqli/libinjection-benign.txt')]),
  ]
  for (const context of Object.keys(contexts)) {
    for (let at = 0; at < learned; at++)
      judge.learn(inContext(context, ordinary(context, at, values)), 'app')
  }
  const statements = regression()
  statements.forEach((sql, at) => at % 2 === 0 && judge.learn(sql, person))

  const techniques = new Map<string, { all: number; hit: number }>()
  for (const file of ['libinjection-sqli', 'httpparams-sqli']) {
    const payloads = [...new Set(lines(`sqli/${file}.txt`))]
    for (const context of Object.keys(contexts)) {
      const attacks = effective(context, payloads)
      const caught = attacks.filter((payload) => {
        const hit = isInjection(judge.judge(inContext(context, payload), 'app'))
        const count = techniques.get(techniqueOf(payload)) ?? { all: 0, hit: 0 }
        techniques.set(techniqueOf(payload), { all: count.all + 1, hit: count.hit + Number(hit) })
        return hit
      })
      const value = (100 * caught.length) / attacks.length
      const metric = `recall, ${context}, ${attacks.length} of ${file}`
      emit({ bench: 'detection', subject: role, metric, value, unit: '%' })
    }
  }
  for (const [technique, { all, hit }] of techniques) {
    const metric = `recall, ${technique}, ${all} attacks`
    emit({ bench: 'detection', subject: role, metric, value: (100 * hit) / all, unit: '%' })
  }

  const start = performance.now()
  let judged = 0
  let wrong = 0
  const count = (sql: string, name: string): void => {
    judged++
    if (isInjection(judge.judge(sql, name))) wrong++
  }
  statements.forEach((sql, at) => at % 2 === 1 && count(sql, person))
  for (const context of TEXT_CONTEXTS) {
    for (const value of values) count(inContext(context, value.replaceAll(`'`, `''`)), 'app')
  }
  const spent = performance.now() - start
  const common = { bench: 'detection', subject: role }
  emit({
    ...common,
    metric: `false alerts, ${judged} judged`,
    value: (1e6 * wrong) / judged,
    unit: '/million',
  })
  emit({ ...common, metric: 'judged', value: (judged / spent) * 1000, unit: 'statements/s' })
}

function ordinary(context: string, at: number, values: readonly string[]): string {
  if (TEXT_CONTEXTS.includes(context))
    return (values[(at * 7) % values.length] ?? '').replaceAll(`'`, `''`)
  return context === 'orderBy' ? (SORTINGS[at % SORTINGS.length] ?? 'id') : String(at * 13 + 1)
}

function isInjection(alerts: readonly string[]): boolean {
  return alerts.some((id) => id.startsWith('sqli'))
}

/** As sqlmap names them; by the text, for the report alone. */
function techniqueOf(payload: string): string {
  if (/sleep|benchmark|waitfor/i.test(payload)) return 'time-based'
  if (/;/.test(payload)) return 'stacked'
  if (/union/i.test(payload)) return 'union'
  if (/cast|extractvalue|convert|xmltype/i.test(payload)) return 'error-based'
  if (/select/i.test(payload)) return 'inline query'
  return 'boolean-based'
}
