/** Claim headers.present: every kind of response tells the browser how to protect. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { policyFields } from '#kit/policy-fields.ts'
import {
  startGateway,
  startUpstream,
  testAuthority,
  testCertificate,
  type TestGateway,
} from '#kit/web-gateway.ts'
import { headersPresentProbe } from '#services/prober/probes/headers.ts'
import type { Measured } from '#kit/claims.ts'

function measure(gateway: TestGateway, httpsPort = gateway.httpsPort): Promise<Measured> {
  const host = '127.0.0.1'
  const probe = headersPresentProbe({
    https: { host, port: httpsPort },
    plain: { host, port: gateway.redirectPort ?? 0 },
    hostName: 'localhost',
    ca: testAuthority,
  })
  return measureClaim('headers.present', probe)
}

test('headers.present: proven by the gateway, though the application sends none', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.writeHead(request.url === '/' ? 200 : 404).end()
  })
  await using gateway = await startGateway({ localhost: application.address })
  const { state, values } = await measure(gateway)
  assert.equal(state, 'proven', values)
})

test('headers.present: one header missing on one kind of response shows it false', async () => {
  await using gateway = await startGateway({})
  const whole = { 'strict-transport-security': 'max-age=31536000', ...policyFields }
  const { certificatePem: cert, keyPem: key } = testCertificate
  for (const [name, weak] of [
    ['referrer-policy', undefined],
    ['x-xss-protection', '1; mode=block'],
    ['strict-transport-security', 'max-age=60'],
  ] as const) {
    const server = createServer({ cert, key, maxHeaderSize: 100_000 }, (request, response) => {
      request.resume()
      const missing = request.url === '/' && request.method === 'HEAD'
      for (const [header, value] of Object.entries(whole)) {
        if (!missing || header !== name) response.setHeader(header, value)
        else if (weak !== undefined) response.setHeader(header, weak)
      }
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { state, values } = await measure(gateway, (server.address() as AddressInfo).port)
    assert.equal(state, 'failing', name)
    assert.match(values.toLowerCase(), new RegExp(`"header":"${name}","response":"head /"`), values)
    server.close()
  }
})
