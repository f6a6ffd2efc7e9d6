/** Pins how WAL and keepalives are read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from '#kit/vectors.ts'
import { decodeWalMessage } from './wal-stream.ts'

const TWO_LSNS = '0000000100000010 0000000100000020'

test('wal stream: WAL says where it begins and where the server is', () => {
  assert.deepEqual(decodeWalMessage(hex(`77 ${TWO_LSNS} 0000000000000000 beef`)), {
    kind: 'wal',
    startLsn: 0x1_0000_0010n,
    serverEndLsn: 0x1_0000_0020n,
    bytes: hex('beef'),
  })
})

test('wal stream: a keepalive may ask for an answer', () => {
  assert.deepEqual(decodeWalMessage(hex('6b 0000000100000020 0000000000000000 01')), {
    kind: 'keepalive',
    serverEndLsn: 0x1_0000_0020n,
    replyRequested: true,
  })
})

test('wal stream: anything else is refused', () => {
  for (const other of ['', '77', `77 ${TWO_LSNS}`, '6b 00', '78 00']) {
    assert.throws(() => decodeWalMessage(hex(other)), { code: 'PG_VALUE_INVALID' }, other)
  }
})
