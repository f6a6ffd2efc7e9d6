/** What APIs of outside services prove, read from answers as they send them, over HTTPS. */
import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { httpCaller, type CallHttp } from '#system/http-call.ts'
import { proveOutside, type Proof } from './outside-services.ts'

const TOKEN = 'a-token-that-may-read'
const asked: string[] = []
let rule: unknown
let call: CallHttp
let api = ''
let close = (): void => undefined

before(async () => {
  const authority = await createLocalAuthority(Date.now())
  const { certificatePem: cert, keyPem: key } = await issueCertificate(
    authority,
    ['localhost'],
    Date.now(),
  )
  const server = createServer({ cert, key }, ({ url = '', headers }, response) => {
    asked.push(url)
    const given = headers['private-token'] ?? headers.authorization?.replace('Bearer ', '')
    response.statusCode = given === TOKEN ? 200 : 401
    const self = { id: 1, name: 'prober', created_at: '2026-10-01T08:00:00.000Z', scopes: [] }
    response.end(JSON.stringify(url.endsWith('/self') ? self : rule))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  api = `https://localhost:${(server.address() as AddressInfo).port}`
  call = httpCaller(10_000, authority.certificatePem)
  close = () => server.close()
})
after(() => close())

const prove = (kind: 'github' | 'gitlab', token = TOKEN): Promise<Proof> =>
  proveOutside({ service: 'Code', kind, group: 'a club', token, api }, call)

test('outside: GitHub says whether its organisation demands a second factor', async () => {
  rule = { login: 'a-club', two_factor_requirement_enabled: true }
  assert.deepEqual(await prove('github'), { service: 'Code', secondFactor: 'yes' })
  assert.equal(asked.at(-1), '/orgs/a%20club')
  rule = { login: 'a-club', two_factor_requirement_enabled: false }
  assert.equal((await prove('github')).secondFactor, 'no')
})

test('outside: GitLab says it of a group, and when the token was made', async () => {
  rule = { id: 7, require_two_factor_authentication: true }
  const { secondFactor, credentialMs } = await prove('gitlab')
  assert.deepEqual([secondFactor, credentialMs], ['yes', Date.UTC(2026, 9, 1, 8)])
})

test('outside: what a token may not see, or is refused, proves nothing', async () => {
  rule = { login: 'a-club', two_factor_requirement_enabled: null }
  const blind = await prove('github')
  assert.equal(blind.secondFactor, undefined)
  assert.match(blind.problem ?? '', /may not see/)
  assert.match((await prove('github', 'another token')).problem ?? '', /does not know the token/)
  rule = 'not an organisation'
  const odd = await prove('gitlab')
  assert.deepEqual([odd.secondFactor, odd.problem], [undefined, 'it did not answer (UNKNOWN)'])
})
