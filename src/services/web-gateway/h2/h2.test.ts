/** HTTP/2 to clients: the same application, the same policy, limits of its own. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  connect,
  constants,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'

let gateway: TestGateway
let client: ClientHttp2Session
let reached = 0
let cancelled = 0
const stack = new AsyncDisposableStack()

before(async () => {
  const application = stack.use(await startUpstream(answer))
  gateway = stack.use(await startGateway({ localhost: application.address }))
  client = open()
  stack.defer(() => client.destroy())
})
after(() => stack.disposeAsync())

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { url = '' } = request
  if (url === '/echo') return void request.pipe(response)
  if (url === '/large') {
    response.setHeader('content-length', 5_000_000)
    return void response.end(Buffer.alloc(5_000_000, 'x'))
  }
  if (url === '/empty') return void response.writeHead(204).end()
  if (url === '/never') {
    reached++
    return void response.once('close', () => cancelled++)
  }
  if (url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    return void response.write('data: first\n\n')
  }
  const { cookie, host, 'x-forwarded-proto': protocol } = request.headers
  response.setHeader('set-cookie', ['a=1', 'b=2'])
  response.setHeader('connection', 'keep-alive')
  response.end(JSON.stringify({ method: request.method, url, cookie, host, protocol }))
}

test('http/2: a request reaches the application as one of HTTP/1.1', async () => {
  const { headers, body } = await ask({ ':path': '/a?b=1', cookie: ['c=1', 'd=2'] })
  const { host, ...seen } = JSON.parse(body) as Record<string, string>
  assert.deepEqual(seen, { method: 'GET', url: '/a?b=1', cookie: 'c=1; d=2', protocol: 'https' })
  assert.match(host ?? '', /^localhost:\d+$/)
  assert.deepEqual(headers['set-cookie'], [
    'a=1; SameSite=Lax; HttpOnly; Secure',
    'b=2; SameSite=Lax; HttpOnly; Secure',
  ])
  assert.equal(headers['connection'], undefined)
  assert.doesNotMatch(String(headers['date']), /GMT.*GMT/, 'one Date')
})

const kinds: readonly (readonly [what: string, status: number, headers: OutgoingHttpHeaders])[] = [
  ['an answer of the application', 200, { ':path': '/' }],
  ['an empty answer', 204, { ':path': '/empty' }],
  ['a host that is not ours', 421, { ':path': '/', ':authority': 'elsewhere.example' }],
  ['a method that is refused', 405, { ':path': '/', ':method': 'TRACE' }],
  ['a target too long', 414, { ':path': `/${'x'.repeat(9_000)}` }],
  ['a head too large', 431, { ':path': '/', x: 'y'.repeat(40_000) }],
]

for (const [what, status, headers] of kinds) {
  test(`http/2: every policy field is on ${what} (${status})`, async () => {
    const given = await ask(headers)
    assert.equal(given.headers[':status'], status)
    for (const name of [
      'strict-transport-security',
      'content-security-policy',
      'x-frame-options',
      'x-content-type-options',
      'referrer-policy',
      'permissions-policy',
      'cross-origin-opener-policy',
      'cross-origin-resource-policy',
    ]) {
      assert.equal(typeof given.headers[name], 'string', name)
    }
  })
}

test('http/2: bodies stream both ways, many at a time', async () => {
  const bodies = Array.from({ length: 20 }, (_, index) => String(index).repeat(50_000))
  const answers = await Promise.all(
    bodies.map((body) => ask({ ':path': '/echo', ':method': 'POST' }, body)),
  )
  assert.deepEqual(
    answers.map(({ body }) => body),
    bodies,
  )
  const large = await ask({ ':path': '/large' })
  assert.equal(large.body.length, 5_000_000)
})

test('http/2: a HEAD is answered with the length and no body', async () => {
  const { headers, body } = await ask({ ':path': '/large', ':method': 'HEAD' })
  assert.equal(headers['content-length'], '5000000')
  assert.equal(body, '')
})

test('http/2: an event reaches the client while the answer goes on', async () => {
  const stream = client.request({ ':path': '/events' })
  const [first] = (await once(stream, 'data')) as [Buffer]
  assert.equal(first.toString(), 'data: first\n\n')
  stream.close()
})

test('http/2: the application sees at once that a request was cancelled', async () => {
  const before = reached
  const stream = client.request({ ':path': '/never' })
  await until(() => reached > before)
  assert.equal(cancelled, 0)
  stream.close()
  await until(() => cancelled > 0)
})

test('http/2: a client that asks only to cancel is shown out, and others are served', async () => {
  const attacker = open()
  const shownOut = Promise.withResolvers<void>()
  attacker.once('close', () => {
    shownOut.resolve()
  })
  attacker.on('stream', () => undefined)
  for (let count = 0; count < 5_000 && askToCancel(attacker); count++) {
    if (count % 50 === 0) await delay(1)
  }
  await shownOut.promise
  assert.equal((await ask({ ':path': '/' })).headers[':status'], 200)
})

const CANCEL = constants.NGHTTP2_CANCEL

type Answer = { readonly headers: IncomingHttpHeaders & { ':status'?: number }; body: string }

function open(): ClientHttp2Session {
  const session = connect(`https://localhost:${gateway.httpsPort}`, { ca: testAuthority })
  session.on('error', () => undefined)
  return session
}

/** One request, taken back at once. @returns false once the session takes no more of them. */
function askToCancel(session: ClientHttp2Session): boolean {
  if (session.closed || session.destroyed) return false
  const stream = session.request({ ':path': '/never' })
  stream.on('error', () => undefined)
  stream.close(CANCEL)
  return true
}

async function ask(headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = client.request(headers, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  const [given] = (await once(stream, 'response')) as [Answer['headers']]
  let text = ''
  stream.setEncoding('utf8')
  for await (const piece of stream) text += String(piece)
  return { headers: given, body: text }
}

const PATIENCE_MS = 30_000

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!condition()) {
    assert(performance.now() < endMs, 'not within half a minute')
    await delay(10)
  }
}
