/**
 * A gateway that is down, slow, answers HTML, shows an expired certificate, or no longer accepts
 * the keys: the member hears a clear sentence in three languages and loses nothing, the club is
 * told, and when it answers again everything goes on. The service is the real one, and so is the
 * network.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { getRequestListener } from '@hono/node-server'
import { eventually } from '#kit/eventually.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { paypalTwin } from '#services/payment-twins/paypal.ts'
import { systemClock } from '#system/clock.ts'
import { httpCaller } from '#system/http-call.ts'
import { openPool } from '#system/postgres/pool.ts'
import { paymentsConfig } from './config.ts'
import type { PaypalKeys } from './keys.ts'
import { serve, type RunningPayments } from './serve.ts'

const TENANT = 'zuiderpark'
const MINUTE_MS = 60_000

const stack = new AsyncDisposableStack()
after(() => stack.disposeAsync())

let folder: string
let server: TestPostgres
let service: RunningPayments
let gateway: Gateway
const trail = new RecordingTrail()
const told: { address: string; text: string }[] = []
let aheadMs = 0
const clock = { ...systemClock, nowMs: () => Date.now() + aheadMs }
const keys: PaypalKeys = {
  gateway: 'paypal',
  clientId: 'club',
  clientSecret: 'right',
  webhookId: 'WH-1',
}

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
/** What the gateway itself takes for the club's keys. */
const twinKeys = { ...keys, certificatePem: '', authorityPem: '', keyPem }

type How = 'well' | 'slow' | 'html' | 'down'

/** The twin behind real TLS, on a port that stays the same while the certificate changes. */
class Gateway {
  how: How = 'well'
  port = 0
  #server: Server | undefined
  readonly #twin = getRequestListener((asked: Request) => this.#answer(asked))
  readonly #app = paypalTwin({
    keys: twinKeys,
    origin: 'https://gateway.localhost',
    webhookUrl: '',
    nowMs: clock.nowMs,
    send: () => Promise.resolve(),
  })

  async start(certificate: { cert: Buffer; key: Buffer }): Promise<void> {
    const started = createServer(certificate, (i, o) => void this.#twin(i, o))
    started.listen(this.port, '127.0.0.1')
    await once(started, 'listening')
    this.port = (started.address() as AddressInfo).port
    this.#server = started
  }

  async stop(): Promise<void> {
    const held = this.#server
    if (!held?.listening) return
    held.closeAllConnections()
    await new Promise((resolve) => held.close(resolve))
  }

  async #answer(asked: Request): Promise<Response> {
    if (this.how === 'slow') await new Promise(() => undefined)
    if (this.how === 'html') return new Response('<h1>Maintenance</h1>', { status: 200 })
    return await this.#app.fetch(asked)
  }
}

/** Of an authority made for the run. @param isOver Whether it expired. */
async function certificate(name: string, isOver: boolean): Promise<{ cert: Buffer; key: Buffer }> {
  const at = (ending: string): string => join(folder, `${name}.${ending}`)
  const run = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
  const subject = [
    '-subj',
    '/CN=gateway.localhost',
    '-addext',
    'subjectAltName=DNS:gateway.localhost',
  ]
  run('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', at('key'), '-out', at('csr'), ...subject)
  const ca = ['-CA', join(folder, 'ca.pem'), '-CAkey', join(folder, 'ca.key'), '-CAcreateserial']
  const times = ['-days', isOver ? '-1' : '30']
  run(
    'x509',
    '-req',
    '-in',
    at('csr'),
    ...ca,
    ...times,
    '-copy_extensions',
    'copy',
    '-out',
    at('pem'),
  )
  return { cert: await readFile(at('pem')), key: await readFile(at('key')) }
}

before(async () => {
  folder = await temporaryFolder('payment-troubles')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const ca = ['-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem'), '-days', '30']
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...ca, '-subj', '/CN=authority']
  execFileSync('openssl', request, { stdio: 'pipe' })
  gateway = new Gateway()
  await gateway.start(await certificate('good', false))
  stack.defer(() => gateway.stop())
  server = stack.use(await startPostgres())
  const pool = stack.adopt(openPool(server.connection), (held) => held.end())
  const config = paymentsConfig.parse({
    reconcileMs: 100,
    paypal: { api: `https://gateway.localhost:${gateway.port}` },
  })
  service = stack.use(
    await serve(config, {
      clock,
      trail,
      pool,
      call: httpCaller(1_000, await readFile(join(folder, 'ca.pem'), 'utf8')),
      port: 0,
      socket: join(folder, 'doors'),
      adminSocket: join(folder, 'office'),
      publicOrigin: 'https://pay.localhost',
      apiKey: 'key',
      eventsUrl: 'http://127.0.0.1:9/',
      eventsSecret: 'secret',
      sealKey: Buffer.alloc(32, 7),
      paypalAuthorityPem: undefined,
      payboxKey: undefined,
      tenants: [
        {
          tenant: TENANT,
          environment: 'demonstration',
          keys,
          contact: { address: 'treasurer@club.example', language: 'fr' },
        },
      ],
      tellClub: ({ address }, _tenant, text) => {
        told.push({ address, text })
        return Promise.resolve()
      },
      complain: () => undefined,
    }),
  )
})

type Shown = { id: string; state: string; redirectUrl: string | null; said: Words | null }
type Words = { nl: string; en: string; fr: string }

async function begin(reference: string): Promise<Shown> {
  const intent = {
    tenant: TENANT,
    amount: 1250,
    currency: 'EUR',
    reference,
    returnUrl: 'https://club.example/',
    cancelUrl: 'https://club.example/',
    idempotencyKey: reference,
  }
  const answer = await fetch(`http://127.0.0.1:${service.port}/v1/payments`, {
    method: 'POST',
    headers: { authorization: 'Bearer key', 'content-type': 'application/json' },
    body: JSON.stringify(intent),
  })
  assert.equal(answer.status, 201)
  return (await answer.json()) as Shown
}

