/** What is written where it was read is whole: nothing is read over it before it has left. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createServer, type TLSSocket } from 'node:tls'
import { openTls, testCertificate } from '#kit/web-gateway.ts'
import { Outbox, readBuffer } from './outbox.ts'

const PIECE = 16 * 1024
/** So many after the client's side is full. */
const MORE = 20

test('outbox: what is read over after it was written arrives as it was', async () => {
  const { certificatePem: cert, keyPem: key } = testCertificate
  await using server = createServer({ cert, key })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'secureConnection')
  const client = await openTls((server.address() as AddressInfo).port)
  const [socket] = (await accepted) as [TLSSocket]
  client.pause()
  const outbox = new Outbox()
  const sent: Buffer[] = []
  for (let round = 0, left = MORE; left > 0; round++) {
    if (socket.writableLength > 0) left--
    const content = readBuffer.subarray(100, 100 + PIECE).fill(round)
    const head = round % 3 === 0 ? `head ${round} ${'x'.repeat(500)}\r\n` : ''
    sent.push(Buffer.concat([Buffer.from(head), content]))
    if (head) outbox.add(head)
    outbox.add(content)
    outbox.encryptTo(socket)
    readBuffer.fill(255) // the next answer
    await new Promise(setImmediate)
  }
  socket.end()
  const arrived: Buffer[] = []
  for await (const bytes of client) arrived.push(bytes as Buffer)
  assert(Buffer.concat(arrived).equals(Buffer.concat(sent)), 'other bytes than were sent')
})

test('outbox: a head and what was read behind it leave as one piece that nobody copied', () => {
  const read = (): Buffer => readBuffer.subarray(100, 100 + PIECE).fill(7)
  const long = 'x'.repeat(read().byteOffset + 1)
  const cases: readonly (readonly [what: string, pieces: (string | Buffer)[], copied: boolean])[] =
    [
      ['a head and content', ['head\r\n', read()], false],
      ['content alone', [read()], false],
      ['a head longer than the room before it', [long, read()], true],
      ['content from elsewhere', ['head\r\n', Buffer.alloc(PIECE, 9)], true],
      ['content amid others', ['head\r\n', Buffer.alloc(PIECE * 2, 9).subarray(PIECE)], true],
      ['a head and two pieces', ['head\r\n', read(), read()], true],
      ['two pieces', [read(), read()], true],
    ]
  for (const [what, pieces, copied] of cases) {
    const expected = Buffer.concat(pieces.map((piece) => Buffer.from(piece as string, 'latin1')))
    const written: Buffer[] = []
    const outbox = new Outbox()
    for (const piece of pieces) outbox.add(piece)
    outbox.encryptTo(sink(written))
    assert.equal(written.length, 1, what)
    assert(written[0]?.equals(expected), what)
    if (!/elsewhere|amid/.test(what))
      assert.equal(written[0]?.buffer !== readBuffer.buffer, copied, what)
  }
})

test('outbox: what must wait behind something else is copied', () => {
  const written: Buffer[] = []
  const busy = sink(written)
  busy.cork()
  const outbox = new Outbox()
  outbox.add(readBuffer.subarray(100, 100 + PIECE).fill(7))
  outbox.encryptTo(busy)
  readBuffer.fill(255)
  busy.uncork()
  assert(written[0]?.equals(Buffer.alloc(PIECE, 7)))
})

/** Where a socket would encrypt: keeps what it is given, as it is. */
function sink(written: Buffer[]): TLSSocket {
  const write = (piece: Buffer, _: string, done: () => void): void => {
    written.push(piece)
    done()
  }
  return new Writable({ write }) as unknown as TLSSocket
}
