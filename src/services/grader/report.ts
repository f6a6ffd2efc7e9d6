/**
 * The grades as a person reads them on a terminal: letters first, then what lowers them and how to
 * mend it, then what was looked at.
 *
 * @module
 */
import { facts, mendings, untested, type FullReport } from './said.ts'

export type ReportOptions = {
  readonly colours: boolean
  /** Whether an authority of one's own was trusted for it. */
  readonly ownAuthority: boolean
}

const WIDTH = 78
const escape = '\u001b['

/** The whole report, lines joined. */
export function writeReport({ headers, tls }: FullReport, options: ReportOptions): string {
  const ink = painter(options.colours)
  const { observatory, securityHeaders, visit } = headers
  const [newest, older] = tls.grades
  const badge = (grade: string): string => ink(colourOf(grade), ` ${grade.padEnd(2)} `, true)
  const line = (name: string, grade: string, rest: string): string =>
    `  ${badge(grade)}  ${name.padEnd(28)} ${ink('2', rest)}`
  const out = ['', `  ${ink('1', visit.page.url.href)}`, '']
  if (newest) {
    const { protocol, keyExchange, cipher } = newest
    const parts = `protocol ${protocol} · keys ${keyExchange} · ciphers ${cipher}`
    const same = older?.grade === newest.grade
    const old = older && !same ? ` (2009q: ${older.grade})` : ''
    out.push(line('TLS, SSL Labs guide 2009r', newest.grade, `${newest.score}/100: ${parts}${old}`))
  }
  const missing = securityHeaders.missing.length
  const said = missing === 0 ? 'all six headers' : `${missing} of six headers missing`
  out.push(line('headers, securityheaders.com', securityHeaders.grade, said))
  out.push(line('headers, MDN Observatory', observatory.grade, `${observatory.score} points`), '')
  out.push(
    ...section(
      ink,
      'What to mend',
      mendings({ headers, tls }).flatMap((text) => wrap(text, '• ')),
    ),
  )
  out.push(...section(ink, 'Not tested, so nothing is said about', wrap(untested(tls).join(', '))))
  out.push(
    ...section(
      ink,
      'What was found',
      facts(tls).flatMap(([name, value]) => wrap(value, name.padEnd(16))),
    ),
  )
  if (options.ownAuthority && !tls.certificate.publiclyTrusted) {
    const note =
      'Trusted here only because of --ca: a visitor who does not trust that authority is warned, ' +
      'and an outside grader says T.'
    out.push(...section(ink, 'Trust', wrap(note)))
  }
  return `${out.join('\n')}\n`
}

function section(
  ink: (code: string, text: string) => string,
  title: string,
  lines: readonly string[],
): string[] {
  if (lines.length === 0) return []
  return [`  ${ink('1', title)}`, ...lines.map((line) => `  ${line}`), '']
}

/** Words into lines; the first begins with `start`, the others under its end. */
function wrap(text: string, start: string = ''): string[] {
  const lines: string[] = []
  let line = start
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > WIDTH && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = ' '.repeat(start.length)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}

function colourOf(grade: string): string {
  if (grade.startsWith('A')) return '30;42'
  return /^[BC]/.test(grade) ? '30;43' : '97;41'
}

function painter(colours: boolean): (code: string, text: string, badge?: boolean) => string {
  if (!colours) return (_, text, badge) => (badge === true ? text.trimEnd().padStart(3) : text)
  return (code, text) => `${escape}${code}m${text}${escape}0m`
}
