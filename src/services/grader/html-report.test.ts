/** The report on paper: everything in it, nothing that a site could slip in. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { gradeHeaders } from './headers.ts'
import { writeHtmlReport } from './html-report.ts'
import { writeReport } from './report.ts'
import type { FullReport } from './findings.ts'
import { SIX_HEADERS } from './security-headers.ts'
import { gradeTls } from './tls/grade.ts'

let report: FullReport
before(async () => {
  await using application = await startUpstream((_, response) => {
    response.setHeader('content-type', 'text/html').end('<p>hello')
  })
  await using gateway = await startGateway({ localhost: application.address })
  const signal = AbortSignal.timeout(60_000)
  const where = { hostName: 'localhost', httpsPort: gateway.httpsPort, path: '/' }
  const more = { httpPort: gateway.redirectPort, ca: testAuthority, address: '127.0.0.1' }
  const headers = await gradeHeaders({ ...where, ...more }, signal)
  const address = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { address, serverName: 'localhost', ca: testAuthority, nowMs: Date.now() }
  const tls = await gradeTls({ ...target, hstsMaxAgeSeconds: 31_536_000 }, signal)
  report = { headers, tls }
})

test('report: the gateway in its default is A+, A+ and at least 120 points', () => {
  assert.deepEqual(
    report.tls.grades.map(({ grade }) => grade),
    ['A+', 'A+'],
  )
  assert.equal(report.headers.securityHeaders.grade, 'A+')
  assert(report.headers.observatory.score >= 120)
})

test('report: as a page it says what it says on a terminal, and loads nothing', () => {
  const html = writeHtmlReport(report, { ownAuthority: true, atMs: 0 })
  const text = writeReport(report, { colours: false, ownAuthority: true })
  for (const word of ['A+', 'TLS 1.3', 'Trusted here only because', 'Nothing to mend']) {
    assert(html.includes(word), word)
  }
  assert.match(text, /Trusted here only because/)
  assert.doesNotMatch(html, /<script|\bsrc=|href=|@import|url\(/)
})

test('report: what a site says of itself stays text', () => {
  const { certificate } = report.tls
  const evil = '<script>alert(1)</script>&"'
  const tls = { ...report.tls, certificate: { ...certificate, subject: evil, issuer: evil } }
  const html = writeHtmlReport({ ...report, tls }, { ownAuthority: false, atMs: 0 })
  assert.doesNotMatch(html, /<script/)
  assert(html.includes('&#60;script&#62;alert(1)&#60;/script&#62;&#38;&#34;'))
  const [first = assert.fail()] = report.headers.observatory.tests
  const tests = [{ ...first, modifier: -20, says: `says ${evil}`, mend: `mend ${evil}` }]
  const told = writeHtmlReport(withObservatory({ tests }), { ownAuthority: false, atMs: 0 })
  assert.doesNotMatch(told, /<script/)
  assert(told.includes('says &#60;script') && told.includes('mend &#60;script'))
})

test('report: points are green, plain or red as they count, and so are letters', () => {
  const [first, ...others] = report.headers.observatory.tests
  const tests = [{ ...first!, modifier: -20 }, ...others]
  const html = writeHtmlReport(withObservatory({ tests }), { ownAuthority: true, atMs: 0 })
  assert.match(html, /<td class="bad">−20<\/td><td>content-security-policy<\/td>/)
  assert.match(html, /<td class="soft">0<\/td><td>cookies<\/td>/)
  assert.match(html, /<td class="good">\+5<\/td><td>referrer-policy<\/td>/)
  assert.match(html, /passed<\/span><i><b style="width:90%"><\/b><\/i><span>9<\/span>/)
  const letters = writeHtmlReport(withObservatory({ grade: 'C' }), { ownAuthority: true, atMs: 0 })
  assert.match(letters, /background:#b45309">C</)
  assert.match(letters, /background:#15803d">A\+</)
  assert.match(letters, /<title>TLS A\+, Headers A\+, Observatory C<\/title>/)
})

test('report: how many headers are missing is told, and which', () => {
  const words = [/none of six missing/, /1 of six missing/, /all of six missing/]
  for (const [at, count] of [0, 1, 6].entries()) {
    const missing = SIX_HEADERS.slice(0, count)
    const securityHeaders = { ...report.headers.securityHeaders, missing }
    const lacking = { ...report, headers: { ...report.headers, securityHeaders } }
    const html = writeHtmlReport(lacking, { ownAuthority: true, atMs: 0 })
    assert.match(html, words[at]!)
    assert.equal(html.split('class="gone"').length - 1, count)
    const text = writeReport(lacking, { colours: false, ownAuthority: true })
    assert(text.includes(`  ${6 - count} of 6, by securityheaders.com`))
  }
})

test('report: of trust only that is said which somebody else will not see', () => {
  const of = (ownAuthority: boolean, publiclyTrusted: boolean): boolean[] => {
    const certificate = { ...report.tls.certificate, publiclyTrusted }
    const known = { ...report, tls: { ...report.tls, certificate } }
    const html = writeHtmlReport(known, { ownAuthority, atMs: 0 })
    const text = writeReport(known, { ownAuthority, colours: false })
    return [html, text].map((page) => page.includes('Trusted here only because'))
  }
  assert.deepEqual(of(true, false), [true, true])
  assert.deepEqual(of(true, true), [false, false])
  assert.deepEqual(of(false, false), [false, false])
})

test('report: on a terminal the letters stand first, and no line is longer than 80', () => {
  const [newest, older] = report.tls.grades
  const grades = [newest!, { ...older!, grade: 'B' as const }]
  const known = { ...report, tls: { ...report.tls, grades } }
  const text = writeReport(known, { colours: false, ownAuthority: true })
  const [, , , tls, parts, other, headers, observatory] = text.split('\n')
  assert.match(tls ?? '', /^ {3}A\+ {3}TLS {10}━{19}─ {2}96 of 100 by SSL Labs’ guide 2009r$/)
  assert.match(parts ?? '', /^ {43}protocol 100, keys 100, ciphers 90$/)
  assert.match(other ?? '', /^ {43}B by the edition 2009q$/)
  assert.match(headers ?? '', /^ {3}A\+ {3}headers {6}━{20} {2}6 of 6, by securityheaders\.com$/)
  assert.match(observatory ?? '', /^ {3}A\+ {3}Observatory {2}━+─* {2}\d+ points, by MDN/)
  for (const line of text.split('\n')) assert(line.length <= 80, line)
  const vulnerable = /not vulnerable([^]*?)\n\n/.exec(text)?.[1]?.split('\n') ?? []
  assert(vulnerable.length > 2 && vulnerable.length < 7, 'lines are filled')
})

function withObservatory(changes: Partial<FullReport['headers']['observatory']>): FullReport {
  const observatory = { ...report.headers.observatory, ...changes }
  return { ...report, headers: { ...report.headers, observatory } }
}
