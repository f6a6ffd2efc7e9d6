/**
 * The report as one page of HTML: no script, nothing loaded, fit to be printed or attached. At its
 * top a badge, which may be cut out and shown by itself.
 *
 * @module
 */
import { escapeMarkup } from '#lib/markup.ts'
import { findings, type Finding, type FullReport } from './findings.ts'
import { htmlStyle } from './html-style.ts'
import { OBSERVATORY_MAX } from './observatory/score.ts'
import { tally } from './report.ts'
import { facts, untested } from './said.ts'
import { SIX_HEADERS } from './security-headers.ts'

export type HtmlOptions = {
  readonly ownAuthority: boolean
  /** When it was measured. */
  readonly atMs: number
}

type Mark = {
  readonly name: string
  readonly grade: string
  readonly detail: string
  /** What it is made of, as HTML. */
  readonly more: string
}

/** Nothing runs, nothing is loaded. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'"

/** A whole document. */
export function writeHtmlReport(report: FullReport, options: HtmlOptions): string {
  const { headers, tls } = report
  const { tests } = headers.observatory
  const silent = untested(tls).join(', ')
  const site = headers.visit.page.url.host
  const marks = marksOf(report)
  const when = new Date(options.atMs).toISOString().slice(0, 16).replace('T', ' ')
  const found = findings(report)
  const trust =
    options.ownAuthority && !tls.certificate.publiclyTrusted
      ? card(
          'Trust',
          '<p>Trusted here only because an authority was named: a visitor who does not trust ' +
            'it is warned, and an outside grader says T.</p>',
        )
      : ''
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="${POLICY}">
<title>${escapeMarkup(site)}: ${marks.map(({ grade }) => escapeMarkup(grade)).join(' ')}</title>
<style>${htmlStyle}</style></head><body><main>
<header><div><p class="over">Graded from outside</p><h1>${escapeMarkup(site)}</h1>
<p class="when">${when} UTC</p></div>${badge(marks)}</header>
<div class="marks">${marks.map(markCard).join('')}</div>
${found.length > 0 ? toMend(found) : '<p class="card fine">Nothing to mend.</p>'}
${trust}
${card('What was found', `<dl>${facts(report).map(factRow).join('')}</dl>`)}
${card('MDN Observatory, test by test', `<table>${tests.map(testRow).join('')}</table>`)}
${card('Suites', tls.scan.versions.map(suiteList).join(''))}
${card('Not tested, so nothing is said about', `<p class="soft">${escapeMarkup(silent)}</p>`)}
</main></body></html>
`
}

function marksOf({ headers, tls }: FullReport): readonly Mark[] {
  const [newest] = tls.grades
  const { observatory, securityHeaders } = headers
  const six = SIX_HEADERS.map((name) => {
    const gone = securityHeaders.missing.includes(name)
    return `<span${gone ? ' class="gone"' : ''}>${name}</span>`
  })
  const count = securityHeaders.missing.length
  const missing = count === 0 ? 'none' : count === SIX_HEADERS.length ? 'all' : count
  return [
    {
      name: 'TLS',
      grade: newest?.grade ?? '?',
      detail: `SSL Labs guide ${newest?.edition ?? ''}, ${newest?.score ?? 0} of 100`,
      more: newest
        ? bar('protocol', newest.protocol, 100) +
          bar('keys', newest.keyExchange, 100) +
          bar('ciphers', newest.cipher, 100)
        : '',
    },
    {
      name: 'Headers',
      grade: securityHeaders.grade,
      detail: `securityheaders.com, ${missing} of six missing`,
      more: `<div class="dots">${six.join('')}</div>`,
    },
    {
      name: 'Observatory',
      grade: observatory.grade,
      detail: `MDN HTTP Observatory, ${observatory.score} points`,
      more: bar('points', observatory.score, OBSERVATORY_MAX) + passed(observatory.tests),
    },
  ]
}

function passed(tests: FullReport['headers']['observatory']['tests']): string {
  return bar('passed', tests.filter(({ modifier }) => modifier >= 0).length, tests.length)
}

function bar(name: string, value: number, max: number): string {
  const share = Math.round((100 * Math.min(value, max)) / max)
  return (
    `<div class="bar ${toneOfShare(share)}"><span>${name}</span>` +
    `<i><b style="width:${share}%"></b></i><span>${value}</span></div>`
  )
}

/** Three letters in one picture; its text stands in its title, too. */
function badge(marks: readonly Mark[]): string {
  const width = 74
  const cells = marks.map(
    ({ name, grade }, at) =>
      `<g transform="translate(${at * width} 0)">` +
      `<rect width="${width}" height="20" fill="#334155"/>` +
      `<rect x="0" y="20" width="${width}" height="30" fill="${colourOf(grade)}"/>` +
      `<text x="${width / 2}" y="14" font-size="11" fill="#f8fafc">${escapeMarkup(name)}</text>` +
      `<text x="${width / 2}" y="42" font-size="20" font-weight="700" fill="#fff">` +
      `${escapeMarkup(grade)}</text></g>`,
  )
  const title = marks.map(({ name, grade }) => `${name} ${grade}`).join(', ')
  return (
    `<svg class="badge" xmlns="http://www.w3.org/2000/svg" width="${width * marks.length}" ` +
    `height="50" role="img" font-family="system-ui, sans-serif" text-anchor="middle">` +
    `<title>${escapeMarkup(title)}</title>${cells.join('')}</svg>`
  )
}

function markCard({ name, grade, detail, more }: Mark): string {
  return (
    `<section class="card">` +
    `<b class="letter" style="background:${colourOf(grade)}">${escapeMarkup(grade)}</b>` +
    `<h3>${escapeMarkup(name)}</h3><p>${escapeMarkup(detail)}</p>` +
    `<div class="bars">${more}</div></section>`
  )
}

function toMend(found: readonly Finding[]): string {
  const all = found.map(
    ({ severity, title, says, mend, costs }) =>
      `<div class="finding ${severity}"><h3>${escapeMarkup(title)} ` +
      `<span class="chip">${severity}</span> ` +
      `<span class="costs">${escapeMarkup(costs.join(' · '))}</span></h3>` +
      `<p>${escapeMarkup(says)}</p><p class="mend">${escapeMarkup(mend)}</p></div>`,
  )
  return card('What to mend', all.join(''), tally(found))
}

function card(title: string, content: string, aside: string = ''): string {
  const small = aside === '' ? '' : ` <small>${escapeMarkup(aside)}</small>`
  return `<section class="card"><h2>${escapeMarkup(title)}${small}</h2>${content}</section>`
}

function factRow([name, value]: readonly [string, string]): string {
  return `<dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(value)}</dd>`
}

function testRow({
  test,
  modifier,
  says,
}: FullReport['headers']['observatory']['tests'][number]): string {
  const kind = modifier < 0 ? 'bad' : modifier > 0 ? 'good' : 'soft'
  const value = modifier > 0 ? `+${modifier}` : String(modifier).replace('-', '−')
  const cells = `<td>${escapeMarkup(test)}</td><td>${escapeMarkup(says)}</td>`
  return `<tr><td class="${kind}">${value}</td>${cells}</tr>`
}

function suiteList({ version, suites }: FullReport['tls']['scan']['versions'][number]): string {
  const items = suites.map(({ name }) => `<li><code>${escapeMarkup(name)}</code></li>`)
  return (
    `<details><summary>${version} <small>${suites.length} suites</small></summary>` +
    `<ul>${items.join('')}</ul></details>`
  )
}

/** Dark enough for white letters upon it. */
function colourOf(grade: string): string {
  return { A: '#15803d', B: '#b45309', F: '#b91c1c' }[toneOf(grade)]
}

function toneOf(grade: string): 'A' | 'B' | 'F' {
  return grade.startsWith('A') ? 'A' : /^[BC]/.test(grade) ? 'B' : 'F'
}

/** @param share Of the best, in hundredths. */
function toneOfShare(share: number): 'A' | 'B' | 'F' {
  return share >= 80 ? 'A' : share >= 50 ? 'B' : 'F'
}