/** The member hears what is so, the club is told what to do, and then everything goes on. */
async function troubleAndBack(toClub: RegExp, mend: () => Promise<void> | void): Promise<void> {
  const from = told.length
  const reference = randomUUID()
  const refused = await begin(reference)
  assert.equal(refused.state, 'away')
  assert.equal(refused.redirectUrl, null)
  assert.match(refused.said?.nl ?? '', /Er is niets afgeschreven en uw boeking staat vast/)
  assert.match(refused.said?.en ?? '', /Nothing was charged and your booking stands/)
  assert.match(refused.said?.fr ?? '', /Rien n’a été débité et votre réservation tient/)
  aheadMs += 2 * MINUTE_MS
  await eventually('word to the club', () => told[from])
  assert.equal(told[from]?.address, 'treasurer@club.example')
  assert.match(told[from]?.text ?? '', toClub)
  await mend()
  const again = await eventually('the way to pay', async () => {
    const now = await begin(reference)
    return now.redirectUrl === null ? undefined : now
  })
  assert.equal(again.id, refused.id, 'nothing was lost: it is the same payment')
  await eventually('word that it is over', () => told[from + 1])
  assert.match(told[from + 1]?.text ?? '', /répond à nouveau/)
}

test('payments: an answer that never comes', async () => {
  gateway.how = 'slow'
  await troubleAndBack(/répond trop lentement/, () => void (gateway.how = 'well'))
})

test('payments: an answer in HTML', async () => {
  gateway.how = 'html'
  await troubleAndBack(/autre chose qu’une réponse/, () => void (gateway.how = 'well'))
})

test('payments: a gateway that is down', async () => {
  await gateway.stop()
  await troubleAndBack(/est injoignable/, async () => gateway.start(await certificate('a', false)))
})

test('payments: an expired certificate', async () => {
  await gateway.stop()
  await gateway.start(await certificate('over', true))
  await troubleAndBack(/certificat .* n’est pas valable/, async () => {
    await gateway.stop()
    await gateway.start(await certificate('b', false))
  })
})

/** As a browser in the club's office does it. */
function visit(
  path: string,
  cookie: string,
  form?: Readonly<Record<string, string>>,
): Promise<{ status: number; text: string; cookie: string }> {
  return new Promise((resolve, reject) => {
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' }
    const method = form ? 'POST' : 'GET'
    const call = request({ socketPath: join(folder, 'doors'), path, method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => (text += piece))
      answer.on('end', () => {
        const [given = ''] = answer.headers['set-cookie'] ?? []
        resolve({ status: answer.statusCode ?? 0, text, cookie: given.split(';')[0] ?? '' })
      })
    })
    call.on('error', reject).end(form ? new URLSearchParams(form).toString() : '')
  })
}

async function ask(question: object): Promise<{ link: string }> {
  const body = JSON.stringify(question)
  return await new Promise((resolve, reject) => {
    const options = { socketPath: join(folder, 'office'), path: '/', method: 'POST' }
    const call = request(options, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => (text += piece.toString()))
      answer.on('end', () => resolve(JSON.parse(text) as { link: string }))
    })
    call.on('error', reject).end(body)
  })
}

async function enterOffice(tenant: string): Promise<{ cookie: string; token: string }> {
  const { link } = await ask({ ask: 'link', tenant })
  const path = new URL(link).pathname
  assert.match((await visit(path, '')).text, /<button>/)
  const { cookie } = await visit(path, '', {})
  assert.equal((await visit(path, '', {})).cookie, '', 'a link works once')
  const [, token = ''] =
    /name="token" value="(\w+)"/.exec((await visit('/office', cookie)).text) ?? []
  return { cookie, token }
}

test('payments: keys that were revoked; new ones count once the gateway took them', async () => {
  const { cookie, token } = await enterOffice(TENANT)
  const form = { token, gateway: 'paypal', environment: 'demonstration', webhookId: 'WH-1' }
  const wrong = { ...form, clientId: 'club', clientSecret: 'not right' }
  const refused = await visit('/office/keys', cookie, wrong)
  assert.equal(refused.status, 422)
  assert.match(refused.text, /does not accept these keys/)
  assert(!refused.text.includes('not right'), 'what was entered is not shown')
  Object.assign(twinKeys, { clientSecret: 'rotated at PayPal' })
  await troubleAndBack(/n’accepte plus vos clés/, async () => {
    const entered = { ...form, clientId: 'club', clientSecret: 'rotated at PayPal' }
    const taken = await visit('/office/keys', cookie, entered)
    assert.equal(taken.status, 200, taken.text)
    assert.match(taken.text, /checked and kept/)
    assert(!taken.text.includes('rotated at PayPal'))
  })
  assert(!JSON.stringify(trail.events).includes('rotated at'), 'no key is in the record')
  assert(!JSON.stringify(trail.events).includes(keys.clientSecret))
})

test('payments: a club’s office shows its own payments, and nobody else’s', async () => {
  const { text: mine } = await visit('/office', (await enterOffice(TENANT)).cookie)
  assert.match(mine, /class="fold"/)
  const { text: theirs } = await visit('/office', (await enterOffice('roseraie')).cookie)
  assert.doesNotMatch(theirs, /class="fold"/)
  assert.equal((await visit('/office', '')).status, 403)
  const { cookie } = await enterOffice(TENANT)
  const forged = await visit('/office/contact', cookie, { token: 'x', address: 'a@b.example' })
  assert.equal(forged.status, 403, 'a form of another site')
})
