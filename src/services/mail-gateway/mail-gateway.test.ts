/**
 * The gateway as programs and readers meet it: a real SMTP client hands in, a real SMTP server
 * receives, a foreign verifier checks.
 */
import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { authenticate, dkimVerify } from 'mailauth'
import {
  DOMAIN,
  ORIGIN,
  RawSmtp,
  resolver,
  startMailGateway,
  unsubscribePath,
} from '#kit/mail-gateway.ts'

const gateway = await startMailGateway()
after(() => gateway[Symbol.asyncDispose]())
beforeEach(() => gateway.reset())

const { receiver, trail, clock } = gateway
const to = 'jan@club.example'

async function one() {
  const [mail] = await receiver.arrived(1)
  assert(mail)
  return mail
}

test('a mail is signed by RSA and Ed25519, and a strict verifier accepts both', async () => {
  await gateway.send({ to, html: '<p>Baan 1</p>' })
  const { bytes } = await one()
  const { results } = await dkimVerify(bytes, { resolver, strict: true })
  const verdicts = new Map(results.map((result) => [result.algo, result.status.result]))
  assert.equal(verdicts.get('ed25519-sha256'), 'pass')
  assert.equal(verdicts.get('rsa-sha256'), 'pass')
  for (const { status } of results) assert.equal(status.warnings, undefined)
})

test('SPF, DKIM and DMARC of RFC 9989 pass at the receiver', async () => {
  await gateway.send({ to })
  const { bytes, from } = await one()
  const options = { sender: from, ip: '127.0.0.1', helo: 'mail.localhost', resolver, strict: true }
  const { spf, dmarc } = await authenticate(bytes, { ...options, disableArc: true })
  assert.equal(spf && spf.status.result, 'pass')
  assert.equal(dmarc && dmarc.status.result, 'pass')
  assert(dmarc)
  assert.equal(dmarc.policy, 'quarantine')
  assert.equal(dmarc.alignment.dkim.result, DOMAIN)
})

test('a changed word, or a second Subject put on top, breaks the signature', async () => {
  await gateway.send({ to })
  const { text } = await one()
  const second = text.replace('Subject:', 'Subject: Betaal nu\r\nSubject:')
  for (const forged of [text.replace('Baan 1', 'Baan 2'), second]) {
    const { results } = await dkimVerify(Buffer.from(forged), { resolver })
    assert(results.every((result) => result.status.result !== 'pass'))
  }
})

test('every mail carries one-click unsubscribe, signed, and a link that one can see', async () => {
  await gateway.send({ to, html: '<html><body><p>Baan 1</p></body></html>' })
  const mail = await one()
  const link = ORIGIN + unsubscribePath(mail)
  assert.match(mail.text, /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m)
  const plain = mail.text.replaceAll('=\r\n', '')
  assert.equal(plain.split(link).length - 1, 3, 'header, text part, HTML part')
  const { results } = await dkimVerify(mail.bytes, { resolver })
  assert(results.every((r) => /list-unsubscribe-post/i.test(r.signingHeaders?.keys ?? '')))
})

test('one click stops the list, also for mail already queued; GET stops nothing', async () => {
  await gateway.send({ to })
  const path = unsubscribePath(await one())
  let attempts = 0
  receiver.answer = () => (attempts++, 451)
  await gateway.send({ to })
  await until(async () => attempts === 1)
  await gateway.idle()
  for (let fetch = 0; fetch < 5; fetch++) {
    assert.equal((await gateway.http('GET', path)).status, 200)
  }
  assert.equal(trail.of('MAIL_UNSUBSCRIBED').length, 0)
  const clicked = await gateway.http('POST', path, 'List-Unsubscribe=One-Click')
  assert.deepEqual([clicked.status, clicked.text], [200, ''])
  receiver.answer = () => 250
  clock.shiftMs = 60_000
  await assert.rejects(gateway.send({ to }), /MAIL_UNSUBSCRIBED/)
  await until(async () => trail.of('MAIL_WITHHELD').length === 2)
  assert.equal(receiver.mails.length, 1)
})

