/** Each fault is told once, whoever minds it, the worst first, with its meaning and its mend. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import { testCertificate } from '#kit/web-gateway.ts'
import { findings, severities, type Finding, type FullReport } from './findings.ts'
import { gradeHeaders } from './headers.ts'
import { writeHtmlReport } from './html-report.ts'
import { writeReport } from './report.ts'
import { retiredFieldsOf } from './retired.ts'
import { gradeTls } from './tls/grade.ts'

let report: FullReport
let found: readonly Finding[]

before(async () => {
  const { certificatePem: cert, keyPem: key } = testCertificate
  const old = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const
  const server = createServer({ cert, key, ...old }, (_, response) => {
    response.setHeader('content-type', 'text/html')
    response.setHeader('x-xss-protection', '1; mode=block')
    response.setHeader('set-cookie', ['session=1', 'odd\u009b2J=1'])
    response.end('<script src="http://other.example/a.js"></script>')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const signal = AbortSignal.timeout(60_000)
  const site = { hostName: 'localhost', address: '127.0.0.1', httpsPort: port, path: '/' }
  const headers = await gradeHeaders({ ...site, httpPort: undefined }, signal)
  const address = { host: '127.0.0.1', port }
  const how = { serverName: 'localhost', ca: undefined, hstsMaxAgeSeconds: undefined }
  report = { headers, tls: await gradeTls({ address, ...how, nowMs: Date.now() }, signal) }
  found = findings(report)
  server.closeAllConnections()
  server.close()
})

test('findings: the worst come first, and none comes twice', () => {
  const order = found.map(({ severity }) => severities.indexOf(severity))
  assert.deepEqual(
    order,
    order.toSorted((one, other) => one - other),
  )
  const names = found.map(({ title }) => title)
  assert.equal(new Set(names).size, names.length)
  for (const name of ['TLS 1.0', 'Cookies', 'Scripts of other sites', 'Permissions-Policy']) {
    assert(names.includes(name), name)
  }
})

test('findings: how bad a cap is depends on the grade it leaves', () => {
  const [grade = assert.fail()] = report.tls.grades
  const severityAt = (left: string): string | undefined => {
    const caps = [{ grade: left, cause: 'a rule of next year' }]
    const tls = { ...report.tls, faults: [], grades: [{ ...grade, caps }] }
    const plain = findings({ ...report, tls }).find(
      ({ costs }) => costs[0] === `TLS: ${left} at most`,
    )
    return plain?.severity
  }
  const grades = ['F', 'T', 'M', 'C', 'B', 'A-', 'A']
  const expected = ['critical', 'critical', 'critical', 'serious', 'moderate', 'minor', 'minor']
  assert.deepEqual(grades.map(severityAt), expected)
})

test('findings: how many there are of each is counted', () => {
  const text = writeReport(report, { colours: false, ownAuthority: false })
  const counts = severities
    .map((severity) => [found.filter((one) => one.severity === severity).length, severity])
    .filter(([count]) => count !== 0)
  assert(counts.length >= 3)
  const told = counts.map(([count, severity]) => `${count} ${severity}`).join(', ')
  assert(text.includes(`What to mend  ${told}\n`))
})

test('findings: what several graders mind is told once, with what it costs with each', () => {
  const hsts = found.find(({ title }) => title === 'Strict-Transport-Security')
  assert.deepEqual(hsts?.costs, ['TLS: A- at most', '20 points', 'a header missing'])
  assert.equal(hsts?.severity, 'serious')
})

test('findings: what browsers have given up is told, but not where it is switched off', () => {
  const xss = found.find(({ title }) => title === 'X-XSS-Protection')
  assert.deepEqual(xss?.costs, ['retired'])
  assert.deepEqual(retiredFieldsOf({ 'x-xss-protection': '0' }), [])
  const old = { 'expect-ct': 'max-age=1', 'public-key-pins': 'x', 'feature-policy': 'x' }
  assert.equal(retiredFieldsOf(old).length, 3)
})

test('findings: each says what it means and what to do, on a terminal as on paper', () => {
  const text = writeReport(report, { colours: false, ownAuthority: false }).replace(/\s+/g, ' ')
  const html = writeHtmlReport(report, { ownAuthority: false, atMs: 0 })
  for (const { title, says, mend, severity } of found) {
    assert.match(says, /^[A-Z].{10,}\.$/u, title)
    assert.match(mend, /^[A-Z].{10,}\.$/u, title)
    assert(text.includes(`${severity} ${title}`), title)
    assert(text.includes(mend), mend)
    assert(html.includes(`<div class="finding ${severity}"><h3>${title} `), title)
  }
})

test('findings: no word of a site moves the cursor of whoever reads its report', () => {
  const text = writeReport(report, { colours: false, ownAuthority: false })
  assert.match(text, /odd.?\ufffd2J/u, 'its cookie is named')
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
})
