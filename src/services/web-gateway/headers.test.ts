/** The header table meets what applications send. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { webGatewayConfig } from './config.ts'
import { HeaderPolicy, parseHsts } from './headers.ts'

const config = webGatewayConfig.parse({}).headers
const policy = new HeaderPolicy(config, true)

/** The lines of one field after the merge. */
function sent(name: string, given: readonly string[]): string[] {
  const flat = given.flatMap((value) => [name, value])
  const lines = policy.merged(flat).split('\r\n')
  return lines
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2))
}

const nonce = "default-src 'self'; script-src 'nonce-abc123' 'strict-dynamic'"
const ours = config.strictTransportSecurity

const cases: readonly (readonly [
  name: string,
  given: readonly string[],
  sent: readonly string[],
])[] = [
  ['content-security-policy', [], [config.contentSecurityPolicy]],
  ['content-security-policy', [nonce], [nonce]],
  ['content-security-policy', [nonce, "img-src 'self'"], [nonce, "img-src 'self'"]],
  ['content-security-policy', [''], [config.contentSecurityPolicy]],
  ['content-security-policy', [' ; , '], [config.contentSecurityPolicy]],
  ['strict-transport-security', [], [ours]],
  ['strict-transport-security', ['max-age=31536000'], [ours]],
  ['strict-transport-security', ['max-age=0'], [ours]],
  ['strict-transport-security', [ours, ours], [ours]],
  [
    'strict-transport-security',
    ['max-age=99999999; preload'],
    ['max-age=99999999; includeSubDomains; preload'],
  ],
  ['strict-transport-security', ['max-age=1, max-age=2'], [ours]],
  ['strict-transport-security', ['nonsense'], [ours]],
  ['x-frame-options', ['DENY'], ['DENY']],
  ['x-frame-options', ['sameorigin'], ['SAMEORIGIN']],
  ['x-frame-options', ['ALLOW-FROM https://a.example'], ['SAMEORIGIN']],
  ['x-frame-options', ['SAMEORIGIN', 'DENY'], ['DENY']],
  ['x-content-type-options', ['sniff'], ['nosniff']],
  ['referrer-policy', ['no-referrer'], ['no-referrer']],
  ['referrer-policy', ['unsafe-url'], ['strict-origin-when-cross-origin']],
  ['referrer-policy', ['unsafe-url, same-origin'], ['same-origin']],
  ['cross-origin-opener-policy', ['same-origin'], ['same-origin']],
  ['cross-origin-opener-policy', ['nonsense'], ['same-origin-allow-popups']],
  ['cross-origin-resource-policy', ['cross-origin'], ['cross-origin']],
  ['origin-agent-cluster', ['?0'], ['?0']],
  ['x-xss-protection', ['1; mode=block'], ['0']],
  ['expect-ct', ['max-age=86400'], []],
]

for (const [name, given, expected] of cases) {
  const said = given.length === 0 ? 'nothing' : given.map((value) => `"${value}"`).join(' and ')
  test(`headers: ${name}, the application says ${said}`, () => {
    assert.deepEqual(sent(name, given), expected)
  })
}

test('headers: the application asks for the camera; all else stays off', () => {
  const [value = ''] = sent('permissions-policy', ['camera=(self "https://meet.example")'])
  assert.match(value, /camera=\(self "https:\/\/meet\.example"\)/)
  assert.match(value, /microphone=\(\)/)
  assert.equal(value.match(/camera=/g)?.length, 1)
})

test('headers: merging what was merged changes nothing', () => {
  const first = policy.merged(['x-frame-options', 'DENY', 'content-security-policy', nonce])
  const flat = first
    .split('\r\n')
    .filter(Boolean)
    .flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  assert.equal(policy.merged(flat), first)
})

test('headers: over plain HTTP there is no HSTS, and everything else', () => {
  const plain = new HeaderPolicy(config, false).lines
  assert.doesNotMatch(plain, /strict-transport-security/)
  assert.match(plain, /content-security-policy/)
  const fromApplication = new HeaderPolicy(config, false).merged([
    'strict-transport-security',
    ours,
  ])
  assert.doesNotMatch(fromApplication, /strict-transport-security/)
})

test('headers: Expect-CT is sent only when the operator asks', () => {
  const asked = new HeaderPolicy({ ...config, expectCt: 'max-age=86400, enforce' }, true)
  assert.match(asked.lines, /expect-ct: max-age=86400, enforce\r\n/)
})

test('headers: a value that would end its line early is no configuration', () => {
  const evil = { headers: { contentSecurityPolicy: "default-src 'self'\r\nset-cookie: a=b" } }
  assert.throws(() => webGatewayConfig.parse(evil))
  assert.throws(() => webGatewayConfig.parse({ headers: { strictTransportSecurity: 'forever' } }))
})

test('HSTS: a directive twice makes the whole invalid', () => {
  assert.equal(parseHsts('max-age=1; max-age=2'), undefined)
  assert.deepEqual(parseHsts('Max-Age="60" ; INCLUDESUBDOMAINS'), {
    maxAge: 60,
    subdomains: true,
    preload: false,
  })
})