test('a security mail arrives all the same, without a one-click header, and says why', async () => {
  await gateway.send({ to })
  await gateway.http('POST', unsubscribePath(await one()), 'List-Unsubscribe=One-Click')
  await gateway.send({ to, headers: { 'X-Veilig-Category': 'security' } })
  const [, mail] = await receiver.arrived(2)
  assert(mail)
  assert.doesNotMatch(mail.text, /^List-Unsubscribe/m)
  assert.doesNotMatch(mail.text, /X-Veilig/i)
  assert.match(mail.text, /altijd verstuurd/)
})

test('the page works in three languages, and its buttons stop and resume', async () => {
  await gateway.send({ to })
  const path = unsubscribePath(await one())
  const words = { nl: 'Afmelden', en: 'Unsubscribe', fr: 'Se désabonner' }
  for (const [language, word] of Object.entries(words)) {
    const page = await gateway.http('GET', path, '', { 'accept-language': language })
    assert.match(page.text, new RegExp(`<html lang="${language}">`))
    assert(page.text.includes(word))
    assert.equal(page.headers['referrer-policy'], 'no-referrer')
  }
  const stopped = await gateway.http('POST', path, 'action=stop&lang=en')
  assert.match(stopped.text, /You are unsubscribed/)
  await gateway.http('POST', path, 'action=resume&lang=en')
  assert.equal((await gateway.http('POST', path, 'List-Unsubscribe=One-Click')).status, 410)
  assert.equal(trail.of('MAIL_UNSUBSCRIBED').length, 1, 'a replayed click does nothing')
})

test('the page shows the lists of that club alone; all end by one button', async () => {
  for (const [tenant, list] of [
    ['noord', 'confirmations'],
    ['noord', 'news'],
    ['zuid', 'secrets'],
  ] as const)
    await gateway.send({ to, headers: { 'X-Veilig-Tenant': tenant, 'X-Veilig-List': list } })
  const mails = await receiver.arrived(3)
  const mail = mails.find(({ text }) => text.includes('<confirmations.'))
  const other = mails.find(({ text }) => text.includes('<secrets.'))
  assert(mail && other)
  const path = unsubscribePath(mail)
  const page = await gateway.http('GET', path)
  assert.match(page.text, /noord/)
  assert.match(page.text, /news/)
  assert.doesNotMatch(page.text, /secrets/)
  const of = /name="of" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  await gateway.http('POST', path, `action=stop&of=${of}`)
  const headers = { 'X-Veilig-Tenant': 'noord', 'X-Veilig-List': 'news' }
  await assert.rejects(gateway.send({ to, headers }), /MAIL_UNSUBSCRIBED/)
  const foreign = await gateway.http('POST', unsubscribePath(other), `action=stop&of=${of}`)
  assert.equal(foreign.status, 400, 'a link acts for its own club alone')
  const all = await gateway.http('POST', path, 'action=stop-all&lang=en')
  assert.match(all.text, /unsubscribed from all/)
  assert.equal(trail.of('MAIL_UNSUBSCRIBED').length, 2)
})

test('a token that is forged, cut, longer, or of another key does nothing', async () => {
  await gateway.send({ to })
  const path = unsubscribePath(await one())
  const token = path.slice('/u/'.length)
  for (let at = 0; at < token.length; at++) {
    const changed = token[at] === 'A' ? 'B' : 'A'
    const forged = token.slice(0, at) + changed + token.slice(at + 1)
    const answer = await gateway.http('POST', `/u/${forged}`, 'List-Unsubscribe=One-Click')
    assert.equal(answer.status, 404, `position ${at}`)
  }
  for (const other of [token.slice(1), token.slice(0, -1), `${token}A`, 'A'.repeat(48), '%00']) {
    const answer = await gateway.http('POST', `/u/${other}`, 'List-Unsubscribe=One-Click')
    assert.equal(answer.status, 404)
  }
  assert.equal(trail.of('MAIL_UNSUBSCRIBED').length, 0)
})

