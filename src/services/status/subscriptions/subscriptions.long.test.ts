/**
 * Following the status page, by mail through the real gateway and by webhook: nobody gets anything
 * who did not say yes from where it goes, nothing is lost, and everything ends with one click.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { eventually } from '#kit/eventually.ts'
import {
  mailAuthority,
  PASSWORD,
  startMailGateway,
  type ReceivedMail,
  type TestMailGateway,
} from '#kit/mail-gateway.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { component, startStatus, type TestStatus } from '#kit/status.ts'
import { testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { signatureOf } from '#crypto/webhook-signature.ts'
import { httpCaller } from '#system/http-call.ts'
import { gatewaySender } from '../breach/mailer.ts'

const ORIGIN = 'https://status.example'
const key = randomBytes(32)
let mail: TestMailGateway
let folder: string
let isUp = true
let status: TestStatus
const stack = new AsyncDisposableStack()

before(async () => {
  folder = await temporaryFolder('subscriptions')
  stack.defer(() => rm(folder, { recursive: true }))
  mail = stack.use(await startMailGateway())
  status = stack.use(await start(8))
})
after(() => stack.disposeAsync())

function start(most: number): Promise<TestStatus> {
  const call = httpCaller(5000, testAuthority)
  const subscriptions = {
    key,
    origin: ORIGIN,
    anywhere: true,
    mail: gatewaySender({
      host: '127.0.0.1',
      port: mail.port,
      ca: mailAuthority,
      user: 'status',
      password: PASSWORD,
      from: 'security@reservations.example',
    }),
    post: (url: string, headers: Readonly<Record<string, string>>, body: string) =>
      call({ method: 'POST', url, headers, body }),
  }
  const look = (): { up: boolean; tookMs: number } => ({ up: isUp, tookMs: 1 })
  return startStatus({
    folder,
    server: mail.server,
    watched: [component('shop', look)],
    config: { operator: 'Clubkit', subscriptions: { most } },
    change: { subscriptions },
  })
}

function unfolded({ text }: ReceivedMail): string {
  return text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll('=3D', '=')
    .replaceAll('\r\n', '\n')
}

/** Path and query of a link in a mail. */
function linkIn(found: ReceivedMail, use: string): string {
  const [, path = ''] = new RegExp(`${ORIGIN}(/\\w\\w/${use}\\?token=[\\w.-]+)`).exec(
    unfolded(found),
  ) ?? ['', '']
  assert.notEqual(path, '', unfolded(found))
  return path
}

async function count(): Promise<number> {
  const { rows } = await status.pool.query<{ n: number }>(
    'select count(*)::int as n from subscription',
  )
  return rows[0]?.n ?? -1
}

async function breaks(): Promise<void> {
  isUp = false
  await status.until(({ incidents }) => incidents.some(({ resolved }) => !resolved))
}

async function mends(): Promise<void> {
  isUp = true
  await status.until(({ incidents }) => incidents.every(({ resolved }) => resolved))
}

test('subscriptions: by mail, only who pressed the button behind the link is told', async () => {
  const asked = await status.post('/nl/subscribe', { mail: 'Lotte@Club.example' })
  assert.equal(asked.status, 200)
  assert(asked.body.includes('Kijk in uw mailbox'))
  const again = await status.post('/nl/subscribe', { mail: 'lotte@club.example' })
  assert.equal(again.body, asked.body, 'known or not, it says the same')
  const [letter] = await mail.receiver.arrived(1)
  assert(letter)
  const link = linkIn(letter, 'confirm')
  assert((await status.get(link)).body.includes('lotte@club.example'))
  await breaks()
  await mends()
  assert.equal(mail.receiver.mails.length, 1, 'a link that was only looked at says nothing')
  const token = link.split('token=')[1] ?? ''
  assert((await status.post('/nl/confirm', { token })).body.includes('Wij houden u op de hoogte'))
  assert((await status.post('/nl/confirm', { token })).body.includes('werkt niet meer'))
  await breaks()
  const notice = (await mail.receiver.arrived(2))[1]!
  await mends()
  const text = unfolded(notice)
  assert.match(text, /^Subject: .*Clubkit/m)
  assert.match(text, /^List-Unsubscribe: </im)
  assert(text.includes('Wij zoeken het uit'), text)
  const leave = linkIn(notice, 'leave')
  await status.get(leave)
  assert.equal(await count(), 1, 'a link that a machine follows ends nothing')
  const stopped = await status.post('/nl/leave', { token: leave.split('token=')[1] ?? '' })
  assert(stopped.body.includes('U krijgt geen berichten meer'))
  assert.equal(await count(), 0, 'and the address is gone')
})

