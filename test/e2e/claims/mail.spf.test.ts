/** Claim mail.spf: only our own servers may send in our name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { dnsTarget } from '#kit/mail-claims.ts'
import { mailSpfProbe } from '#services/prober/probes/mail-dns.ts'

test('mail.spf: proven while strangers are turned away and our own server passes', async () => {
  const { state, codes, values } = await measureClaim('mail.spf', mailSpfProbe(dnsTarget()))
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['MAIL_SPF_OURS_PASSES', 'MAIL_SPF_STRANGER_REFUSED'])
})

const broken: readonly (readonly [string, string, string])[] = [
  ['a record that admits everybody', 'v=spf1 +all', 'MAIL_SPF_OPEN'],
  ['a record that turns away nobody', 'v=spf1 ip4:127.0.0.1 ?all', 'MAIL_SPF_OPEN'],
  ['no record', 'hello', 'MAIL_SPF_OPEN'],
  ['a record with eleven lookups', `v=spf1${' a:x.example'.repeat(11)} -all`, 'MAIL_SPF_OPEN'],
  ['a record without our server', 'v=spf1 ip4:192.0.2.9 -all', 'MAIL_SPF_OURS_FAILS'],
]
for (const [name, record, code] of broken) {
  test(`mail.spf: ${name} shows it false`, async () => {
    const target = dnsTarget((asked, type) => {
      if (type === 'A') return '192.0.2.1'
      return asked.endsWith('reservations.example') ? record : undefined
    })
    const { state, codes, values } = await measureClaim('mail.spf', mailSpfProbe(target))
    assert.equal(state, 'failing', values)
    assert(codes.includes(code), values)
  })
}

test('mail.spf: without a domain of our own, or without DNS, nothing is claimed', async () => {
  const example = mailSpfProbe({ ...dnsTarget(), isPublic: false })
  const { state, codes } = await measureClaim('mail.spf', example)
  assert.deepEqual([state, codes], ['unproven', ['MAIL_NO_DOMAIN']])
  const silent = dnsTarget(() => {
    throw Object.assign(new Error('no answer'), { code: 'ETIMEOUT' })
  })
  assert.equal((await measureClaim('mail.spf', mailSpfProbe(silent))).state, 'unproven')
})
