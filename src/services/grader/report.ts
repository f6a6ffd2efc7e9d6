/**
 * The grades as a person reads them on a terminal: letters first, then what lowers them and how to
 * mend it, the worst first, then what was looked at.
 *
 * @module
 */
import { findings, severities, type Finding, type FullReport, type Severity } from './findings.ts'
import { OBSERVATORY_MAX } from './observatory/score.ts'
import { facts, untested } from './said.ts'
import { SIX_HEADERS } from './security-headers.ts'

export type ReportOptions = {
  readonly colours: boolean
  /** Whether an authority of one's own was trusted for it. */
  readonly ownAuthority: boolean
}

const WIDTH = 78
const BAR_WIDTH = 20
const escape = '\u001b['

type Ink = (code: string, text: string) => string

/** The whole report, lines joined. */
export function writeReport(report: FullReport, options: ReportOptions): string {
  const ink: Ink = options.colours ? (code, text) => `${escape}${code}m${text}${escape}0m` : plain
  const { headers, tls } = report
  const found = findings(report)
  const out = ['', `  ${ink('1', clean(headers.visit.page.url.href))}`, '', ...marks(report, ink)]
  if (found.length === 0) out.push(`  ${ink('32', '✓')} Nothing to mend.`, '')
  else out.push(`  ${ink('1', 'What to mend')}  ${ink('2', tally(found))}`, '')
  out.push(...found.flatMap((finding) => paragraph(finding, ink)))
  const known = facts(report).flatMap(([name, value]) =>
    wrap(clean(value), 16, (start) => ink('2', start), name),
  )
  out.push(...section('What was found', known, ink))
  out.push(...section('Not tested, so nothing is said about', wrap(untested(tls).join(', ')), ink))
  if (options.ownAuthority && !tls.certificate.publiclyTrusted) {
    const note =
      'Trusted here only because of --ca: a visitor who does not trust that authority is warned, ' +
      'and an outside grader says T.'
    out.push(...section('Trust', wrap(note), ink))
  }
  return `${out.join('\n')}\n`
}

/** Three letters, each with a bar of how far it is to the best. */
function marks({ headers, tls }: FullReport, ink: Ink): string[] {
  const { observatory, securityHeaders } = headers
  const [newest, older] = tls.grades
  const lines: string[] = []
  const mark = (name: string, grade: string, share: number, rest: string): void => {
    const badge = ink(badgeOf(grade), ` ${grade.padEnd(2)} `)
    const full = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
    const bar = ink(inkOf(grade), '━'.repeat(full)) + ink('2', '─'.repeat(BAR_WIDTH - full))
    lines.push(`  ${badge}  ${name.padEnd(13)}${bar}  ${ink('2', rest)}`)
  }
  if (newest) {
    const { score, protocol, keyExchange, cipher } = newest
    const below = [`protocol ${protocol}, keys ${keyExchange}, ciphers ${cipher}`]
    if (older && older.grade !== newest.grade) {
      below.push(`${older.grade} by the edition ${older.edition}`)
    }
    mark('TLS', newest.grade, score / 100, `${score} of 100 by SSL Labs’ guide 2009r`)
    lines.push(...below.map((words) => ' '.repeat(23 + BAR_WIDTH) + ink('2', words)))
  }
  const all = SIX_HEADERS.length
  const there = all - securityHeaders.missing.length
  const six = `${there} of ${all}, by securityheaders.com`
  mark('headers', securityHeaders.grade, there / all, six)
  const { score, grade } = observatory
  mark('Observatory', grade, score / OBSERVATORY_MAX, `${score} points, by MDN’s rules`)
  return [...lines, '']
}

function paragraph({ severity, title, says, mend, costs }: Finding, ink: Ink): string[] {
  const name = ink(severityInk[severity], severity.padEnd(9))
  return [
    `  ${name} ${ink('1', clean(title))}  ${ink('2', `(${costs.join('; ')})`)}`,
    ...wrap(clean(says), 10).map((line) => `  ${line}`),
    ...wrap(mend, 12, (start) => ink('36', start), '          →').map((line) => `  ${line}`),
    '',
  ]
}

/** As “2 critical, 1 minor”. */
export function tally(found: readonly Finding[]): string {
  return severities
    .map((wanted) => [found.filter(({ severity }) => severity === wanted).length, wanted] as const)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${count} ${name}`)
    .join(', ')
}

function section(title: string, lines: readonly string[], ink: Ink): string[] {
  if (lines.length === 0) return []
  return [`  ${ink('1', title)}`, ...lines.map((line) => `  ${line}`), '']
}

/** Words into lines, all indented; the first begins with `start`. */
function wrap(
  text: string,
  indent: number = 0,
  paint: (start: string) => string = (start) => start,
  start: string = '',
): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + word.length > WIDTH) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += `${word} `
  }
  lines.push(line.trimEnd())
  return lines.map((each, at) => paint((at === 0 ? start : '').padEnd(indent)) + each)
}

/** A site names itself: no word of it may move the cursor. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
}

const severityInk: Readonly<Record<Severity, string>> = {
  critical: '1;31',
  serious: '31',
  moderate: '33',
  minor: '2',
}

function badgeOf(grade: string): string {
  if (grade.startsWith('A')) return '1;30;42'
  return /^[BC]/.test(grade) ? '1;30;43' : '1;97;41'
}

function inkOf(grade: string): string {
  if (grade.startsWith('A')) return '32'
  return /^[BC]/.test(grade) ? '33' : '31'
}

function plain(_: string, text: string): string {
  return text
}