test('subscriptions: one that answers the challenge is called until it says 410', async () => {
  const bodies: { signature: string; body: string }[] = []
  let answer = 200
  const { certificatePem: cert, keyPem } = testCertificate
  const hook = createServer({ cert, key: keyPem }, (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += String(chunk)))
    request.on('end', () => {
      const { type, challenge } = JSON.parse(body) as { type: string; challenge?: string }
      const signature = String(request.headers['veilig-signature'])
      if (type === 'notices') bodies.push({ signature, body })
      response.writeHead(type === 'challenge' ? 200 : answer)
      response.end(request.url === '/deaf' ? 'hello' : JSON.stringify({ challenge }))
    })
  })
  await once(hook.listen(0, '127.0.0.1'), 'listening')
  stack.defer(() => void hook.close())
  const place = `https://localhost:${(hook.address() as AddressInfo).port}`
  const deaf = await status.post('/en/subscribe', { webhook: `${place}/deaf` })
  assert(deaf.body.includes('did not give back'))
  assert.equal(await count(), 0)
  const made = await status.post('/en/subscribe', { webhook: `${place}/hook` })
  const [, secret = ''] = /<code>([\w-]{43})<\/code>/.exec(made.body) ?? []
  assert.notEqual(secret, '', made.body)
  answer = 500
  await breaks()
  const { signature, body } = await eventually('a notice', () => bodies[0])
  const seconds = Number(/t=(\d+)/.exec(signature)?.[1])
  assert.equal(signature, signatureOf(secret, body, seconds * 1000))
  const { notices } = JSON.parse(body) as { notices: { kind: string; title: { en: string } }[] }
  assert.equal(notices.at(-1)?.title.en, 'Component shop cannot be reached')
  await mends()
  answer = 410
  await status.pool.query(`update subscription set next_at = '-infinity'`)
  await eventually('the end of it', async () => ((await count()) === 0 ? true : undefined))
  const last = JSON.parse(bodies.at(-1)?.body ?? '') as { notices: { kind: string }[] }
  assert.deepEqual(
    last.notices.map(({ kind }) => kind),
    ['investigating', 'resolved'],
    'what failed comes with the next, and nothing of before the subscription',
  )
})

test('subscriptions: when all places are taken, the next is pointed to the feed', async () => {
  await status.pool.query(
    `insert into subscription (kind, place, language, state, asked_at)
       select 'mail', n || '@full.example', 'nl', 'active', now() from generate_series(1, 8) n`,
  )
  const { status: code, body } = await status.post('/en/subscribe', { mail: 'ninth@club.example' })
  assert.equal(code, 503)
  assert(body.includes('The Atom feed has no limit'))
  await status.pool.query('delete from subscription')
})

test('subscriptions: what is no form is refused, a flood of them is slowed', async () => {
  for (const fields of [{ mail: 'nobody' }, { webhook: 'http://club.example/' }, {}])
    assert.equal((await status.post('/en/subscribe', fields)).status, 400)
  assert.equal((await status.post('/en/subscribe', { mail: 'x'.repeat(5000) })).status, 413)
  let refused = 0
  for (let at = 0; at < 70; at++) {
    const { status: code } = await status.post('/en/subscribe', { webhook: 'https://localhost:1/' })
    if (code === 503) refused++
  }
  assert(refused >= 5, `${refused}`)
})
