/** The report on paper: everything in it, nothing that a site could slip in. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { gradeHeaders } from './headers.ts'
import { writeHtmlReport } from './html-report.ts'
import { writeReport } from './report.ts'
import type { FullReport } from './findings.ts'
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
})
