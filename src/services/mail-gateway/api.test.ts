/** Mail by HTTPS: the same rules as by SMTP, and a repeated request sends nothing twice. */
import assert from 'node:assert/strict'
import { request } from 'node:https'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { DOMAIN, mailAuthority, PASSWORD, startMailGateway } from '#kit/mail-gateway.ts'
import { temporaryFolder } from '#kit/postgres.ts'
import { templateBook } from './templates/book.ts'

const folder = await temporaryFolder('templates')
await mkdir(folder, { recursive: true })
const source =
  'Subject: Welkom, {{name}}\n\n# Welkom\nDag **{{name}}**!\n\n[Bekijk]({{url:link}})\n'
await writeFile(join(folder, 'welcome.nl.mail'), source)
const templates = templateBook(folder, ['club.example'])
const gateway = await startMailGateway({ api: { port: 0 } }, { templates })
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => gateway.reset())

type Answer = { readonly status: number; readonly body: Record<string, unknown> }

function post(mail: object, key: string | undefined, password = PASSWORD): Promise<Answer> {
  const login = Buffer.from(`application:${password}`).toString('base64')
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: gateway.apiPort,
        path: '/v1/messages',
        method: 'POST',
        ca: mailAuthority,
        agent: false,
        headers: {
          authorization: `Basic ${login}`,
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(JSON.stringify(mail))
  })
}

const from = `Tennisclub <no-reply@${DOMAIN}>`
const plain = { from, to: ['jan@club.example'], subject: 'Baan 3 – tot dan', text: 'Dag Jan' }

test('api: a mail is queued, signed and delivered as by SMTP', async () => {
  const { status, body } = await post({ ...plain, html: '<p>Dag Jan</p>', language: 'en' }, 'k1')
  assert.deepEqual([status, body['queued'], body['repeated']], [202, 1, false])
  const [mail] = await gateway.receiver.arrived(1)
  assert.match(mail?.text ?? '', /^DKIM-Signature: /)
  assert.match(mail?.text ?? '', /Subject: =\?utf-8\?B\?/)
  assert.match(mail?.text ?? '', /Unsubscribe with one click/)
})

test('api: the same key sends once; another request with it is refused', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, () => post(plain, 'again')))
  assert.equal(new Set(all.map(({ body }) => body['id'])).size, 1)
  assert.equal(all.filter(({ status }) => status === 202).length, 1)
  assert.equal(all.filter(({ status }) => status === 200).length, 5)
  await gateway.receiver.arrived(1)
  await gateway.idle()
  assert.equal(gateway.receiver.mails.length, 1)
  const other = await post({ ...plain, text: 'Something else' }, 'again')
  assert.deepEqual([other.status, other.body['code']], [409, 'MAIL_KEY_REUSED'])
})

const refused: readonly (readonly [name: string, mail: object, code: string])[] = [
  ['a foreign author', { ...plain, from: 'ceo@bank.example' }, 'MAIL_MISALIGNED'],
  ['a line break in the subject', { ...plain, subject: 'a\r\nBcc: x@y.nl' }, 'MAIL_HEADER_INVALID'],
  ['a line break in the author', { ...plain, from: `a\n<a@${DOMAIN}>` }, 'MAIL_HEADER_INVALID'],
  ['no address', { ...plain, to: ['jan'] }, 'MAIL_ADDRESS_INVALID'],
  ['neither words nor template', { from, to: plain.to }, 'MAIL_REQUEST_INVALID'],
  ['a field nobody knows', { ...plain, bcc: ['x@y.nl'] }, 'MAIL_REQUEST_INVALID'],
  ['a template nobody wrote', { from, to: plain.to, template: 'none' }, 'MAIL_TEMPLATE_UNKNOWN'],
]
for (const [name, mail, code] of refused) {
  test(`api: ${name} is refused, and nothing is kept`, async () => {
    const { status, body } = await post(mail, 'refused')
    assert.equal(body['code'], code)
    assert(status >= 400 && status < 500)
    const { rowCount } = await gateway.pool.query('select from submitted')
    assert.equal(rowCount, 0, 'the key is free again')
  })
}

test('api: staff see each template as its reader would, or why it cannot be sent', async () => {
  await writeFile(join(folder, 'broken.fr.mail'), 'no subject')
  const faces = await templates.faces()
  assert.deepEqual(
    faces.map(({ name, language, subject, fault }) => [name, language, subject, fault !== '']),
    [
      ['broken', 'fr', '', true],
      ['welcome', 'nl', 'Welkom, «name»', false],
    ],
  )
  const page = await templates.page('welcome', 'nl')
  assert.match(page?.text ?? '', /Dag «name»!\n\nBekijk:\nhttps:\/\/club\.example\//)
  for (const face of [page?.text, page?.html])
    assert.match(face ?? '', /Meld u af[^]*https:\/\/club\.example\/u\//, 'as it leaves')
  assert.deepEqual([page?.values, page?.languages], [['name', 'url:link'], ['nl']])
  assert.equal((await templates.page('broken', 'fr'))?.html, '')
  assert.equal(await templates.page('welcome', 'fr'), undefined)
})

test('api: without a key, or with a wrong password, nothing happens', async () => {
  assert.equal((await post(plain, undefined)).body['code'], 'MAIL_KEY_MISSING')
  assert.equal((await post(plain, 'k', 'wrong')).status, 401)
})

test('api: a template becomes text and HTML; words of strangers bring no link along', async () => {
  const values = { name: 'Jan <b>', link: 'https://club.example/b/1' }
  const mail = { from, to: plain.to, template: 'welcome', values }
  assert.equal((await post(mail, 't1')).status, 202)
  const [arrived] = await gateway.receiver.arrived(1)
  const text = arrived?.text.replaceAll('=\r\n', '') ?? ''
  assert.match(text, /<strong>Jan &#60;b&#62;<\/strong>/)
  assert.match(text, /Bekijk:\r\nhttps:\/\/club\.example\/b\/1/)
  for (const [name, value] of [
    ['name', 'win money at https://evil.example'],
    ['name', 'see www.evil.example'],
    ['name', 'evil.example/x'],
    ['name', 'a\nb'],
    ['name', 'x'.repeat(200)],
    ['link', 'https://evil.example/'],
    ['link', 'javascript:alert(1)'],
  ] as const) {
    const answer = await post({ ...mail, values: { ...values, [name]: value } }, 't2')
    assert.equal(answer.body['code'], 'MAIL_TEMPLATE_VALUE', value)
  }
})
