/** Pins what we send byte by byte, and how the server's answers are read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, toHex } from '#kit/vectors.ts'
import {
  decodeAuthentication,
  decodeReport,
  decodeRow,
  encodeQuery,
  encodeSaslInitial,
  encodeSslRequest,
  encodeStartup,
  quoteLiteral,
  quoteName,
} from './messages.ts'

test('messages: a startup asks for physical replication', () => {
  const startup = encodeStartup({ user: 'b', applicationName: 'veilig' })
  const words = Buffer.from(startup).toString('latin1').slice(8).split('\0')
  assert.deepEqual(words.slice(0, 4), ['user', 'b', 'replication', 'true'])
  assert.equal(new DataView(startup.buffer).getUint32(0), startup.length)
  assert.equal(toHex(startup.subarray(4, 8)), '00030000')
  assert.equal(toHex(encodeSslRequest()), '0000000804d2162f')
})

test('messages: a query and the first SASL response', () => {
  assert.equal(toHex(encodeQuery('SHOW x')), '510000000b53484f57207800')
  assert.equal(toHex(encodeSaslInitial('S', 'n,,')), '700000000d5300000000036e2c2c')
})

test('messages: nothing said to the server can leave its quotes', () => {
  assert.equal(quoteLiteral("a'b"), "'a''b'")
  assert.equal(quoteName('a"b'), '"a""b"')
  assert.throws(() => quoteLiteral('a\0b'), { code: 'PG_VALUE_INVALID' })
})

test('messages: authentication by SCRAM, and the ways we refuse', () => {
  const offered = hex('0000000a 534352414d2d5348412d32353600 00')
  assert.deepEqual(decodeAuthentication(offered), {
    kind: 'sasl',
    mechanisms: ['SCRAM-SHA-256'],
  })
  assert.equal(decodeAuthentication(hex('00000000')).kind, 'ok')
  assert.deepEqual(decodeAuthentication(hex('00000003')), {
    kind: 'unsafe',
    name: 'clear-text password',
  })
  assert.throws(() => decodeAuthentication(hex('0000')), { code: 'PG_VALUE_INVALID' })
})

test('messages: rows, and rows that lie about their length', () => {
  assert.deepEqual(decodeRow(hex('0003 00000001 61 ffffffff 00000000')), ['a', null, ''])
  for (const lie of ['', '0001', '0001 00000005 61', '0001 fffffffe', '0000 00', 'ffff']) {
    assert.throws(() => decodeRow(hex(lie)), { code: 'PG_VALUE_INVALID' }, lie)
  }
})

test('messages: an error without a code is no error of PostgreSQL', () => {
  const report = Buffer.from('SFEHLER\0VERROR\0C58P01\0Mgone\0\0')
  assert.deepEqual(decodeReport(report), {
    severity: 'ERROR',
    sqlstate: '58P01',
    message: 'gone',
    detail: '',
  })
  assert.throws(() => decodeReport(Buffer.from('Mgone\0\0')), { code: 'PG_VALUE_INVALID' })
})
