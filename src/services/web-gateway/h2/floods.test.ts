/** Floods of HTTP/2 frames by a client that keeps no rule: it is shown out, others are served. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectH2 } from 'node:http2'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { eventually } from '#kit/eventually.ts'
import { startGateway, startUpstream, testAuthority, type TestGateway } from '#kit/web-gateway.ts'

const MIB = 1024 * 1024
/** What the attacker may send before he must be gone, and what it may cost us. */
const FLOOD_MAX = 64 * MIB
const GROWTH_MAX = 96 * MIB

const [DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE] = [0, 1, 3, 4, 5]
const [PING, GOAWAY, WINDOW_UPDATE, CONTINUATION] = [6, 7, 8, 9]
const END_STREAM = 1
const END_HEADERS = 4
const CANCEL = Buffer.of(0, 0, 0, 8)
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** GET / of https://localhost, by entries of the static table, and one literal for the host. */
const get = Buffer.concat([Buffer.of(0x82, 0x84, 0x87, 0x01, 9), Buffer.from('localhost')])

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.of()): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A field that goes into the client's dynamic table: 4,000 bytes by name `x`. */
const large = Buffer.concat([Buffer.of(0x40, 1, 120, 0x7f, 0xa1, 0x1e), Buffer.alloc(4000, 97)])

type Flood = { readonly name: string; readonly frames: (at: number) => Buffer }

const floods: readonly Flood[] = [
  {
    name: 'CONTINUATION without an end (CVE-2024-27983 and its like)',
    frames: (at) =>
      at === 0
        ? frame(HEADERS, END_STREAM, 1, get)
        : frame(CONTINUATION, 0, 1, Buffer.alloc(16_000, Buffer.of(0x00, 1, 120, 1, 121))),
  },
  {
    name: 'empty CONTINUATION frames',
    frames: (at) => (at === 0 ? frame(HEADERS, END_STREAM, 1, get) : frame(CONTINUATION, 0, 1)),
  },
  {
    name: 'requests that are taken back at once (CVE-2023-44487)',
    frames: (at) =>
      Buffer.concat([
        frame(HEADERS, END_STREAM | END_HEADERS, 2 * at + 1, get),
        frame(RST_STREAM, 0, 2 * at + 1, CANCEL),
      ]),
  },
  {
    name: 'requests that we must reset (CVE-2025-8671)',
    frames: (at) =>
      Buffer.concat([
        frame(HEADERS, END_STREAM | END_HEADERS, 2 * at + 1, get),
        frame(WINDOW_UPDATE, 0, 2 * at + 1, Buffer.of(0, 0, 0, 0)),
      ]),
  },
  {
    name: 'SETTINGS that want an answer each (CVE-2019-9515)',
    frames: () => frame(SETTINGS, 0, 0, Buffer.of(0, 3, 0, 0, 0, 100)),
  },
  { name: 'PING (CVE-2019-9512)', frames: () => frame(PING, 0, 0, Buffer.alloc(8)) },
  {
    name: 'a small field that grows large by the table (HPACK bomb)',
    frames: (at) => {
      const again = Buffer.alloc(3_000, 0xbe)
      const block = at === 0 ? Buffer.concat([get, large]) : Buffer.concat([get, again])
      return frame(HEADERS, END_STREAM | END_HEADERS, 2 * at + 1, block)
    },
  },
  {
    name: 'empty DATA (CVE-2019-9518)',
    frames: (at) =>
      at === 0
        ? frame(HEADERS, END_HEADERS, 1, Buffer.concat([Buffer.of(0x83), get.subarray(1)]))
        : frame(DATA, 0, 1),
  },
  { name: 'PUSH_PROMISE by a client', frames: () => frame(PUSH_PROMISE, 4, 1, Buffer.alloc(4)) },
  {
    name: 'frames larger than agreed',
    frames: () => frame(PING, 0, 0, Buffer.alloc(17_000)),
  },
]

/** GET /good, and fields from the client's table. */
function askGood(more: Buffer): Buffer {
  const path = Buffer.concat([Buffer.of(0x04, 5), Buffer.from('/good')])
  return Buffer.concat([get.subarray(0, 1), path, get.subarray(2), more])
}

