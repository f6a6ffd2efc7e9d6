/** What comes back by SMTP: dead addresses are not written to again, complaints stop a list. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createTransport } from 'nodemailer'
import { eventually } from '#kit/eventually.ts'
import {
  DOMAIN,
  dkimKeys,
  mailAuthority,
  startMailGateway,
  type TestMailGateway,
} from '#kit/mail-gateway.ts'
import { dkimFields } from '#protocol/mail/dkim.ts'
import { messageBytes, parseMessage } from '#protocol/mail/message.ts'
import { forgetSuppressions, SUPPRESSED_MS } from './suppression.ts'
import { bounceAddress } from './token.ts'

let gateway: TestMailGateway
before(async () => {
  gateway = await startMailGateway({ returns: { port: 0 } })
})
after(() => gateway[Symbol.asyncDispose]())
beforeEach(() => gateway.reset())

const to = 'jan@club.example'
const list = { headers: { 'X-Veilig-Category': 'list', 'X-Veilig-List': 'news' } }

/** Sends one mail. @returns The envelope sender it left with. */
async function sent(more: object = {}): Promise<string> {
  const subject = randomUUID()
  await gateway.send({ to, subject, ...more })
  const mail = await eventually('the mail', () =>
    gateway.receiver.mails.find(({ text }) => text.includes(subject)),
  )
  await gateway.idle()
  return mail.from
}

/** A stranger's server brings something back. Rejects with its answer. */
async function bring(address: string, raw: string): Promise<string> {
  const client = createTransport({
    host: 'localhost',
    port: gateway.returnPort ?? 0,
    tls: { ca: mailAuthority },
  })
  try {
    return (await client.sendMail({ envelope: { from: '', to: address }, raw })).response
  } finally {
    client.close()
  }
}

function report(kind: string, status: string): string {
  return [
    'From: MAILER-DAEMON@club.example',
    'Subject: Undelivered Mail Returned to Sender',
    `Content-Type: multipart/report; report-type=${kind}; boundary="cut/me"`,
    '',
    'This is a MIME-encapsulated message.',
    '--cut/me',
    '',
    'I am sorry to inform you.',
    '--cut/me',
    `Content-Type: message/${kind}`,
    '',
    ...status.split('\n'),
    '--cut/me--',
    '',
  ].join('\r\n')
}

function bounce(status: string, diagnostic: string, action = 'failed'): string {
  const about = `Reporting-MTA: dns; mx.club.example\nArrival-Date: today`
  const one = `Final-Recipient: rfc822; ${to}\nAction: ${action}\nStatus: ${status}`
  const said = `Diagnostic-Code: smtp;\n   ${diagnostic}`
  return report('delivery-status', `${about}\n\n${one}\n${said}\n`)
}

test('returns: where nobody is, only security mail goes', async () => {
  const from = await sent()
  assert.match(await bring(from, bounce('5.1.1', '550 5.1.1 User unknown')), /^250/)
  await assert.rejects(gateway.send({ to }), /MAIL_SUPPRESSED/)
  await assert.rejects(gateway.send({ to, ...list }), /MAIL_SUPPRESSED/)
  await gateway.send({ to, headers: { 'X-Veilig-Category': 'security' } })
  const [returned] = gateway.trail.of('MAIL_RETURNED')
  assert.equal(returned?.['verdict'], 'dead')
  assert.equal(gateway.trail.of('MAIL_SUPPRESSED').length, 1)
  assert(!JSON.stringify(gateway.trail.of('MAIL_RETURNED')).includes('jan'), 'no address in events')
})

test('returns: a refusal for our reputation, a delay or a full box silences nobody', async () => {
  const from = await sent()
  await bring(from, bounce('5.7.1', '550 5.7.1 blocked using Spamhaus'))
  await bring(from, bounce('5.2.2', '552 5.2.2 mailbox full'))
  await bring(from, bounce('4.4.1', '451 4.4.1 no answer', 'delayed'))
  await gateway.send({ to })
  assert.deepEqual(gateway.trail.of('MAIL_SUPPRESSED'), [])
  assert.equal(gateway.trail.of('MAIL_RETURNED')[0]?.['verdict'], 'reputation')
})

