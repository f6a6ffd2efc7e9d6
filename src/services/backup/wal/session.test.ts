/** The run of WAL: no byte skipped, none promised early, no silence taken for freshness. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WalMessage } from '#protocol/postgres/replication/wal-stream.ts'
import { WalSession } from './session.ts'

test('session: WAL is cut into full parts, and the rest waits for its time', () => {
  const session = begin()
  const parts = session.take(wal(1000n, 25), 5, 5)
  assert.deepEqual(
    parts.map(({ startLsn, bytes }) => [startLsn, bytes.length]),
    [
      [1000n, 10],
      [1010n, 10],
    ],
  )
  assert.equal(session.cutDueMs(250), 255)
  session.take(wal(1025n, 2), 100, 5)
  assert.equal(session.cutDueMs(250), 255, 'the first byte of the part counts')
  const [rest] = session.cut()
  assert.deepEqual([rest?.startLsn, rest?.bytes.length], [1020n, 7])
  assert.equal(session.cutDueMs(250), undefined)
  assert.deepEqual(session.cut(), [])
})

test('session: the parts are the WAL, byte for byte, whatever the messages were', () => {
  const session = begin()
  const sent = Uint8Array.from({ length: 200 }, (_, at) => at)
  const seen: Uint8Array[] = []
  for (let at = 0, step = 1; at < sent.length; at += step++) {
    const bytes = sent.subarray(at, at + step)
    const message: WalMessage = {
      kind: 'wal',
      startLsn: 1000n + BigInt(at),
      serverEndLsn: 0n,
      bytes,
    }
    seen.push(...session.take(message, 0, 0).map((part) => part.bytes))
  }
  seen.push(...session.cut().map((part) => part.bytes))
  assert.deepEqual(Uint8Array.from(Buffer.concat(seen)), sent)
})

test('session: a byte skipped or repeated by the server ends the run', () => {
  for (const startLsn of [999n, 1001n]) {
    assert.throws(() => begin().take(wal(startLsn, 1), 0, 0), { code: 'WAL_NOT_CONTIGUOUS' })
  }
})

test('session: PostgreSQL is told what the regions hold, and nothing beyond', () => {
  const session = begin()
  session.take(wal(1000n, 10), 0, 0)
  assert.deepEqual(promised(session), [1000n, 1000n])
  session.safe({ timeline: 1, lsn: 1004n })
  session.safe({ timeline: 1, lsn: 1002n })
  session.safe({ timeline: 2, lsn: 1009n })
  session.safe(undefined)
  assert.deepEqual(promised(session), [1004n, 1004n], 'not even as written')
})

test('session: we are current only when we have all the server says it has', () => {
  const session = begin()
  assert.equal(session.currentMs, undefined)
  session.take({ kind: 'keepalive', serverEndLsn: 1000n, replyRequested: false }, 2, 1)
  assert.equal(session.currentMs, 1, 'an idle server says so')
  session.take(wal(1000n, 10, 1020n), 2, 2)
  session.take({ kind: 'keepalive', serverEndLsn: 1010n, replyRequested: false }, 3, 3)
  assert.equal(session.currentMs, 1, 'it has more than it has sent')
  session.take(wal(1010n, 10, 1020n), 4, undefined)
  assert.equal(session.currentMs, 1, 'what comes was sent before, and more may be on its way')
  session.take({ kind: 'keepalive', serverEndLsn: 1020n, replyRequested: false }, 5, 4)
  assert.equal(session.currentMs, 4)
  session.take({ kind: 'keepalive', serverEndLsn: 1020n, replyRequested: false }, 9, undefined)
  assert.equal(session.currentMs, 4, 'what waited with us is not news')
})

function begin(): WalSession {
  return new WalSession({
    at: { timeline: 1, lsn: 1000n },
    durableLsn: 1000n,
    serverEndLsn: 1000n,
    partMaxBytes: 10,
  })
}

function wal(startLsn: bigint, size: number, serverEndLsn = 0n): WalMessage {
  return { kind: 'wal', startLsn, serverEndLsn, bytes: new Uint8Array(size) }
}

function promised(session: WalSession): [bigint, bigint] {
  const status = session.status(0, false)
  const view = new DataView(status.buffer)
  return [view.getBigUint64(1), view.getBigUint64(9)]
}

test('session: its tail is the last bytes that say something, however they came', () => {
  const session = begin()
  assert.equal(session.tail, undefined)
  const content = Uint8Array.from({ length: 600 }, (_, at) => 1 + (at % 200))
  const send = (from: number, bytes: Uint8Array): void => {
    const startLsn = 1000n + BigInt(from)
    session.take({ kind: 'wal', startLsn, serverEndLsn: 0n, bytes }, 0, 0)
  }
  for (let at = 0; at < 600; at += 40) send(at, content.subarray(at, at + 40))
  const tail = { endLsn: 1600n, bytes: content.slice(88) }
  assert.deepEqual(plain(session.tail), tail)
  send(600, new Uint8Array(8000)) // a segment that is ended early is filled up
  assert.deepEqual(plain(session.tail), tail)
  send(8600, Uint8Array.of(7, 8, 0, 0))
  assert.deepEqual(plain(session.tail), { endLsn: 9602n, bytes: Uint8Array.of(7, 8) })
})

function plain(tail: WalSession['tail']): unknown {
  return tail && { endLsn: tail.endLsn, bytes: Uint8Array.from(tail.bytes) }
}
