/**
 * Live sqlmap (Debian's package), level 5, risk 3, all techniques, against a vulnerable page behind
 * the SQL gateway: of the statements that are injections, how many are told, by page and tamper.
 * `VEILIG_SQLMAP_MS` for each (240,000), `VEILIG_PAGES` separated by spaces.
 */
import { loadSqlParser } from '../src/protocol/sql/parse.ts'
import { StatementJudge } from '../src/services/detection/statements.ts'
import { attacksAmong, honest, pages, runSqlmap } from '#kit/sqlmap.ts'
import { emit, missing, which } from './kit/bench.ts'

const TIMEOUT_MS = Number(process.env['VEILIG_SQLMAP_MS'] ?? 240_000)
const PAGES = process.env['VEILIG_PAGES']?.split(' ') ?? Object.keys(pages)
const HONEST = 30
const TAMPERS = ['', 'space2comment,randomcase', 'between,charencode', 'space2plus,unionalltounion']

await loadSqlParser()
if (which('sqlmap')) for (const page of PAGES) for (const tamper of TAMPERS) await run(page, tamper)
else missing('detection-sqlmap', 'sqlmap', 'install the Debian package sqlmap')

async function run(page: string, tamper: string): Promise<void> {
  const tampers = tamper === '' ? [] : ['--tamper', tamper]
  const options = ['--level', '5', '--risk', '3', '--technique', 'BEUSTQ', '--tables', ...tampers]
  const { statements } = await runSqlmap(page, options, TIMEOUT_MS)
  const judge = new StatementJudge()
  for (const sql of honest(page, HONEST)) judge.learn(sql, 'app')
  const attacks = attacksAmong(page, statements)
  const told = attacks.filter((sql) => judge.judge(sql, 'app').some((id) => id.startsWith('sqli')))
  const subject = `page ${page}${tamper === '' ? '' : `, ${tamper}`}`
  const metric = `recall, ${attacks.length} injections of ${statements.length} statements`
  const value = attacks.length === 0 ? 0 : (100 * told.length) / attacks.length
  emit({ bench: 'detection-sqlmap', subject, metric, value, unit: '%' })
  if (process.env['VEILIG_MISSED'])
    for (const sql of attacks) if (!told.includes(sql)) process.stderr.write(`missed: ${sql}\n`)
}
