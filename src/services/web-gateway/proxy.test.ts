/** Bodies, protocols and accidents, as an application and its visitors see them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { WebSocket, WebSocketServer } from 'ws'
import {
  converse,
  openTls,
  startGateway,
  startRawUpstream,
  startUpstream,
  testAuthority,
  type TestGateway,
} from '#kit/web-gateway.ts'

const MIB = 1024 * 1024

let gateway: TestGateway
const opened = new AsyncDisposableStack()
const aborted: string[] = []

before(async () => {
  const application = opened.use(
    await startUpstream((request, response) => {
      const url = new URL(request.url ?? '/', 'http://localhost')
      if (url.pathname === '/seen') {
        response.setHeader('content-type', 'application/json')
        return void response.end(JSON.stringify(request.rawHeaders))
      }
      if (url.pathname === '/sum') return sum(request, (text) => void response.end(text))
      if (url.pathname === '/echo') return void request.pipe(response)
      if (url.pathname === '/send') {
        const size = Number(url.searchParams.get('size'))
        if (url.searchParams.has('length')) response.setHeader('content-length', size)
        return void Readable.from(zeros(size)).pipe(response)
      }
      if (url.pathname === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: first\n\n')
        return void response.on('close', () => aborted.push('/events'))
      }
      if (url.pathname === '/slow') {
        request.on('close', () => aborted.push('/slow'))
        return undefined
      }
      if (url.pathname === '/cookies') {
        response.setHeader('set-cookie', [
          'a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT',
          'b=2; Domain=evil.example',
          'c=3; Path=/c',
        ])
      }
      if (url.pathname === '/trailers') {
        response.setHeader('trailer', 'x-sum')
        response.write('body')
        response.addTrailers({ 'x-sum': '1' })
      }
      response.end()
    }),
  )
  const sockets = new WebSocketServer({ server: application.server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)))
  opened.defer(() => {
    for (const client of sockets.clients) client.terminate()
  })
  gateway = opened.use(await startGateway({ localhost: application.address }))
})
after(() => opened.disposeAsync())

function* zeros(size: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024)
  for (let sent = 0; sent < size; sent += block.length) {
    if (sent > 0 && sent % (20 * MIB) === 0) peakBuffers = Math.max(peakBuffers, liveBuffers())
    yield block.subarray(0, Math.min(block.length, size - sent))
  }
}

function sum(stream: Readable, done: (text: string) => void): void {
  const hash = createHash('sha256')
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    hash.update(chunk)
  })
  stream.on('end', () => done(`${size} ${hash.digest('hex')}`))
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The most that was held whenever 20 MiB more had been sent. */
let peakBuffers = 0

/** Bytes of buffers that somebody still holds: client, gateway and application together. */
function liveBuffers(): number {
  collect()
  return process.memoryUsage().arrayBuffers
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })
after(() => agent.destroy())

function ask(path: string, options: RequestOptions = {}): ReturnType<typeof httpsRequest> {
  const { httpsPort: port } = gateway
  return httpsRequest({ port, host: 'localhost', path, ca: testAuthority, agent, ...options })
}

async function answerTo(
  request: ReturnType<typeof ask>,
): Promise<IncomingMessage & { body: string }> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return Object.assign(response, { body })
}

async function get(path: string, options: RequestOptions = {}): ReturnType<typeof answerTo> {
  return answerTo(ask(path, options).end())
}

test('proxy: what a client claims about itself is replaced by what the gateway knows', async () => {
  const claims = {
    forwarded: 'for=6.6.6.6',
    'x-forwarded-for': '6.6.6.6',
    'X-Forwarded-Host': 'evil.example',
    'x-forwarded-proto': 'http',
    'x-real-ip': '6.6.6.6',
    'x-original-url': '/admin',
    x_forwarded_for: '6.6.6.6',
    'x-request-id': 'mine',
    proxy: 'http://evil.example',
    'proxy-authorization': 'Basic eA==',
    te: 'evil, trailers',
  }
  const { body } = await get('/seen', { headers: { ...claims, 'x-mine': 'passes' } })
  const seen = JSON.parse(body) as string[]
  assert.doesNotMatch(body, /6\.6\.6\.6|evil|admin|Basic|"mine"/)
  assert.equal(seen[seen.indexOf('x-forwarded-for') + 1], '127.0.0.1')
  assert.equal(seen[seen.indexOf('x-forwarded-proto') + 1], 'https')
  assert.equal(seen[seen.indexOf('x-forwarded-host') + 1], `localhost:${gateway.httpsPort}`)
  assert.equal(seen[seen.indexOf('x-mine') + 1], 'passes')
})

test('proxy: a declared proxy is believed, back to the first hop that is none', async () => {
  const application = await startUpstream((request, response) => {
    response.end(JSON.stringify([request.headers['x-forwarded-for'], request.headers['forwarded']]))
  })
  await using _ = application
  await using behind = await startGateway(
    { localhost: application.address },
    { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] },
  )
  const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.1.2.3' }
  const { body } = await get('/', { port: behind.httpsPort, agent: false, headers })
  const [chain] = JSON.parse(body) as string[]
  assert.equal(chain, '203.0.113.9, 10.1.2.3, 127.0.0.1', 'what the client itself wrote is gone')
})

