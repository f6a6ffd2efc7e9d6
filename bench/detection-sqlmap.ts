/**
 * Live sqlmap (Debian's package), level 5, risk 3, against a vulnerable page behind the SQL
 * gateway: of the statements that are injections, how many are told, by page, technique and tamper.
 * Without tampers each technique has a run of its own; with them all are in one.
 *
 * `VEILIG_SQLMAP_MS` for each (240,000); `VEILIG_PAGES`, `VEILIG_TECHNIQUES` (of `BEUSTQ`) and
 * `VEILIG_TAMPERS` (none, if empty) separated by spaces.
 */
import { loadSqlParser } from '../src/protocol/sql/parse.ts'
import { StatementJudge } from '../src/services/detection/statements.ts'
import { attacksAmong, honest, pages, runSqlmap } from '#kit/sqlmap.ts'
import { emit, missing, which } from './kit/bench.ts'

const TIMEOUT_MS = Number(process.env['VEILIG_SQLMAP_MS'] ?? 240_000)
const PAGES = process.env['VEILIG_PAGES']?.split(' ') ?? Object.keys(pages)
const HONEST = 30
const NAMES: Readonly<Record<string, string>> = {
  B: 'boolean-based',
  E: 'error-based',
  U: 'union',
  S: 'stacked',
  T: 'time-based',
  Q: 'inline query',
}
const TECHNIQUES = process.env['VEILIG_TECHNIQUES']?.split(' ') ?? Object.keys(NAMES)
const TAMPERS = process.env['VEILIG_TAMPERS']?.split(' ').filter(Boolean) ?? [
  'space2comment,randomcase',
  'between,charencode',
  'space2plus,unionalltounion',
]

await loadSqlParser()
if (!which('sqlmap')) missing('detection-sqlmap', 'sqlmap', 'install the Debian package sqlmap')
else
  for (const page of PAGES) {
    for (const technique of TECHNIQUES) if (technique in NAMES) await run(page, technique, '')
    for (const tamper of TAMPERS) await run(page, 'BEUSTQ', tamper)
  }

async function run(page: string, technique: string, tamper: string): Promise<void> {
  const tampers = tamper === '' ? [] : ['--tamper', tamper]
  const options = ['--level', '5', '--risk', '3', '--technique', technique, '--tables', ...tampers]
  const { statements } = await runSqlmap(page, options, TIMEOUT_MS)
  const judge = new StatementJudge()
  for (const sql of honest(page, HONEST)) judge.learn(sql, 'app')
  const attacks = attacksAmong(page, statements)
  const told = attacks.filter((sql) => judge.judge(sql, 'app').some((id) => id.startsWith('sqli')))
  const subject = `page ${page}, ${tamper === '' ? NAMES[technique] : tamper}`
  const line = { bench: 'detection-sqlmap', subject }
  if (attacks.length === 0) {
    const metric = `injections among ${statements.length} statements` // it found no way in
    return emit({ ...line, metric, value: 0, unit: 'statements' })
  }
  const metric = `recall, ${attacks.length} injections of ${statements.length} statements`
  emit({ ...line, metric, value: (100 * told.length) / attacks.length, unit: '%' })
  if (process.env['VEILIG_MISSED'])
    for (const sql of attacks) if (!told.includes(sql)) process.stderr.write(`missed: ${sql}\n`)
}
