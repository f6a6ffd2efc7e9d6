/** The demonstration's mailbox takes what the gateway brings, judges it, and shows it safely. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { DOMAIN, dkimKeys, records } from '#kit/mail-gateway.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { dkimFields } from '#protocol/mail/dkim.ts'
import { messageBytes, parseMessage } from '#protocol/mail/message.ts'
import { deliverer } from '#services/mail-gateway/transport.ts'
import { systemClock } from '#system/clock.ts'
import { serve } from './serve.ts'

const folder = await temporaryFolder('mailbox')
const smtpSocket = join(folder, 'smtp.sock')
const httpSocket = join(folder, 'http.sock')
const ports = {
  clock: systemClock,
  log: pino({ level: 'silent' }),
  trail: new RecordingTrail(),
  smtpSocket,
  httpSocket,
  folder: join(folder, 'mails'),
  records: async () => records,
}
const mailbox = await serve(ports)
after(async () => {
  await mailbox[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function bring(text: string, signed: boolean): Promise<string> {
  const message = parseMessage(Buffer.from(text))
  const fields = signed ? dkimFields(message, dkimKeys, Math.floor(Date.now() / 1000)) : []
  const outcome = await deliverer(
    { kind: 'demonstration' },
    'mail.localhost',
    smtpSocket,
  )({
    envelopeFrom: `b-1@bounces.${DOMAIN}`,
    recipient: 'jan@club.example',
    domain: 'club.example',
    bytes: messageBytes({ fields: [...fields, ...message.fields], body: message.body }),
  })
  return outcome.kind
}

async function get(path: string): Promise<string> {
  const asked = request({ socketPath: httpSocket, path, headers: { 'accept-language': 'en' } })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

const evil = '<script>alert(1)</script>'
const mail =
  `From: "${evil}" <a@${DOMAIN}>\r\nTo: jan@club.example\r\nSubject: =?utf-8?Q?Caf=C3=A9?=\r\n` +
  'List-Unsubscribe: <https://mail.localhost/u/x>\r\n' +
  `Content-Type: text/plain; charset=utf-8\r\n\r\nHello ${evil} https://x.example/a?b=1\r\n`

test('mailbox: a signed mail is kept and shown as a receiver judges it', async () => {
  assert.equal(await bring(mail, true), 'delivered')
  const list = await get('/')
  assert.match(list, /Café/)
  const page = await get(/\/m\/[\w-]+/.exec(list)?.[0] ?? '')
  for (const verdict of ['SPF pass', 'DKIM pass', 'DMARC pass']) assert(page.includes(verdict))
  assert(page.includes('href="https://x.example/a?b=1"'))
  assert(page.includes('href="https://mail.localhost/u/x"'))
  assert(!page.includes(evil), 'a mail brings no markup')
})

test('mailbox: an unsigned mail is kept, and its verdict says so', async () => {
  assert.equal(await bring(mail.replace('Caf', 'Unsigned caf'), false), 'delivered')
  const page = await get(/\/m\/[\w-]+/.exec(await get('/'))?.[0] ?? '')
  assert.match(page, /class="bad">DKIM fail/)
})

test('mailbox: a name that is none leads nowhere, nor to another file', async () => {
  for (const path of ['/m/..%2f..%2fetc', '/m/../x', '/m/', '/x', '/m/00']) {
    assert.match(await get(path), /^404$|^<!doctype html>/)
  }
})