test('proxy: Connection cannot remove what the application trusts to get', async () => {
  const headers = { connection: 'cookie, x-drop', cookie: 'sid=1', 'x-drop': '1' }
  const { body } = await get('/seen', { headers, agent: false })
  assert.match(body, /sid=1/)
  assert.doesNotMatch(body, /x-drop/)
})

test('proxy: 200 MB up and down, whole, and memory stays flat', { timeout: 60_000 }, async () => {
  const size = 200 * MIB
  const before = liveBuffers()
  peakBuffers = 0
  const upload = ask('/sum', { method: 'POST', headers: { 'content-length': size } })
  Readable.from(zeros(size)).pipe(upload)
  const up = await answerTo(upload)
  const [response] = (await once(ask(`/send?size=${size}&length`).end(), 'response')) as [
    IncomingMessage,
  ]
  const down = await new Promise<string>((resolve) => sum(response, resolve))
  assert.equal(up.body.split(' ')[0], String(size))
  assert.equal(down, up.body, 'same bytes both ways')
  const peak = peakBuffers - before
  assert(peak < 64 * MIB, `${Math.round(peak / MIB)} MiB of buffers at the peak`)
})

test('proxy: a reader that does not read stops the application, not our memory', async () => {
  let sent = 0
  await using application = await startUpstream((_, response) => {
    const block = Buffer.alloc(64 * 1024)
    const more = (): void => {
      while (!response.destroyed && response.write(block)) sent += block.length
      sent += block.length
    }
    response.on('drain', more)
    more()
  })
  await using ours = await startGateway({ localhost: application.address })
  const socket = await openTls(ours.httpsPort)
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  let before = 0
  for (let looksAlike = 0; looksAlike < 20;) {
    await delay(20)
    assert(sent < 32 * MIB, `${sent} bytes were taken, and the application goes on`)
    looksAlike = sent > 0 && sent === before ? looksAlike + 1 : 0
    before = sent
  }
  socket.destroy()
})

test('proxy: chunked both ways, echoed as it comes', async () => {
  const request = ask('/echo', { method: 'POST' })
  request.write('one ')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const [first] = (await once(response, 'data')) as [Buffer]
  assert.equal(String(first), 'one ')
  request.end('two')
  let rest = ''
  for await (const chunk of response) rest += String(chunk)
  assert.equal(rest, 'two')
  assert.equal(response.headers['transfer-encoding'], 'chunked')
})

test('proxy: event streams arrive event by event, and their end is told', async () => {
  const request = ask('/events').end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const [first] = (await once(response, 'data')) as [Buffer]
  assert.equal(String(first), 'data: first\n\n')
  response.on('error', () => undefined)
  request.destroy()
  await until(() => aborted.includes('/events'))
})

test('proxy: a client that goes away before the answer is seen by the application', async () => {
  const request = ask('/slow', { agent: false }).end()
  request.on('error', () => undefined)
  await until(() => gateway.metrics.exchanges > 0)
  await delay(20)
  request.destroy()
  await until(() => aborted.includes('/slow'))
})

test('proxy: cookies leave in order, hardened; an impossible one is dropped, seen', async () => {
  const { headers } = await get('/cookies')
  assert.deepEqual(headers['set-cookie'], [
    'a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT; SameSite=Lax; HttpOnly; Secure',
    'c=3; Path=/c; SameSite=Lax; HttpOnly; Secure',
  ])
  assert(gateway.events.some(({ code }) => code === 'WEB_COOKIE_DROPPED'))
})

test('proxy: HEAD, 204 and 304 have no body, and the connection lives on', async () => {
  for (const method of ['HEAD', 'HEAD', 'GET']) {
    const { statusCode } = await get('/send?size=10&length', { method })
    assert.equal(statusCode, 200)
  }
  const head = await get('/send?size=10&length', { method: 'HEAD' })
  assert.equal(head.headers['content-length'], '10')
})

test('proxy: trailers are dropped, the body is whole', async () => {
  const response = await get('/trailers')
  assert.equal(response.body, 'body')
  assert.deepEqual(response.trailers, {})
})

test('proxy: 100-continue is asked of the application and passed on', async () => {
  const headers = { expect: '100-continue', 'content-length': 5 }
  const request = ask('/sum', { method: 'POST', headers, agent: false })
  request.flushHeaders()
  await once(request, 'continue')
  request.end('hello')
  assert.match((await answerTo(request)).body, /^5 /)
})

test('proxy: HTTP/1.0 gets no chunks, and the end of the connection as the end', async () => {
  const bytes = 'GET /send?size=5 HTTP/1.0\r\nHost: localhost\r\n\r\n'
  const answer = await converse(await openTls(gateway.httpsPort), bytes)
  assert.doesNotMatch(answer, /transfer-encoding/)
  assert(answer.endsWith('\r\n\r\n\0\0\0\0\0'))
})

