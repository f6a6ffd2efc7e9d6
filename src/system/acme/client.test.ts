/** The ACME client at a server of our own: renewal information, profiles, spoiled nonces. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { renewalId } from '#protocol/acme/renewal.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { AcmeClient } from './client.ts'

const authority = await createLocalAuthority(Date.now())
const certificate = await issueCertificate(authority, ['localhost'], Date.now())
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keyPem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** The example of RFC 9773, appendix A. */
const EXAMPLE = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`
const EXAMPLE_ID = 'aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE'
const window = { start: '2026-11-24T10:00:00Z', end: '2026-11-25T10:00:00Z' }

test('acme client: the window to renew in is asked by the name that RFC 9773 gives', async (t) => {
  const server = await startServer(t, { ari: true })
  assert.equal(renewalId(EXAMPLE), EXAMPLE_ID)
  const found = await server.client.renewalWindow(renewalId(EXAMPLE))
  assert.deepEqual(found, { startMs: Date.parse(window.start), endMs: Date.parse(window.end) })
  assert.deepEqual(server.asked, ['GET /directory', `GET /renewal-info/${EXAMPLE_ID}`])
})

test('acme client: an order names its profile and the certificate that it replaces', async (t) => {
  const server = await startServer(t, { ari: true })
  const wish = { profile: 'shortlived', replaces: EXAMPLE_ID }
  const account = { url: server.url('/account/1'), keyPem }
  const order = await server.client.newOrder(account, ['club.example'], wish)
  assert.equal(order, server.url('/order/1'))
  const identifiers = [{ type: 'dns', value: 'club.example' }]
  assert.deepEqual(server.payloads, [{ identifiers, ...wish }])
})

test('acme client: a server that knows no renewal information is not told of it', async (t) => {
  const server = await startServer(t, { ari: false })
  assert.equal(await server.client.renewalWindow(EXAMPLE_ID), undefined)
  const account = { url: server.url('/account/1'), keyPem }
  await server.client.newOrder(account, ['club.example'], { replaces: EXAMPLE_ID })
  assert.deepEqual(server.payloads, [{ identifiers: [{ type: 'dns', value: 'club.example' }] }])
})

test('acme client: what a nonce spoiled is said again, but not for ever', async (t) => {
  const account = (url: string): { url: string; keyPem: string } => ({ url, keyPem })
  const some = await startServer(t, { ari: false, spoils: 3 })
  await some.client.newOrder(account(some.url('/account/1')), ['club.example'], {})
  assert.equal(some.payloads.length, 4)
  assert.equal(new Set(some.nonces).size, 4, 'each time another')
  const all = await startServer(t, { ari: false, spoils: Infinity })
  const order = all.client.newOrder(account(all.url('/account/1')), ['club.example'], {})
  await assert.rejects(order, { code: 'ACME_REFUSED', message: /badNonce/ })
  assert.equal(all.payloads.length, 10)
})

type TestAuthority = {
  readonly client: AcmeClient
  readonly asked: string[]
  /** Of what was signed. */
  readonly payloads: unknown[]
  readonly nonces: string[]
  url(path: string): string
}

async function startServer(
  t: TestContext,
  { ari, spoils = 0 }: { readonly ari: boolean; readonly spoils?: number },
): Promise<TestAuthority> {
  const [asked, payloads, nonces]: [string[], unknown[], string[]] = [[], [], []]
  const url = (path: string): string =>
    `https://localhost:${(server.address() as AddressInfo).port}${path}`
  let given = 0
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem })
  server.on('request', (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    let text = ''
    request.on('data', (piece) => (text += String(piece)))
    request.on('end', () => {
      response.setHeader('replay-nonce', `nonce-${given++}`)
      if (request.url === '/directory') {
        const known = { newNonce: url('/nonce'), newAccount: url('/new'), newOrder: url('/orders') }
        const more = ari ? { renewalInfo: url('/renewal-info/') } : {}
        response.end(JSON.stringify({ ...known, ...more }))
      } else if (request.url?.startsWith('/renewal-info/')) {
        response.end(JSON.stringify({ suggestedWindow: window }))
      } else if (request.method === 'POST') {
        const body = JSON.parse(text) as { protected: string; payload: string }
        payloads.push(decoded(body.payload))
        nonces.push((decoded(body.protected) as { nonce: string }).nonce)
        const spoiled = payloads.length <= spoils
        response.statusCode = spoiled ? 400 : 201
        if (!spoiled) response.setHeader('location', url('/order/1'))
        const type = 'urn:ietf:params:acme:error:badNonce'
        response.end(JSON.stringify(spoiled ? { type, detail: 'spoiled' } : {}))
      } else response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const ca = authority.certificatePem
  const client = new AcmeClient({ directoryUrl: url('/directory'), ca, timeoutMs: 30_000 })
  return { client, asked, payloads, nonces, url }
}

function decoded(part: string): unknown {
  return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
}
