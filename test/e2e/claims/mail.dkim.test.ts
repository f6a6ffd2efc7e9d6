/** Claim mail.dkim: our mail carries a signature that betrays forgery. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { dnsTarget, startMailClaim, type MailClaim } from '#kit/mail-claims.ts'
import { mailDkimProbe } from '#services/prober/probes/mail-dns.ts'

let claim: MailClaim
before(async () => {
  claim = await startMailClaim()
})
after(() => claim[Symbol.asyncDispose]())

test('mail.dkim: proven while a sampled mail verifies against the published keys', async () => {
  const probe = mailDkimProbe(claim.target, dnsTarget())
  const { state, codes, values } = await measureClaim('mail.dkim', probe)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['MAIL_SIGNATURE_VALID'])
  assert.match(values, /rsa-sha256.*ed25519-sha256/)
})

test('mail.dkim: a key that is not published shows it false', async () => {
  const other = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
  const dns = dnsTarget((name) => (name.startsWith('e1.') ? other : undefined))
  const { state, codes } = await measureClaim('mail.dkim', mailDkimProbe(claim.target, dns))
  assert.deepEqual([state, codes], ['failing', ['MAIL_SIGNATURE_INVALID']])
})

test('mail.dkim: a mail changed after it was signed shows it false', async () => {
  claim.change = (text) => text.replace('A sampled message', 'Another message')
  const probe = mailDkimProbe(claim.target, dnsTarget())
  const { state, codes } = await measureClaim('mail.dkim', probe)
  assert.deepEqual([state, codes], ['failing', ['MAIL_SIGNATURE_INVALID']])
})

test('mail.dkim: a mail without a signature shows it false', async () => {
  claim.change = (text) => text.replaceAll('DKIM-Signature:', 'X-Signature:')
  const probe = mailDkimProbe(claim.target, dnsTarget())
  const { state, codes } = await measureClaim('mail.dkim', probe)
  assert.deepEqual([state, codes], ['failing', ['MAIL_SIGNATURE_MISSING']])
})

test('mail.dkim: without a domain of our own nothing is claimed', async () => {
  const probe = mailDkimProbe(claim.target, { ...dnsTarget(), isPublic: false })
  const { state, codes } = await measureClaim('mail.dkim', probe)
  assert.deepEqual([state, codes], ['unproven', ['MAIL_NO_DOMAIN']])
})