test('proxy: pipelined requests are answered in order', async () => {
  const one = (path: string, end = ''): string =>
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`
  const bytes = one('/send?size=1') + one('/missing') + one('/seen', 'Connection: close\r\n')
  const answer = await converse(await openTls(gateway.httpsPort), bytes)
  assert.equal(answer.match(/HTTP\/1\.1 200 /g)?.length, 3)
  assert(answer.indexOf('\0') < answer.indexOf('x-forwarded-for'))
})

test('proxy: WebSocket messages of any size pass both ways, and the close', async () => {
  const socket = new WebSocket(`wss://localhost:${gateway.httpsPort}/`, { ca: testAuthority })
  await once(socket, 'open')
  for (const size of [5, 70_000, 3 * MIB]) {
    socket.send(Buffer.alloc(size, 7))
    const [echo] = (await once(socket, 'message')) as [Buffer]
    assert.equal(echo.length, size)
  }
  socket.close(4001, 'bye')
  const [code] = (await once(socket, 'close')) as [number]
  assert.equal(code, 4001)
  await until(() => gateway.metrics.tunnels === 0)
})

test('proxy: what follows a change of protocol in the same flight is not lost', async () => {
  await using raw = await startRawUpstream((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
      socket.on('data', (chunk: Buffer) => socket.end(chunk))
    })
  })
  await using ours = await startGateway({ localhost: raw.address })
  const head = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'
  const answer = await converse(await openTls(ours.httpsPort), `${head}\r\nsecond`)
  assert(answer.endsWith('\r\n\r\nfirstsecond'))
})

test('proxy: another protocol than WebSocket is not switched to, asked or unasked', async () => {
  const h2c = {
    connection: 'Upgrade, HTTP2-Settings',
    upgrade: 'h2c',
    'http2-settings': 'AAMAAABk',
  }
  const { body } = await get('/seen', { headers: h2c, agent: false })
  assert.doesNotMatch(body, /h2c|http2-settings|AAMAAABk/i)
  const unasked = 'HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n'
  await using raw = await startRawUpstream((socket) => {
    socket.once('data', () => socket.write(unasked))
  })
  await using ours = await startGateway({ localhost: raw.address })
  const { statusCode } = await get('/', { port: ours.httpsPort, agent: false })
  assert.equal(statusCode, 502)
})

test('proxy: connections to the application are used again', async () => {
  const before = gateway.metrics.upstreamConnects
  for (let turn = 0; turn < 20; turn++) await get('/seen')
  assert(gateway.metrics.upstreamConnects - before <= 1)
})

test('proxy: a stale kept connection costs a GET nothing, and repeats no POST', async () => {
  let connections = 0
  const received: string[] = []
  await using raw = await startRawUpstream((socket) => {
    connections++
    let requests = 0
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk.toString('latin1').split(' ', 1)[0] ?? '')
      if (requests++ > 0) return void socket.destroy() // closed just as the next request comes
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  await using ours = await startGateway({ localhost: raw.address })
  const options = { port: ours.httpsPort, agent: false } as const
  assert.equal((await get('/', options)).body, 'ok')
  assert.equal((await get('/', options)).body, 'ok')
  assert.deepEqual([connections, ours.metrics.upstreamRetries], [2, 1])
  const posted = await get('/', { ...options, method: 'POST' })
  assert.equal(posted.statusCode, 502)
  assert.deepEqual(received, ['GET', 'GET', 'GET', 'POST'], 'the POST was sent once')
})

test('proxy: an answer cut short is cut for the client too, never completed', async () => {
  const cuts = [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
  ]
  for (const cut of cuts) {
    await using raw = await startRawUpstream((socket) => socket.once('data', () => socket.end(cut)))
    await using ours = await startGateway({ localhost: raw.address })
    await assert.rejects(get('/', { port: ours.httpsPort, agent: false }), { code: 'ECONNRESET' })
  }
})

test('proxy: an application on a unix socket, down and back, each told once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-web-'))
  const socketPath = join(folder, 'application.sock')
  await using ours = await startGateway({ localhost: { socketPath } })
  const options = { port: ours.httpsPort, agent: false } as const
  for (let turn = 0; turn < 3; turn++) assert.equal((await get('/', options)).statusCode, 502)
  const server = createServer((_, response) => response.end('back')).listen(socketPath)
  await once(server, 'listening')
  assert.equal((await get('/', options)).body, 'back')
  const codes = ours.events.map(({ code }) => code)
  assert.deepEqual(codes, ['WEB_UPSTREAM_DOWN', 'WEB_UPSTREAM_UP'])
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true })
})

test('proxy: the body limit holds where no length is announced', async () => {
  await using application = await startUpstream((request) => request.resume())
  await using ours = await startGateway(
    { localhost: application.address },
    { limits: { bodyMax: 1000 } },
  )
  const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
  const chunk = `320\r\n${'a'.repeat(800)}\r\n`
  const answer = await converse(await openTls(ours.httpsPort), head + chunk + chunk)
  assert.match(answer, /^HTTP\/1\.1 413 /)
})

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!condition()) {
    assert(performance.now() < deadline, 'it did not happen within 5 s')
    await delay(5)
  }
}
