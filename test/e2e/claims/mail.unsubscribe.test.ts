/** Claim mail.unsubscribe: every mail says how to stop it, and stopping works. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startMailClaim, type MailClaim } from '#kit/mail-claims.ts'
import { mailUnsubscribeProbe } from '#services/prober/probes/mail-unsubscribe.ts'

let claim: MailClaim
before(async () => {
  claim = await startMailClaim()
})
after(() => claim[Symbol.asyncDispose]())
beforeEach(() => {
  claim.change = (text) => text
})

function measure(): Promise<Measured> {
  return measureClaim('mail.unsubscribe', mailUnsubscribeProbe(claim.target))
}

test('mail.unsubscribe: proven while one click stops the mail and fetching does not', async () => {
  const { state, codes, values } = await measure()
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['MAIL_CLICK_WORKS', 'MAIL_GET_HARMLESS', 'MAIL_LINK_FOUND'])
})

test('mail.unsubscribe: a mail without the field shows it false', async () => {
  claim.change = (text) => text.replace('List-Unsubscribe:', 'X-List:')
  const { state, codes } = await measure()
  assert.deepEqual([state, codes], ['failing', ['MAIL_LINK_MISSING']])
})

test('mail.unsubscribe: no one-click field and no link in the text show it false', async () => {
  claim.change = (text) =>
    text.replace('List-Unsubscribe-Post:', 'X-Post:').replace(/\r\n\r\n[^]*/, '\r\n\r\nhello\r\n')
  const { state, codes } = await measure()
  assert.deepEqual([state, codes], ['failing', ['MAIL_LINK_HIDDEN', 'MAIL_ONE_CLICK_MISSING']])
})

test('mail.unsubscribe: a click that stops nothing shows it false', async () => {
  // As if the gateway lost what was clicked: nobody stays unsubscribed.
  const { pool } = claim.gateway
  await pool.query(
    `create function forget() returns trigger language plpgsql as
       $$ begin new.stopped_at := null; return new; end $$;
     create trigger forget before update on subscription for each row execute function forget()`,
  )
  const { state, codes, values } = await measure()
  await pool.query('drop trigger forget on subscription')
  assert.deepEqual([state, codes], ['failing', ['MAIL_CLICK_IGNORED']], values)
})

test('mail.unsubscribe: a gateway that is not there proves nothing', async () => {
  const submission = { host: '127.0.0.1', port: 1 }
  const probe = mailUnsubscribeProbe({ ...claim.target, submission })
  const { state, codes } = await measureClaim('mail.unsubscribe', probe)
  assert.deepEqual([state, codes], ['unproven', ['PROBE_NOT_REACHED']])
})
