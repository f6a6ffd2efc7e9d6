/** What is written where it was read is whole: nothing is read over it before it has left. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
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
