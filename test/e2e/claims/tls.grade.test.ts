/** Claim tls.grade: the handshakes earn an A+, and what is not tested is said. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { gradeTls } from '#services/grader/tls/grade.ts'
import { summaryOf } from '#services/grader/tls/summary.ts'
import { tlsGradeProbe } from '#services/prober/probes/grades.ts'

const YEAR_SECONDS = 31_536_000

function measure(port: number, trusts: boolean = true): Promise<Measured> {
  const ca = trusts ? testAuthority : undefined
  const probe = tlsGradeProbe(async (signal) => {
    const address = { host: '127.0.0.1', port }
    const target = { address, serverName: 'localhost', ca, nowMs: Date.now() }
    return summaryOf(await gradeTls({ ...target, hstsMaxAgeSeconds: YEAR_SECONDS }, signal))
  })
  return measureClaim('tls.grade', probe)
}

async function withServer<T>(options: TlsOptions, use: (port: number) => Promise<T>): Promise<T> {
  const { certificatePem: cert, keyPem: key } = testCertificate
  const server = createServer({ cert, key, ...options }, (socket) => socket.end())
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use((server.address() as AddressInfo).port)
  } finally {
    server.close()
  }
}

test('tls.grade: proven by the gateway, saying whose trust it rests on', async () => {
  await using gateway = await startGateway({})
  const { state, codes, values } = await measure(gateway.httpsPort)
  assert.equal(state, 'proven', values)
  assert.match(values, /"grade":"A\+"/)
  // Nothing is left untested: what cannot be asked of it, it does not offer.
  assert.deepEqual(codes, ['TLS_GRADE', 'TLS_GRADE_LOCAL_TRUST', 'TLS_NOT_VULNERABLE'])
})

test('tls.grade: to who does not trust the authority it is T, and false', async () => {
  await using gateway = await startGateway({})
  const { state, values } = await measure(gateway.httpsPort, false)
  assert.equal(state, 'failing')
  assert.match(values, /"grade":"T"/)
})

test('tls.grade: an old version, a bad suite or no TLS 1.3 shows it false', async () => {
  const bad: readonly (readonly [TlsOptions, RegExp])[] = [
    [{ minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }, /"grade":"B".*TLS 1\.0/],
    [{ maxVersion: 'TLSv1.2' }, /"grade":"A-".*no TLS 1\.3/],
    [{ ciphers: 'ALL:@SECLEVEL=0' }, /"grade":"F".*anonymous/],
    [{ ciphers: 'eNULL:@SECLEVEL=0' }, /"grade":"F".*112 bits/],
  ]
  for (const [options, expected] of bad) {
    const { state, values } = await withServer(options, (port) => measure(port))
    assert.equal(state, 'failing', `${JSON.stringify(options)} ${values}`)
    assert.match(values, expected)
  }
})
