/** Claim mail.ratelimit: nobody can flood a mailbox through us. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startMailClaim, type MailClaim } from '#kit/mail-claims.ts'
import { mailRateLimitProbe } from '#services/prober/probes/mail-ratelimit.ts'

let claim: MailClaim
before(async () => {
  claim = await startMailClaim({ victim: { perHour: 3 } })
})
after(() => claim[Symbol.asyncDispose]())

function measure(promised: number): Promise<Measured> {
  return measureClaim('mail.ratelimit', mailRateLimitProbe(claim.target, promised))
}

test('mail.ratelimit: proven while a flood stops at the limit, however it is spelled', async () => {
  const { state, codes, values } = await measure(3)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['MAIL_LIMIT_HELD'])
  assert.match(values, /"attempts":6,"received":3/)
})

test('mail.ratelimit: a gateway that lets more through than promised shows it false', async () => {
  const { state, codes, values } = await measure(2)
  assert.deepEqual([state, codes], ['failing', ['MAIL_LIMIT_EXCEEDED']], values)
})

test('mail.ratelimit: a limit that protects nobody shows it false', async () => {
  const { state, codes } = await measure(500)
  assert.deepEqual([state, codes], ['failing', ['MAIL_LIMIT_HIGH']])
})

test('mail.ratelimit: mail that never arrives proves nothing', async () => {
  claim.change = () => undefined
  const { state, codes } = await measure(3)
  assert.deepEqual([state, codes], ['unproven', ['PROBE_NOT_REACHED']])
})
