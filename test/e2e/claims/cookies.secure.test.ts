/** Claim cookies.secure: no sign-in cookie leaves without its protection. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startGateway, startUpstream, testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { cookiesSecureProbe } from '#services/prober/probes/cookies.ts'

const login = { path: '/login', fields: { email: 'a@example.org', password: 'x' } }

function measure(port: number): Promise<Measured> {
  const https = { host: '127.0.0.1', port }
  const target = { https, plain: https, hostName: 'localhost', ca: testAuthority }
  return measureClaim('cookies.secure', cookiesSecureProbe(target, login))
}

test('cookies.secure: proven by the gateway, though the application protects nothing', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    const isLogin = request.method === 'POST' && request.url === '/login'
    response.writeHead(303, isLogin ? { 'set-cookie': 'session=1' } : {}).end()
  })
  await using gateway = await startGateway({ localhost: application.address })
  const { state, values } = await measure(gateway.httpsPort)
  assert.equal(state, 'proven', values)
})

test('cookies.secure: a cookie that lacks any one protection shows it false', async () => {
  const weak: Readonly<Record<string, string>> = {
    Secure: 'session=1; HttpOnly; SameSite=Lax; Path=/',
    HttpOnly: 'session=1; Secure; SameSite=Lax; Path=/',
    SameSite: 'session=1; Secure; HttpOnly; SameSite=None; Path=/',
    Path: 'session=1; Secure; HttpOnly; SameSite=Lax; Path=club',
    'Domain example.org': 'session=1; Secure; HttpOnly; SameSite=Lax; Path=/; Domain=.example.org',
  }
  const { certificatePem: cert, keyPem: key } = testCertificate
  for (const [missing, line] of Object.entries(weak)) {
    const server = createServer({ cert, key }, (request, response) => {
      request.resume()
      response.writeHead(303, {
        'set-cookie': ['other=1; Secure; HttpOnly; SameSite=Lax; Path=/', line],
      })
      response.end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { state, values } = await measure((server.address() as AddressInfo).port)
    assert.equal(state, 'failing', missing)
    assert(values.includes(`"missing":"${missing}"`), values)
    server.close()
  }
})

test('cookies.secure: a sign-in that sets no cookie proves nothing', async () => {
  await using application = await startUpstream((request, response) => {
    request.resume()
    response.end()
  })
  await using gateway = await startGateway({ localhost: application.address })
  const { state, values } = await measure(gateway.httpsPort)
  assert.equal(state, 'unproven', values)
})
