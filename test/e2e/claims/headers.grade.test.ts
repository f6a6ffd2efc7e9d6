/** Claim headers.grade: an outside grader gives an A. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'
import { gradeHeaders, weaknessesOf } from '#services/grader/headers.ts'
import { headersGradeProbe } from '#services/prober/probes/grades.ts'

function measure(gateway: TestGateway): Promise<Measured> {
  const target = {
    hostName: 'localhost',
    httpsPort: gateway.httpsPort,
    httpPort: gateway.redirectPort,
    path: '/',
    address: '127.0.0.1',
    ca: testAuthority,
  }
  const probe = headersGradeProbe(async (signal) => {
    const report = await gradeHeaders(target, signal)
    return {
      securityHeaders: report.securityHeaders.grade,
      observatoryScore: report.observatory.score,
      observatoryGrade: report.observatory.grade,
      weaknesses: weaknessesOf(report),
    }
  })
  return measureClaim('headers.grade', probe)
}

test('headers.grade: proven by the gateway, though the application sends none', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'session=1' })
    response.end('<!doctype html><title>Club</title><script src="/app.js"></script>')
  })
  await using gateway = await startGateway({ localhost: application.address })
  const { state, values } = await measure(gateway)
  assert.equal(state, 'proven', values)
  assert.match(values, /"grade":"A\+"/)
  assert.match(values, /"score":1[2-4]\d/)
})

test('headers.grade: a policy that lets inline scripts in shows it false by its score', async () => {
  const csp = "default-src 'self'; script-src 'self' 'unsafe-inline'"
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(200, { 'content-security-policy': csp }).end('<p>')
  })
  await using gateway = await startGateway({ localhost: application.address })
  const { state, codes, values } = await measure(gateway)
  assert.equal(state, 'failing', values)
  assert(codes.includes('HEADERS_SCORE_LOW'))
})

test('headers.grade: nobody there proves nothing', async () => {
  const gateway = await startGateway({})
  await gateway[Symbol.asyncDispose]()
  assert.equal((await measure(gateway)).state, 'unproven')
})
