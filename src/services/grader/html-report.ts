/**
 * The report as one page of HTML: no script, nothing loaded, fit to be printed or attached. At its
 * top a badge, which may be cut out and shown by itself.
 *
 * @module
 */
import type { FullReport } from './said.ts'
import { facts, mendings, untested } from './said.ts'

export type HtmlOptions = {
  readonly ownAuthority: boolean
  /** When it was measured. */
  readonly atMs: number
}

type Mark = { readonly name: string; readonly grade: string; readonly detail: string }

/** A whole document. */
export function writeHtmlReport(report: FullReport, options: HtmlOptions): string {
  const { headers, tls } = report
  const site = headers.visit.page.url.host
  const marks = marksOf(report)
  const when = new Date(options.atMs).toISOString().slice(0, 16).replace('T', ' ')
  const mend = mendings(report)
  const trust =
    options.ownAuthority && !tls.certificate.publiclyTrusted
      ? section('Trust', [
          'Trusted here only because an authority was named: a visitor who does not trust it is ' +
            'warned, and an outside grader says T.',
        ])
      : ''
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escape(site)}: ${marks.map(({ grade }) => escape(grade)).join(' ')}</title>
<style>${style}</style></head><body><main>
<header><div><p class="over">Graded from outside</p><h1>${escape(site)}</h1>
<p class="when">${when} UTC</p></div>${badge(marks)}</header>
<div class="marks">${marks.map(markCard).join('')}</div>
${mend.length > 0 ? section('What to mend', mend) : '<p class="fine">Nothing to mend.</p>'}
${trust}
<section><h2>What was found</h2><dl>${facts(tls).map(factRow).join('')}</dl></section>
<section><h2>MDN Observatory, test by test</h2><table>${headers.observatory.tests
    .map(
      ({ test, modifier, says }) =>
        `<tr><td class="${kindOf(modifier)}">${signed(modifier)}</td>` +
        `<td>${escape(test)}</td><td>${escape(says)}</td></tr>`,
    )
    .join('')}</table></section>
<section><h2>Suites</h2>${tls.scan.versions
    .map(
      ({ version, suites }) =>
        `<details><summary>${version} <small>${suites.length} suites</small></summary><ul>` +
        `${suites.map(({ name }) => codeItem(name)).join('')}</ul></details>`,
    )
    .join('')}</section>
${section('Not tested, so nothing is said about', [untested(tls).join(', ')])}
</main></body></html>
`
}

function marksOf({ headers, tls }: FullReport): readonly Mark[] {
  const [newest] = tls.grades
  const { observatory, securityHeaders } = headers
  const missing = securityHeaders.missing.length
  return [
    {
      name: 'TLS',
      grade: newest?.grade ?? '?',
      detail: `SSL Labs guide ${newest?.edition ?? ''}, ${newest?.score ?? 0} of 100`,
    },
    {
      name: 'Headers',
      grade: securityHeaders.grade,
      detail: `securityheaders.com, ${missing === 0 ? 'none' : missing} of six missing`,
    },
    {
      name: 'Observatory',
      grade: observatory.grade,
      detail: `MDN HTTP Observatory, ${observatory.score} points`,
    },
  ]
}

/** Three letters in one picture; its text stands in its title, too. */
function badge(marks: readonly Mark[]): string {
  const width = 74
  const cells = marks.map(
    ({ name, grade }, at) =>
      `<g transform="translate(${at * width} 0)">` +
      `<rect width="${width}" height="20" fill="#334155"/>` +
      `<rect x="0" y="20" width="${width}" height="30" fill="${colourOf(grade)}"/>` +
      `<text x="${width / 2}" y="14" font-size="11" fill="#f8fafc">${escape(name)}</text>` +
      `<text x="${width / 2}" y="42" font-size="20" font-weight="700" fill="#fff">` +
      `${escape(grade)}</text></g>`,
  )
  const title = marks.map(({ name, grade }) => `${name} ${grade}`).join(', ')
  return (
    `<svg class="badge" xmlns="http://www.w3.org/2000/svg" width="${width * marks.length}" ` +
    `height="50" role="img" font-family="system-ui, sans-serif" text-anchor="middle">` +
    `<title>${escape(title)}</title>${cells.join('')}</svg>`
  )
}

function markCard({ name, grade, detail }: Mark): string {
  return (
    `<div class="mark"><b style="background:${colourOf(grade)}">${escape(grade)}</b>` +
    `<div><h3>${escape(name)}</h3><p>${escape(detail)}</p></div></div>`
  )
}

function section(title: string, lines: readonly string[]): string {
  const items = lines.map((line) => `<li>${escape(line)}</li>`).join('')
  return `<section><h2>${escape(title)}</h2><ul>${items}</ul></section>`
}

function codeItem(text: string): string {
  return `<li><code>${escape(text)}</code></li>`
}

function factRow([name, value]: readonly [string, string]): string {
  return `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`
}

function kindOf(modifier: number): string {
  return modifier < 0 ? 'bad' : modifier > 0 ? 'good' : ''
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value).replace('-', '−')
}

/** Dark enough for white letters upon it. */
function colourOf(grade: string): string {
  if (grade.startsWith('A')) return '#15803d'
  return /^[BC]/.test(grade) ? '#b45309' : '#b91c1c'
}

/** A site names itself: nothing in it may become markup. */
function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

const style = `
:root { color-scheme: light dark; --line: #cbd5e1; --soft: #475569; --paper: #fff; --ink: #0f172a }
@media (prefers-color-scheme: dark) {
  :root { --line: #334155; --soft: #94a3b8; --paper: #0f172a; --ink: #e2e8f0 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, sans-serif }
main { max-width: 54rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
header { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: center;
  justify-content: space-between; margin-bottom: 2rem }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; overflow-wrap: anywhere }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem }
h3 { margin: 0; font-size: 1rem }
.over, .when, .mark p, small { margin: 0; color: var(--soft) }
.badge { border-radius: 6px; flex: none }
.marks { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem }
.mark { display: flex; gap: 1rem; align-items: center; padding: 1rem;
  border: 1px solid var(--line); border-radius: 10px }
.mark b { min-width: 3.5rem; padding: .4rem 0; border-radius: 8px; color: #fff;
  font-size: 1.5rem; line-height: 1.3; text-align: center }
.mark p { font-size: .875rem }
.fine { margin: 2rem 0; padding: 1rem; border-left: 4px solid #15803d }
ul { margin: 0; padding-left: 1.25rem } li { margin: .3rem 0 }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .4rem 1rem; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse }
td { padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top }
td:first-child { width: 3.5rem; text-align: right; font-variant-numeric: tabular-nums }
td:nth-child(2) { white-space: nowrap; color: var(--soft) }
.good { color: #15803d } .bad { color: #b91c1c; font-weight: 700 }
@media (prefers-color-scheme: dark) { .good { color: #4ade80 } .bad { color: #f87171 } }
details { margin: .4rem 0 } summary { cursor: pointer } code { font-size: .875rem }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem }
  td:nth-child(2) { white-space: normal } }
`
