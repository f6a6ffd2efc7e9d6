/** When a certificate is renewed, in figures: a third before its end, or half of a short life. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { testCertificate } from '#kit/web-gateway.ts'
import { momentIn, renewalId, retryAfterMs, usualRenewalMs } from './renewal.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

test('renewal: two thirds of a life, half of a short one', () => {
  assert.equal(usualRenewalMs(0, 90 * DAY_MS), 60 * DAY_MS)
  assert.equal(usualRenewalMs(5, 5 + 12 * DAY_MS), 5 + 8 * DAY_MS)
  assert.equal(usualRenewalMs(0, 10 * DAY_MS), (20 / 3) * DAY_MS)
  assert.equal(usualRenewalMs(0, 6 * DAY_MS), 3 * DAY_MS)
})

test('renewal: any moment of the window that the authority suggests', () => {
  const window = { startMs: 100, endMs: 300 }
  assert.deepEqual(
    [0, 0.25, 0.5].map((chance) => momentIn(window, chance)),
    [100, 150, 200],
  )
})

test('renewal: waits double from a minute to six hours, less where little life is left', () => {
  const long = 90 * DAY_MS
  const waits = [0, 1, 2, 3, 9, 10, 50].map((failures) => retryAfterMs(failures, long) / 60_000)
  assert.deepEqual(waits, [1, 1, 2, 4, 256, 360, 360])
  assert.equal(retryAfterMs(50, 10 * HOUR_MS), HOUR_MS / 2)
  assert.equal(retryAfterMs(50, -1), 60_000, 'an expired one is tried each minute')
})

test('renewal: a certificate that names no key of its issuer has no name', () => {
  const whole = new X509Certificate(testCertificate.certificatePem).raw
  const oid = Buffer.from('0603551d23', 'hex') // authorityKeyIdentifier
  assert.match(renewalId(pem(whole)), /^[\w-]{20,}\.[\w-]+$/)
  for (const [spoiled, value] of [
    [oid.length - 1, 0x24], // another extension
    [oid.length + 4, 0x81], // [1], the issuer's name, where [0] was
  ] as const) {
    const der = Buffer.from(whole)
    der[der.indexOf(oid) + spoiled] = value
    assert.throws(() => renewalId(pem(der)), { code: 'ACME_CERTIFICATE_INVALID' })
  }
})

function pem(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
