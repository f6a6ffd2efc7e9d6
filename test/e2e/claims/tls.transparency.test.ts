/** Claim tls.transparency: what is not in public logs is never shown as if it were. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, testAuthority } from '#kit/web-gateway.ts'
import { gradeTls } from '#services/grader/tls/grade.ts'
import type { TlsGrades } from '#lib/grades/tls-grades.ts'
import { summaryOf } from '#services/grader/tls/summary.ts'
import { tlsTransparencyProbe } from '#services/prober/probes/grades.ts'

async function summary(signal: AbortSignal): Promise<TlsGrades> {
  await using gateway = await startGateway({})
  const address = { host: '127.0.0.1', port: gateway.httpsPort }
  const target = { address, serverName: 'localhost', ca: testAuthority, nowMs: Date.now() }
  return summaryOf(await gradeTls({ ...target, hstsMaxAgeSeconds: 0 }, signal))
}

function measure(change: Partial<TlsGrades>): Promise<Measured> {
  const probe = tlsTransparencyProbe(async (signal) => ({ ...(await summary(signal)), ...change }))
  return measureClaim('tls.transparency', probe)
}

test('tls.transparency: a certificate of a local authority proves nothing, and says so', async () => {
  const { state, codes } = await measure({})
  assert.equal(state, 'unproven')
  assert.deepEqual(codes, ['TLS_LOCAL_AUTHORITY'])
})

test('tls.transparency: a public certificate with fewer than two logs shows it false', async () => {
  assert.equal((await measure({ publiclyTrusted: true })).state, 'failing')
  assert.equal((await measure({ publiclyTrusted: true, logs: ['a', 'a'] })).state, 'failing')
})

test('tls.transparency: proofs whose signatures were not checked prove nothing yet', async () => {
  const { state, codes } = await measure({ publiclyTrusted: true, logs: ['a', 'b'] })
  assert.equal(state, 'unproven')
  assert.deepEqual(codes, ['TLS_SCT_UNCHECKED'])
})

test('tls.transparency: true by two operators’ checked signatures, false by a forged one', async () => {
  const logged = { publiclyTrusted: true, logs: ['a', 'b'] }
  const proven = await measure({ ...logged, timestamps: { valid: 2, invalid: 0, operators: 2 } })
  assert.deepEqual([proven.state, proven.codes], ['proven', ['TLS_LOGGED']])
  const one = await measure({ ...logged, timestamps: { valid: 2, invalid: 0, operators: 1 } })
  assert.equal(one.state, 'unproven')
  const forged = await measure({ ...logged, timestamps: { valid: 1, invalid: 1, operators: 1 } })
  assert.deepEqual([forged.state, forged.codes], ['failing', ['TLS_SCT_INVALID']])
})
