/** The two gateways' signatures, each compared with OpenSSL's own program. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { ProtocolError } from '#lib/errors.ts'
import { fromDecimal, toDecimal } from './currency.ts'
import { formHmac, formText, isFormSigned, signForm, verifyAnswer } from './paybox.ts'
import { outcomeOf, wordsOf } from './paybox-codes.ts'
import { certificateAddress, verifyTransmission } from './paypal-signature.ts'

const folder = mkdtempSync(join(tmpdir(), 'payments-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { stdio: 'pipe' })
const invalid = (error: unknown): boolean => error instanceof ProtocolError

const keyHex = '0123456789ABCDEF'.repeat(8)
const form = [
  ['PBX_SITE', '1999888'],
  ['PBX_TOTAL', '1250'],
  ['PBX_CMD', 'Zuiderpark é #1'],
  ['PBX_TIME', '2026-11-25T10:00:00+01:00'],
] as const

test('paybox: the form’s HMAC is the one that OpenSSL computes, in upper case', () => {
  const text = file('form', formText(form))
  const out = openssl('dgst', '-sha512', '-mac', 'HMAC', '-macopt', `hexkey:${keyHex}`, text)
  const [, wanted = ''] = /= (\w+)/.exec(out.toString()) ?? []
  assert.equal(formHmac(form, keyHex), wanted.toUpperCase())
})

test('paybox: a form is signed in its own order, with the HMAC last', () => {
  const signed = signForm(form, keyHex)
  assert(isFormSigned(signed, keyHex))
  const [first, second, ...rest] = signed
  assert(first && second)
  assert(!isFormSigned([second, first, ...rest], keyHex), 'another order')
  assert(!isFormSigned([...signed.slice(-1), ...signed.slice(0, -1)], keyHex), 'HMAC first')
  assert(!isFormSigned(signed, keyHex.replace('F', 'E')), 'another key')
})

const payboxKeys = generateKeyPairSync('rsa', { modulusLength: 1024 })
const privatePem = payboxKeys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

test('paybox: an answer signed by OpenSSL verifies over its bytes as sent, and only so', () => {
  const query = 'M=1250&R=club%20one&A=123456&E=00000&card=CB,VISA,EUROCARD_MASTERCARD'
  const key = file('key.pem', privatePem)
  const signature = openssl('dgst', '-sha1', '-sign', key, file('query', query))
  const raw = `${query}&K=${encodeURIComponent(signature.toString('base64'))}`
  const answer = verifyAnswer(raw, 'K', payboxKeys.publicKey)
  assert.equal(answer.get('R'), 'club one')
  assert.equal(answer.get('card'), 'CB,VISA,EUROCARD_MASTERCARD')
  for (const bad of [
    raw.replaceAll(',', '%2C'), // decoded and encoded again
    raw.replace('M=1250', 'M=1'),
    raw.replace('R=club%20one&', ''),
    `${raw}&M=1`,
    raw.replace('&K=', '&k='),
    '',
  ]) {
    assert.throws(() => verifyAnswer(bad, 'K', payboxKeys.publicKey), invalid, bad)
  }
})

test('paybox: a name that stands twice is refused, though it is signed', () => {
  const query = 'M=1&M=1250'
  const signature = sign('RSA-SHA1', Buffer.from(query), payboxKeys.privateKey).toString('base64')
  const raw = `${query}&K=${encodeURIComponent(signature)}`
  assert.throws(() => verifyAnswer(raw, 'K', payboxKeys.publicKey), invalid)
})

test('paybox: codes have an outcome, and words in three languages', () => {
  assert.equal(outcomeOf('00000'), 'paid')
  assert.equal(outcomeOf('99999'), 'pending')
  for (const code of ['00001', '00105', '00040', '00199', '', 'x']) {
    assert.equal(outcomeOf(code), 'refused')
    for (const text of Object.values(wordsOf(code))) assert.match(text, /^\S.*\.$/)
  }
})

// ── PayPal: an authority and a message certificate made by OpenSSL ────────

const subject = 'messageverificationcerts.paypal.com'
function authority(name: string): { pem: string; key: string; path: string } {
  const key = join(folder, `${name}.key`)
  const path = join(folder, `${name}.pem`)
  const args = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', path, '-days', '30']
  openssl('req', '-x509', ...args, '-subj', `/CN=${name}`, '-addext', 'basicConstraints=CA:TRUE')
  return { pem: execFileSync('cat', [path]).toString(), key, path }
}
function leaf(issuer: { key: string; path: string }, name: string, cn: string): [string, string] {
  const key = join(folder, `${name}.key`)
  const request = join(folder, `${name}.csr`)
  const path = join(folder, `${name}.pem`)
  const common = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', request]
  openssl('req', ...common, '-subj', `/O=PayPal/CN=${cn}`)
  const by = ['-CA', issuer.path, '-CAkey', issuer.key, '-CAcreateserial']
  openssl('x509', '-req', '-in', request, ...by, '-out', path, '-days', '20')
  return [execFileSync('cat', [path]).toString(), key]
}
const ours = authority('authority')
const theirs = authority('stranger')
const [certificate, key] = leaf(ours, 'message', subject)
const nowMs = Date.now()
const trust = {
  webhookId: 'WH-1',
  certificateHosts: ['api.paypal.com'],
  authorityPem: ours.pem,
  subject,
}
const body = Buffer.from('{"event_type":"CHECKOUT.ORDER.APPROVED"}')
const time = new Date(nowMs).toISOString()
const text = `T-1|${time}|WH-1|${crc32(body)}`
const signature = openssl('dgst', '-sha256', '-sign', key, file('text', text)).toString('base64')
const certificateUrl = 'https://api.paypal.com/v1/notifications/certs/CERT-1'
const good = { id: 'T-1', time, signature, algorithm: 'SHA256withRSA', certificateUrl }

test('paypal: a transmission signed by OpenSSL verifies, offline', () => {
  verifyTransmission(good, certificate, trust, crc32(body), nowMs)
})

test('paypal: whatever is not exactly right is refused', () => {
  const [foreign] = leaf(theirs, 'foreign', subject)
  const [misnamed] = leaf(ours, 'misnamed', 'www.paypal.com')
  const crc = crc32(body)
  const cases: readonly [string, () => void][] = [
    ['body', () => verifyTransmission(good, certificate, trust, crc + 1, nowMs)],
    ['id', () => verifyTransmission({ ...good, id: 'T-2' }, certificate, trust, crc, nowMs)],
    [
      'webhook',
      () => verifyTransmission(good, certificate, { ...trust, webhookId: 'X' }, crc, nowMs),
    ],
    ['old', () => verifyTransmission(good, certificate, trust, crc, nowMs + 5 * 86_400_000)],
    ['future', () => verifyTransmission(good, certificate, trust, crc, nowMs - 3_600_000)],
    [
      'algorithm',
      () => verifyTransmission({ ...good, algorithm: 'none' }, certificate, trust, crc, nowMs),
    ],
    ['chain', () => verifyTransmission(good, foreign, trust, crc, nowMs)],
    ['name', () => verifyTransmission(good, misnamed, trust, crc, nowMs)],
    ['self', () => verifyTransmission(good, ours.pem, trust, crc, nowMs)],
    ['junk', () => verifyTransmission(good, 'junk', trust, crc, nowMs)],
  ]
  for (const [name, attempt] of cases) assert.throws(attempt, invalid, name)
})

test('paypal: a certificate is fetched from the pinned hosts only', () => {
  const hosts = ['api.paypal.com']
  assert.equal(certificateAddress(certificateUrl, hosts).host, 'api.paypal.com')
  for (const url of [
    'http://api.paypal.com/c',
    'https://api.paypal.com.evil.example/c',
    'https://evil.example/api.paypal.com',
    'https://api.paypal.com@evil.example/',
    'https://x@api.paypal.com/',
    'https://evil.paypal.com/c',
    'https://api.paypal.com:8443/c',
    'nonsense',
  ]) {
    assert.throws(() => certificateAddress(url, hosts), invalid, url)
  }
})

test('amounts: minor units to decimals and back, by the exponent of the currency', () => {
  assert.equal(toDecimal(5, 'EUR'), '0.05')
  assert.equal(toDecimal(1250, 'EUR'), '12.50')
  assert.equal(toDecimal(1250, 'JPY'), '1250')
  assert.equal(toDecimal(1250, 'KWD'), '1.250')
  for (const code of ['EUR', 'JPY', 'TND']) {
    for (const minor of [0, 1, 9, 10, 99, 100, 12_345, 99_999_999]) {
      assert.equal(fromDecimal(toDecimal(minor, code), code), minor)
    }
  }
  for (const bad of ['1,00', '1.005', '-1', '', '1e3', ' 1']) {
    assert.throws(() => fromDecimal(bad, 'EUR'), invalid, bad)
  }
  assert.throws(() => toDecimal(1, 'XXX'), invalid)
})
