/**
 * Injection detection: recall on the PG-effective corpus, by context and by technique, and false
 * alerts over a million ordinary statements, the first hour and a release day among them.
 *
 * Recall is measured in ten contexts and in eleven that were held out, after so many ordinary
 * statements of each, with a role of its own and with one role that says everything. False alerts
 * are counted as the ring runs: each statement is judged, then learned. `VEILIG_BENIGN` says how
 * many statements; the share of each source stays.
 */
import { loadSqlParser } from '../src/protocol/sql/parse.ts'
import { StatementJudge } from '../src/services/detection/statements.ts'
import { emit, missing } from './kit/bench.ts'
import { analystUsage, pgbenchUsage, programOf, usageOf } from './kit/benign-statements.ts'
import {
  available,
  contexts,
  effective,
  heldOut,
  inContext,
  lines,
  regression,
  takesText,
} from './kit/injection-corpus.ts'

const BENIGN = Number(process.env['VEILIG_BENIGN'] ?? 1_050_000)
const EXAMPLES = [0, 1, 5, 50]
const SORTINGS = ['name', 'id', 'created_at']

await loadSqlParser()
if (available()) {
  const payloads = ['libinjection-sqli', 'httpparams-sqli'].flatMap((f) => lines(`sqli/${f}.txt`))
  const attacks = attacksOf([...new Set(payloads)])
  for (const examples of EXAMPLES)
    for (const shared of [false, true]) recall(attacks, examples, shared)
  falseAlerts(true)
} else {
  missing('detection', 'corpus', 'the shared data folder is not there')
  falseAlerts(false)
}

type Attack = { readonly context: string; readonly payload: string; readonly held: boolean }

function attacksOf(payloads: readonly string[]): readonly Attack[] {
  return [...Object.keys(contexts), ...Object.keys(heldOut)].flatMap((context) =>
    effective(context, payloads).map((payload) => ({ context, payload, held: context in heldOut })),
  )
}

function recall(attacks: readonly Attack[], examples: number, shared: boolean): void {
  const judge = new StatementJudge()
  const values = benignValues()
  const statements = regression()
  for (const context of [...Object.keys(contexts), ...Object.keys(heldOut)])
    for (let at = 0; at < examples; at++)
      judge.learn(inContext(context, ordinary(context, at, values)), 'app')
  if (shared)
    for (const [at, sql] of statements.entries()) if (at % 2 === 0) judge.learn(sql, 'app')
  const counts = new Map<string, { all: number; hit: number }>()
  for (const { context, payload, held } of attacks) {
    const hit = isInjection(judge.judge(inContext(context, payload), 'app'))
    const groups = ['all', held ? 'held-out contexts' : 'contexts', `context ${context}`]
    for (const group of [...groups, `technique ${techniqueOf(payload)}`]) {
      const count = counts.get(group) ?? { all: 0, hit: 0 }
      counts.set(group, { all: count.all + 1, hit: count.hit + Number(hit) })
    }
  }
  const subject = `${examples} examples, ${shared ? 'one role says all' : 'a role of its own'}`
  for (const [group, { all, hit }] of counts)
    emit({
      bench: 'detection',
      subject,
      metric: `recall, ${group}, ${all}`,
      value: (100 * hit) / all,
      unit: '%',
    })
}

/** Each source from nothing, then all of them by one role. */
function falseAlerts(hasCorpus: boolean): void {
  const part = Math.floor(BENIGN / 14)
  const everything = new StatementJudge()
  let [all, wrong] = [0, 0]
  const hear = (
    name: string,
    judges: readonly StatementJudge[],
    texts: () => Iterable<string>,
  ): void => {
    for (const judge of judges) {
      let [judged, told] = [0, 0]
      const start = process.cpuUsage()
      for (const sql of texts()) {
        judged++
        if (isInjection(judge.judge(sql, 'role'))) told++
        else judge.hear(sql, 'role')
      }
      const { user, system } = process.cpuUsage(start)
      const subject = judge === everything ? 'one role says all' : 'a role of its own'
      const common = { bench: 'detection', subject }
      emit({ ...common, metric: `false alerts, ${name}, ${judged}`, value: told, unit: 'alerts' })
      emit({
        ...common,
        metric: `judge and learn, ${name}`,
        value: (user + system) / judged,
        unit: 'µs',
      })
      all += judged
      wrong += told
    }
  }
  const both = (): readonly StatementJudge[] => [new StatementJudge(), everything]
  for (const seed of [1, 2]) {
    const program = new StatementJudge()
    const judges = [program, everything]
    hear(`program ${seed}, first hour`, judges, () => usageOf(programOf(seed, 150), seed, part))
    hear(`program ${seed}, release day`, judges, () =>
      usageOf(programOf(seed, 150, 1), seed + 9, part),
    )
  }
  hear('pgbench', both(), () => pgbenchUsage(3, part))
  hear('analyst', both(), () => analystUsage(4, part))
  if (hasCorpus) {
    hear('PostgreSQL regression tests', both(), regression)
    const harmless = benignValues().map((value) => value.replaceAll(`'`, `''`))
    const texts = [...Object.keys(contexts), ...Object.keys(heldOut)].filter(takesText)
    hear('form values', both(), () =>
      texts.flatMap((each) => harmless.map((value) => inContext(each, value))),
    )
  }
  const subject = 'all sources'
  emit({
    bench: 'detection',
    subject,
    metric: `false alerts, ${all} judged`,
    value: (1e6 * wrong) / all,
    unit: '/million',
  })
}

function benignValues(): readonly string[] {
  return [
    ...new Set([...lines('sqli/httpparams-benign.txt'), ...lines('sqli/libinjection-benign.txt')]),
  ]
}

function ordinary(context: string, at: number, values: readonly string[]): string {
  if (takesText(context)) return (values[(at * 7) % values.length] ?? '').replaceAll(`'`, `''`)
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
