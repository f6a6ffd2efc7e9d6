/** Claim headers.present: every kind of answer carries every row of the header table. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { WebSocketServer } from 'ws'
import {
  converse,
  openTls,
  startGateway,
  startRawUpstream,
  startUpstream,
  type TestGateway,
} from '#kit/web-gateway.ts'
import { webGatewayConfig } from './config.ts'
import { headerTable } from './headers.ts'

const rows = headerTable(webGatewayConfig.parse({}).headers).filter(
  (row) => row.value !== undefined,
)

let gateway: TestGateway
const opened = new AsyncDisposableStack()

before(async () => {
  const application = opened.use(
    await startUpstream((request, response) => {
      if (request.url === '/404') response.statusCode = 404
      if (request.url === '/304') response.statusCode = 304
      if (request.url === '/204') response.statusCode = 204
      if (request.url === '/302') response.writeHead(302, { location: '/' })
      if (request.url === '/500') response.statusCode = 500
      request.resume()
      response.end()
    }),
  )
  const sockets = new WebSocketServer({ server: application.server })
  opened.defer(() => {
    for (const client of sockets.clients) client.terminate()
  })
  const garbage = opened.use(
    await startRawUpstream((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-nonsense\r\n')),
    ),
  )
  const silent = opened.use(await startRawUpstream((socket) => socket.resume()))
  gateway = opened.use(
    await startGateway(
      {
        localhost: application.address,
        'garbage.localhost': garbage.address,
        'silent.localhost': silent.address,
        'down.localhost': { socketPath: '/nonexistent/application.sock' },
      },
      { limits: { bodyMax: 1000, headTimeoutMs: 300, responseMs: 500, bodyIdleMs: 400 } },
    ),
  )
})
after(() => opened.disposeAsync())

const get = (path: string, host = 'localhost', more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`
const post = (more: string, host = 'localhost'): string =>
  `POST / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`

const upgrade =
  'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'

/** What is sent over TLS → the status that comes back. */
const overTls: readonly (readonly [kind: string, status: number, bytes: string])[] = [
  ['an ordinary page', 200, get('/')],
  ['HEAD', 200, get('/').replace('GET', 'HEAD')],
  ['a missing page', 404, get('/404')],
  ['a redirect of the application', 302, get('/302')],
  ['nothing', 204, get('/204')],
  ['not modified', 304, get('/304')],
  ['an error of the application', 500, get('/500')],
  ['a change of protocol', 101, upgrade],
  ['a garbage request line', 400, 'GARBAGE\r\n\r\n'],
  ['no Host', 400, 'GET / HTTP/1.1\r\n\r\n'],
  ['length and coding', 400, post('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n')],
  ['TRACE', 405, get('/').replace('GET', 'TRACE')],
  ['a head that never ends', 408, 'GET / HTTP/1.1\r\nX: '],
  ['a body that stands still', 408, post('Content-Length: 9\r\n', 'silent.localhost')],
  ['a body too large', 413, post('Content-Length: 1001\r\n')],
  ['a target too long', 414, get(`/${'a'.repeat(9000)}`)],
  ['an unknown expectation', 417, post('Expect: tea\r\nContent-Length: 1\r\n')],
  ['an unknown host', 421, get('/', 'evil.example')],
  ['a head too large', 431, get('/', 'localhost', `X: ${'a'.repeat(40_000)}\r\n`)],
  ['too many fields', 431, get('/', 'localhost', 'X: y\r\n'.repeat(200))],
  ['an application that is down', 502, get('/', 'down.localhost')],
  ['an application that talks nonsense', 502, get('/', 'garbage.localhost')],
  ['an application that is silent', 504, get('/', 'silent.localhost')],
  ['another version of HTTP', 505, 'GET / HTTP/3.0\r\nHost: localhost\r\n\r\n'],
]

for (const [kind, status, bytes] of overTls) {
  test(`every answer: ${kind} (${status})`, async () => {
    const isWhole = (text: string): boolean => status === 101 && text.includes('\r\n\r\n')
    const answer = await converse(await openTls(gateway.httpsPort), bytes, isWhole)
    assertPolicy(answer, status, true)
  })
}

test('every answer: too many connections from one address (429)', async () => {
  await using small = await startGateway(
    { localhost: { socketPath: '/nonexistent' } },
    { limits: { connectionsPerAddressMax: 1 } },
  )
  const first = await openTls(small.httpsPort)
  assertPolicy(await converse(await openTls(small.httpsPort), ''), 429, true)
  first.destroy()
})

test('every answer: a full queue (503)', async () => {
  await using silent = await startRawUpstream((socket) => socket.resume())
  await using small = await startGateway(
    { localhost: silent.address },
    { limits: { upstreamConnectionsMax: 1, upstreamQueueMax: 0 } },
  )
  const first = await openTls(small.httpsPort)
  first.write(get('/'))
  while (small.metrics.exchanges === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assertPolicy(await converse(await openTls(small.httpsPort), get('/')), 503, true)
  first.destroy()
})

/** And too many connections, a full queue, plain HTTP on the TLS port. */
const ALONE = 3

const overPlain: readonly (readonly [kind: string, status: number, bytes: string])[] = [
  ['a redirect to HTTPS', 308, get('/page?a=b')],
  ['a redirect of a form', 308, post('Content-Length: 5\r\n') + 'hello'],
  ['an unknown host', 421, get('/', 'evil.example')],
  ['garbage', 400, 'GARBAGE\r\n\r\n'],
  ['silence', 408, 'GET / HTTP/1.1\r\n'],
]

for (const [kind, status, bytes] of overPlain) {
  test(`every answer over plain HTTP: ${kind} (${status})`, async () => {
    assertPolicy(await plain(gateway.redirectPort ?? 0, bytes), status, false)
  })
}

test('every answer: how many kinds there are', (t) => {
  t.diagnostic(`${overTls.length + overPlain.length + ALONE} kinds of answers`)
  assert(overTls.length >= 13)
})

test('every answer: plain HTTP on the TLS port (400)', async () => {
  assertPolicy(await plain(gateway.httpsPort, get('/')), 400, false)
})

test('redirect: same host, HTTPS port, same target, and no content', async () => {
  const answer = await plain(gateway.redirectPort ?? 0, get('/page?a=b'))
  assert.match(
    answer,
    new RegExp(`\r\nlocation: https://localhost:${gateway.httpsPort}/page\\?a=b\r\n`),
  )
  assert(answer.endsWith('\r\n\r\n'))
})

function assertPolicy(answer: string, status: number, tls: boolean): void {
  const [head = ''] = answer.split('\r\n\r\n')
  assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `))
  for (const row of rows) {
    const count = head.split('\r\n').filter((line) => line.startsWith(`${row.name}: `)).length
    assert.equal(count, row.tlsOnly && !tls ? 0 : 1, `${row.name} on ${status}`)
  }
  assert.doesNotMatch(head, /\r\n(?:server|x-powered-by): /i)
}

async function plain(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return converse(socket, bytes)
}
