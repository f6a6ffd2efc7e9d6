/** Claim mail.dmarc: receivers are asked to quarantine what is forged, and that is in real effect. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { dnsTarget } from '#kit/mail-claims.ts'
import { mailDmarcProbe } from '#services/prober/probes/mail-dns.ts'

test('mail.dmarc: proven while the policy in effect is quarantine', async () => {
  const { state, codes, values } = await measureClaim('mail.dmarc', mailDmarcProbe(dnsTarget()))
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['MAIL_DMARC_STRONG'])
})

const broken: readonly (readonly [string, string, string])[] = [
  ['p=none', 'v=DMARC1; p=none', 'MAIL_DMARC_WEAK'],
  ['quarantine in test mode', 'v=DMARC1; p=quarantine; t=y', 'MAIL_DMARC_WEAK'],
  ['a record that is none', 'v=DMARC2; p=reject', 'MAIL_DMARC_MISSING'],
  ['a record without a policy', 'v=DMARC1; rua=mailto:a@b.example', 'MAIL_DMARC_WEAK'],
]
for (const [name, record, code] of broken) {
  test(`mail.dmarc: ${name} shows it false`, async () => {
    const target = dnsTarget((asked) =>
      asked === '_dmarc.reservations.example' ? record : undefined,
    )
    const { state, codes } = await measureClaim('mail.dmarc', mailDmarcProbe(target))
    assert.deepEqual([state, codes], ['failing', [code]])
  })
}

test('mail.dmarc: without a domain of our own, or without DNS, nothing is claimed', async () => {
  const example = mailDmarcProbe({ ...dnsTarget(), isPublic: false })
  const { state, codes } = await measureClaim('mail.dmarc', example)
  assert.deepEqual([state, codes], ['unproven', ['MAIL_NO_DOMAIN']])
  const silent = dnsTarget(() => {
    throw Object.assign(new Error('no answer'), { code: 'ETIMEOUT' })
  })
  assert.equal((await measureClaim('mail.dmarc', mailDmarcProbe(silent))).state, 'unproven')
})
