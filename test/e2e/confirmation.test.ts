/** The protected application confirms a booking by e-mail, as a customer's application would. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { dkimVerify } from 'mailauth'
import {
  DOMAIN,
  mailAuthority,
  PASSWORD,
  resolver,
  startMailGateway,
  unsubscribePath,
} from '#kit/mail-gateway.ts'
import { openPostman, type Confirmation } from '../../apps/reservations/src/mail.ts'

// As NODE_EXTRA_CA_CERTS does for the application's own process.
setDefaultCACertificates([...getCACertificates('default'), mailAuthority])

const gateway = await startMailGateway()
const reports: object[] = []
const url = `smtp://application:${PASSWORD}@localhost:${gateway.port}`
const postman = openPostman(url, `no-reply@${DOMAIN}`, (line) => void reports.push(line))
after(async () => {
  await postman[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
})

const startMs = Date.UTC(2026, 11, 1, 13)
const confirmation = {
  club: { slug: 'zuiderpark', name: 'TC Zuiderpark', zone: 'Europe/Brussels', language: 'nl' },
  member: { firstName: 'Lotte', lastName: 'Peeters', email: 'lotte@zuiderpark.example' },
  courtName: 'Baan 3',
  startMs,
  endMs: startMs + 3_600_000,
  url: 'https://localhost:8443/zuiderpark/bookings/1',
} as unknown as Confirmation

test('a confirmation arrives, signed, in words, and can be stopped for that club', async () => {
  postman.confirm(confirmation)
  const [mail] = await gateway.receiver.arrived(1)
  assert(mail)
  const { results } = await dkimVerify(mail.bytes, { resolver, strict: true })
  assert.deepEqual(
    results.map(({ status }) => status.result),
    ['pass', 'pass'],
  )
  assert.match(mail.text, /^From: "?TC Zuiderpark"? <no-reply@reservations\.example>/m)
  assert.match(mail.text, /Baan 3, dinsdag 1 december, 14:00/)
  assert.match(mail.text, /^List-Id: <confirmations\.reservations\.example>/m)
  assert.doesNotMatch(mail.text, /X-Veilig/i)

  await gateway.http('POST', unsubscribePath(mail), 'List-Unsubscribe=One-Click')
  postman.confirm(confirmation)
  while (reports.length === 0) await gateway.clock.sleep(10)
  assert.deepEqual(reports, [{ mail: 'lost', reason: 'MAIL_UNSUBSCRIBED' }])
  assert.equal(gateway.receiver.mails.length, 1)
})
