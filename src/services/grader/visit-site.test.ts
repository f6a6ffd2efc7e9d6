/** Sites that browsers of today refuse: they are visited and judged, not given up. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import { makeRsaPair, startBadTls, type RsaPair } from '#kit/bad-tls.ts'
import { gradeTls } from './tls/grade.ts'
import type { Visit } from './visit.ts'
import { visitSite } from './visit-site.ts'

let usual: RsaPair
before(async () => {
  usual = await makeRsaPair()
})

test('visit: an old version, weak suites or a weak key are judged, too', async (t) => {
  const weak = await makeRsaPair(1024)
  const sites: readonly (readonly [why: string, ServerOptions, trusted: boolean])[] = [
    ['TLS 1.0', { maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' }, true],
    ['nothing hidden', { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' }, true],
    ['a key of 1024 bits', { ...options(weak), ciphers: 'DEFAULT:@SECLEVEL=0' }, false],
  ]
  for (const [why, how, trusted] of sites) {
    const server = await listen(how)
    t.after(() => server.close())
    const visit = await visitAt(server, (trusted ? usual : weak).certificatePem)
    assert.equal(visit.page.body, 'hello', why)
    assert.equal(visit.trusted, trusted, why)
  }
})

test('visit: what a browser would trust is visited as a browser does', async (t) => {
  const versions: (string | null)[] = []
  const server = await listen({ minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' })
  t.after(() => server.close())
  server.on('secureConnection', (socket) => versions.push(socket.getProtocol()))
  assert.equal((await visitAt(server, usual.certificatePem)).trusted, true)
  assert.equal((await visitAt(server, undefined)).trusted, false)
  assert.deepEqual([...new Set(versions)], ['TLSv1.3'])
})

test('visit: of a server that no library can talk to, it is said what it offers', async () => {
  await using server = await startBadTls(usual, { suites: [0x0005] })
  const how = { serverName: 'localhost', ca: undefined, hstsMaxAgeSeconds: undefined, nowMs: 0 }
  await assert.rejects(gradeTls({ address: server, ...how }, AbortSignal.timeout(60_000)), {
    code: 'GRADE_OUTDATED',
    message: /only what no visitor .* TLS 1\.2 with .*RC4_128_SHA.*open to RC4/,
  })
})

function options({ certificatePem: cert, keyPem: key }: RsaPair): ServerOptions {
  return { cert, key, minVersion: 'TLSv1' }
}

async function listen(how: ServerOptions): Promise<Server> {
  const server = createServer({ ...options(usual), ...how }, (_, response) => {
    response.setHeader('connection', 'close').end('hello')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function visitAt(server: Server, ca: string | undefined): Promise<Visit> {
  const { port: httpsPort } = server.address() as AddressInfo
  const site = { hostName: 'localhost', address: '127.0.0.1', httpsPort, httpPort: undefined }
  return visitSite({ ...site, path: '/', ca }, AbortSignal.timeout(60_000))
}
