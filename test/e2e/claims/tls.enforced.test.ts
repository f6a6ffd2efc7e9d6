/** Claim tls.enforced: a plain request gets a redirect and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { tlsEnforcedProbe } from '#services/prober/probes/tls.ts'

const host = '127.0.0.1'

test('tls.enforced: proven by the gateway; failing where plain requests get content', async () => {
  await using application = await startUpstream((_, response) => response.end('content'))
  await using gateway = await startGateway({ localhost: application.address })
  const https = { host, port: gateway.httpsPort }
  const plain = { host, port: gateway.redirectPort ?? 0 }
  const target = { hostName: 'localhost', ca: testAuthority }
  const good = await measureClaim('tls.enforced', tlsEnforcedProbe({ ...target, https, plain }))
  assert.equal(good.state, 'proven', good.values)

  const open = tlsEnforcedProbe({ ...target, https, plain: application.address })
  const bad = await measureClaim('tls.enforced', open)
  assert.equal(bad.state, 'failing')
  assert.deepEqual(bad.codes, ['TLS_PLAIN_CONTENT'])

  const mixed = tlsEnforcedProbe({ ...target, plain, https: application.address })
  const worse = await measureClaim('tls.enforced', mixed)
  assert.deepEqual(worse.codes, ['TLS_PLAIN_ON_SECURE_PORT'])
})

test('tls.enforced: a redirect that sets a cookie, or leads to plain HTTP, is not enough', async () => {
  for (const headers of [
    { location: 'https://localhost/', 'set-cookie': 'session=1' },
    { location: 'http://localhost/' },
  ]) {
    await using weak = await startUpstream((_, response) => response.writeHead(301, headers).end())
    const places = { https: weak.address, plain: weak.address }
    const probe = tlsEnforcedProbe({ ...places, hostName: 'localhost', ca: testAuthority })
    const { state, codes } = await measureClaim('tls.enforced', probe)
    assert.equal(state, 'failing')
    assert.deepEqual(codes, ['TLS_PLAIN_CONTENT'])
  }
})

test('tls.enforced: with nobody there, nothing is measured', async () => {
  const nobody = { host, port: 1 }
  const target = { https: nobody, plain: nobody, hostName: 'localhost', ca: testAuthority }
  const { state } = await measureClaim('tls.enforced', tlsEnforcedProbe(target))
  assert.equal(state, 'unproven')
})
