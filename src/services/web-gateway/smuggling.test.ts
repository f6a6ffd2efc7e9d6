/**
 * Requests that servers have been known to read in two ways, sent over real TLS to a gateway before
 * a real server: none reaches it, each is answered, and the connection is not used again.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  converse,
  openTls,
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '#kit/web-gateway.ts'
import { readVectors } from '#kit/vectors.ts'
import { wireText } from '#kit/wire-text.ts'
import { refusals, type RefusalCode } from './refusals.ts'

let application: TestUpstream
let gateway: TestGateway
const reached: string[] = []

before(async () => {
  application = await startUpstream((request, response) => {
    reached.push(`${request.method} ${request.url}`)
    request.resume()
    request.on('end', () => response.end('reached'))
  })
  gateway = await startGateway({ localhost: application.address })
})
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await application[Symbol.asyncDispose]()
})

const vectors = new URL('../../protocol/http/testdata/request.vectors', import.meta.url)
const innocent = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

for (const vector of readVectors(vectors)) {
  const code = vector['code'] as RefusalCode | undefined
  if (code === undefined) continue
  test(`smuggling: ${vector.case}, is refused and nothing after it is read`, async () => {
    reached.length = 0
    const bytes = Buffer.concat([wireText(vector['bytes'] ?? ''), Buffer.from(innocent)])
    const answer = await converse(await openTls(gateway.httpsPort), bytes)
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${refusals[code].status} `))
    assert.equal(answer.match(/HTTP\/1\.1 \d{3} /g)?.length, 1, 'one answer only')
    assert.match(answer, /\r\nconnection: close\r\n/)
    assert.deepEqual(reached, [])
  })
}

/** Valid heads whose bodies turn out to be traps: the head may pass, the rest must not. */
const traps: readonly (readonly [name: string, body: string])[] = [
  ['a chunk size with a sign', '+5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size with a prefix', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['a chunk that ends in a bare LF', '5\r\nhello\n0\r\n\r\n'],
  ['a chunk extension with a bare LF', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
  ['a chunk size beyond all bounds', 'ffffffffffffffff\r\nhello'],
  ['more data than the chunk announced', '5\r\nhello!\r\n0\r\n\r\n'],
  ['a trailer without colon', '0\r\nGET /smuggled HTTP/1.1\r\n\r\n'],
  ['a negative chunk size', '-1\r\nhello\r\n0\r\n\r\n'],
]

for (const [name, body] of traps) {
  test(`smuggling: ${name}, ends the request and the connection`, async () => {
    reached.length = 0
    const head = 'POST /body HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    const answer = await converse(await openTls(gateway.httpsPort), head + body + innocent)
    assert.match(answer, /^HTTP\/1\.1 400 /)
    assert.equal(answer.match(/HTTP\/1\.1 \d{3} /g)?.length, 1, 'one answer only')
    assert(!reached.some((line) => line.includes('smuggled')))
  })
}

test('smuggling: what follows a body is the next request, by our count alone', async () => {
  reached.length = 0
  const post = 'POST /one HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'
  const answer = await converse(await openTls(gateway.httpsPort), post + innocent)
  assert.deepEqual(reached, ['POST /one', 'GET /smuggled'])
  assert.equal(answer.match(/HTTP\/1\.1 200 /g)?.length, 2)
})

test('smuggling: an answer that splits itself in two is none', async () => {
  const { startRawUpstream } = await import('#kit/web-gateway.ts')
  const two = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  await using raw = await startRawUpstream((socket) => {
    socket.once('data', () =>
      socket.write(`${two}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
    )
  })
  await using ours = await startGateway({ localhost: raw.address })
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const socket = await openTls(ours.httpsPort)
  const answer = await converse(socket, request, (text) => text.endsWith('ok'))
  assert.doesNotMatch(answer, /evil/)
  const next = await converse(await openTls(ours.httpsPort), request, (text) => text.endsWith('ok'))
  assert.match(next, /\r\n\r\nok$/, 'on a connection without left-over bytes')
})