let gateway: TestGateway
const stack = new AsyncDisposableStack()
before(async () => {
  const application = stack.use(
    await startUpstream((incoming, response) => {
      incoming.resume() // and no answer, ever, but to the good visitor
      if (incoming.url === '/good') response.end('served')
    }),
  )
  gateway = stack.use(await startGateway({ localhost: application.address }))
})
after(() => stack.disposeAsync())

test('http/2: the same frames, few of them, are answered', async () => {
  const socket = await open()
  const seen = new Set<number | undefined>()
  let rest = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const isAnswer = rest[3] === HEADERS && rest[9] === 0x88 // :status 200
      seen.add(isAnswer ? 1000 + rest.readUInt32BE(5) : rest[3])
      rest = rest.subarray(9 + rest.readUIntBE(0, 3))
    }
  })
  const whole = END_STREAM | END_HEADERS
  const asked = askGood(Buffer.of())
  socket.write(
    Buffer.concat([
      Buffer.from(PREFACE),
      frame(SETTINGS, 0, 0),
      frame(PING, 0, 0, Buffer.alloc(8)),
      frame(HEADERS, END_STREAM, 1, asked.subarray(0, 5)),
      frame(CONTINUATION, 0, 1),
      frame(CONTINUATION, END_HEADERS, 1, asked.subarray(5)),
      frame(HEADERS, whole, 3, askGood(large)),
      frame(HEADERS, whole, 5, askGood(Buffer.of(0xbe, 0xbe))),
      frame(HEADERS, whole, 7, get),
      frame(RST_STREAM, 0, 7, CANCEL),
      frame(HEADERS, END_HEADERS, 9, asked),
      frame(DATA, 0, 9),
      frame(DATA, END_STREAM, 9),
    ]),
  )
  const wanted = [SETTINGS, PING, 1001, 1003, 1005, 1009]
  await eventually('all answers', () => wanted.every((each) => seen.has(each)) || undefined)
  socket.destroy()
})

for (const { name, frames } of floods) {
  test(`http/2: ${name}: shown out, and others are served`, async (t) => {
    const before = process.memoryUsage().rss
    const socket = await open()
    let isGone = false
    const closed = once(socket, 'close').then(() => (isGone = true))
    socket.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0)]))
    let sent = 0
    for (let at = 0; sent < FLOOD_MAX && !isGone;) {
      const batch: Buffer[] = []
      for (let size = 0; size < 64 * 1024; at++) {
        const next = frames(at)
        batch.push(next)
        size += next.length
      }
      const bytes = Buffer.concat(batch)
      sent += bytes.length
      if (!socket.write(bytes)) await Promise.race([drained(socket), closed])
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.race([closed, delay(30_000, undefined, { ref: false })])
    assert(isGone, 'it is still there')
    const grown = process.memoryUsage().rss - before
    t.diagnostic(`gone after ${sent >> 10} KiB, grown by ${grown >> 10} KiB`)
    assert(sent < FLOOD_MAX, 'it was heard out')
    assert(grown < GROWTH_MAX, `grown by ${grown >> 20} MiB`)
    assert.equal(await good(), 200)
  })
}

test('http/2: after GOAWAY by a client, it is let go', async () => {
  const socket = await open()
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0)]))
  socket.end(frame(GOAWAY, 0, 0, Buffer.alloc(8)))
  socket.resume()
  await once(socket, 'close')
  assert.equal(await good(), 200)
})

function drained(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => socket.once('drain', resolve))
}

async function open(): Promise<TLSSocket> {
  const at = { port: gateway.httpsPort, host: '127.0.0.1', servername: 'localhost' }
  const socket = connect({ ...at, ca: testAuthority, ALPNProtocols: ['h2'] })
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'secureConnect')
  return socket
}

async function good(): Promise<number | undefined> {
  const session = connectH2(`https://localhost:${gateway.httpsPort}`, { ca: testAuthority })
  const stream = session.request({ ':path': '/good' })
  const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }]
  session.destroy()
  return headers[':status']
}