test('of 1,000 mails to one person under many spellings, 3 an hour and 10 a day pass', async () => {
  const spellings = ['j.an@gmail.com', 'JAN@Gmail.com', 'jan+x@gmail.com', 'ja.n+y@googlemail.com']
  const attacker = await RawSmtp.ready(gateway.port)
  const send = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) {
      const to = spellings[at % spellings.length] ?? ''
      const said = await attacker.mail(to, `From: a@${DOMAIN}\r\nSubject: ${at}\r\n\r\nhello`)
      assert.match(said, /^250|^550 5.7.1 MAIL_VICTIM_LIMIT/)
    }
  }
  await send(500)
  await receiver.arrived(3)
  await gateway.idle()
  assert.equal(receiver.mails.length, 3)
  for (let hour = 1; hour <= 5; hour++) {
    clock.shiftMs = hour * 3_601_000
    await send(100)
  }
  await receiver.arrived(10)
  await gateway.idle()
  assert.equal(receiver.mails.length, 10)
  await gateway.send({ to: 'piet@club.example' })
  await receiver.arrived(11)
  attacker.close()
})

test('the limit holds when many lists write to one person at the same moment', async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawSmtp.ready(gateway.port)))
  const said = await Promise.all(
    clients.map((client, at) =>
      client.mail(to, `From: a@${DOMAIN}\r\nX-Veilig-List: list-${at}\r\n\r\nhello`),
    ),
  )
  for (const client of clients) client.close()
  assert.equal(said.filter((line) => line.startsWith('250')).length, 3)
})

test('a refused mail says why, and the trail holds no address', async () => {
  await assert.rejects(gateway.send({ to, from: 'ceo@bank.example' }), /MAIL_MISALIGNED/)
  const headers = { 'X-Veilig-Category': 'anything' }
  await assert.rejects(gateway.send({ to, headers }), /MAIL_CATEGORY_DENIED/)
  await gateway.send({ to })
  await until(async () => trail.of('MAIL_DELIVERED').length === 1)
  assert.doesNotMatch(JSON.stringify(trail.events), /jan|club/)
})

test('a mail that the receiver refuses for good is not tried again; a busy one is', async () => {
  let attempts = 0
  receiver.answer = () => (attempts++ === 0 ? 451 : 250)
  await gateway.send({ to })
  await until(async () => attempts === 1)
  await gateway.idle()
  clock.shiftMs = 31_000
  await receiver.arrived(1)
  receiver.answer = () => 550
  await gateway.send({ to })
  await until(async () => trail.of('MAIL_REJECTED_BY_RECEIVER').length === 1)
  const { rows } = await gateway.pool.query('select content from message')
  assert(
    rows.every((row: { content: unknown }) => row.content === null),
    'no content is kept',
  )
})

test('the state is for neighbours: nobody behind the web gateway sees it', async () => {
  await gateway.send({ to })
  await until(async () => trail.of('MAIL_DELIVERED').length === 1)
  const page = await gateway.http('GET', '/status')
  const { queued, delivered } = JSON.parse(page.text) as Record<string, number>
  assert.deepEqual([queued, delivered], [0, 1])
  const outside = await gateway.http('GET', '/status', '', { 'x-forwarded-for': '192.0.2.1' })
  assert.equal(outside.status, 404)
})

test('when the trail cannot be written to, no mail is accepted', async () => {
  trail.broken = true
  await assert.rejects(gateway.send({ to }), /451/)
  trail.broken = false
  const { rowCount } = await gateway.pool.query('select from message')
  assert.equal(rowCount, 0)
})

test('when the disk of the queue is full nothing is accepted, and then all goes on', async () => {
  await gateway.pool.query(
    `create function full_disk() returns trigger language plpgsql as $$ begin
       raise exception 'could not extend file: No space left on device' using errcode = '53100';
     end $$;
     create trigger full_disk before insert on delivery execute function full_disk()`,
  )
  await assert.rejects(gateway.send({ to }), /451 4\.3\.0 MAIL_QUEUE_FAILED/)
  await gateway.pool.query('drop trigger full_disk on delivery; drop function full_disk')
  for (const table of ['message', 'victim_mail', 'subscription'])
    assert.equal((await gateway.pool.query(`select from ${table}`)).rowCount, 0, table)
  await gateway.send({ to })
  await receiver.arrived(1)
})

const PATIENCE_MS = 20_000

async function until(is: () => Promise<boolean>): Promise<void> {
  const deadline = clock.monotonicMs() + PATIENCE_MS
  while (!(await is())) {
    assert(clock.monotonicMs() < deadline, 'it never came true')
    await clock.sleep(10)
  }
}