test('returns: a complaint ends that list and all lists, and nothing else', async () => {
  const from = await sent(list)
  const feedback = `Feedback-Type: abuse\nVersion: 1\nOriginal-Mail-From: <${from}>`
  assert.match(
    await bring('complaints@bounces.reservations.example', report('feedback-report', feedback)),
    /^250/,
  )
  await assert.rejects(gateway.send({ to, ...list }), /MAIL_SUPPRESSED/)
  const other = { 'X-Veilig-Category': 'list', 'X-Veilig-List': 'other' }
  await assert.rejects(gateway.send({ to, headers: other }), /MAIL_SUPPRESSED/)
  await gateway.send({ to })
  const { rows } = await gateway.pool.query(
    `select from subscription where list = 'news' and stopped_at is not null`,
  )
  assert.equal(rows.length, 1)
})

test('returns: an address we did not make, or of another delivery, is nobody’s', async () => {
  const from = await sent()
  const forged = from.replace(/-[0-9a-f](?=[0-9a-f]{15}@)/, (found) =>
    found === '-0' ? '-1' : '-0',
  )
  const unknown = bounceAddress(
    gateway.ports.tokenKey,
    '00000000-0000-4000-8000-000000000000',
    'bounces.reservations.example',
  )
  for (const address of [forged, unknown, 'jan@bounces.reservations.example']) {
    await assert.rejects(bring(address, bounce('5.1.1', 'gone')), /550 5\.1\.1/)
  }
  await gateway.send({ to })
})

test('returns: an automatic answer and noise are taken, and change nothing', async () => {
  const from = await sent()
  const noise = ['Subject: out of office\r\n\r\nI am away.', '\0\xff\r\n', report('x', 'Action: ?')]
  for (const raw of noise) assert.match(await bring(from, raw), /^250/)
  await gateway.send({ to })
})

test('returns: a receiver that knows nobody of that name is believed at its door', async () => {
  gateway.receiver.answer = () => 550
  await gateway.send({ to })
  await eventually('the refusal', () => gateway.trail.of('MAIL_REJECTED_BY_RECEIVER')[0])
  gateway.receiver.answer = () => 250
  await gateway.send({ to }) // “550 no” says nothing about the address
})

test('returns: after ninety days one mail is tried again', async () => {
  const from = await sent()
  await bring(from, bounce('5.1.1', 'User unknown'))
  await assert.rejects(gateway.send({ to }), /MAIL_SUPPRESSED/)
  await forgetSuppressions(gateway.pool, gateway.clock.nowMs() + SUPPRESSED_MS - 1000)
  await assert.rejects(gateway.send({ to }), /MAIL_SUPPRESSED/)
  await forgetSuppressions(gateway.pool, gateway.clock.nowMs() + SUPPRESSED_MS + 1)
  await gateway.send({ to })
})

test('returns: a report is kept once, and only when DMARC proves whose it is', async () => {
  const xml = `<feedback><report_metadata><org_name>anybody</org_name><email>a@b.nl</email>
    <report_id>r1</report_id><date_range><begin>1795730400</begin><end>1795816799</end></date_range>
    </report_metadata><policy_published><domain>reservations.example</domain><p>quarantine</p>
    </policy_published><record><row><source_ip>192.0.2.7</source_ip><count>5</count>
    <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>fail</spf>
    </policy_evaluated>
    </row></record></feedback>`
  const packed = gzipSync(xml)
    .toString('base64')
    .replaceAll(/(.{76})/g, '$1\r\n')
  const mail =
    `From: reporter@${DOMAIN}\r\nSubject: Report\r\nContent-Type: application/gzip\r\n` +
    `Content-Transfer-Encoding: base64\r\n\r\n${packed}\r\n`
  const to = 'reports@bounces.reservations.example'
  await assert.rejects(bring(to, mail), /550 5\.7\.1 MAIL_REPORT_INVALID/)
  const message = parseMessage(Buffer.from(mail))
  const proof = dkimFields(message, dkimKeys, Math.floor(Date.now() / 1000))
  const signed = Buffer.from(messageBytes({ ...message, fields: [...proof, ...message.fields] }))
  for (let time = 0; time < 2; time++) assert.match(await bring(to, signed.toString()), /^250/)
  const { rows } = await gateway.pool.query(
    'select reporter, messages, dkim from report join dmarc_source on report = id',
  )
  assert.deepEqual(rows, [{ reporter: DOMAIN, messages: 5, dkim: true }])
  assert.equal(gateway.trail.of('MAIL_REPORT_KEPT').length, 1)
})
