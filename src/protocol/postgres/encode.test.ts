/** Pins every byte of the messages the gateway writes itself, and reads command tags back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, toHex } from '#kit/vectors.ts'
import { readError, readParameter, readTag, rowsOf } from './command-tag.ts'
import * as encode from './encode.ts'
import { MessageBuffer } from './message-buffer.ts'
import { readStartup } from './startup.ts'

test('encode: a fatal error has severity, SQLSTATE, message and hint', () => {
  const bytes = Buffer.from(encode.encodeFatal('28000', 'No.', 'Use TLS.'))
  assert.equal(bytes.readInt32BE(1), bytes.length - 1)
  assert.equal(bytes.toString('latin1', 5), 'SFATAL\0VFATAL\0C28000\0MNo.\0HUse TLS.\0\0')
  assert.deepEqual(readError(bytes.subarray(5)), { severity: 'FATAL', sqlstate: '28000' })
})

test('encode: negotiation names the whole version and the unknown options', () => {
  assert.equal(
    toHex(encode.encodeNegotiation(2, ['_pq_.x'])),
    '76' + '00000013' + '00030002' + '00000001' + '5f70715f2e7800',
  )
})

test('encode: a backend key may be of any size', () => {
  assert.equal(
    toHex(encode.encodeBackendKey(7, hex('0a0b'))),
    '4b' + '0000000a' + '00000007' + '0a0b',
  )
})

test('encode: startup and cancel are read back as they were written', () => {
  const parameters = new Map([
    ['user', 'béa'],
    ['database', 'd'],
  ])
  const startup = readStartup(encode.encodeStartup(parameters))?.packet
  assert.deepEqual(startup, { kind: 'startup', minor: 0, parameters, options: [] })
  const cancel = readStartup(encode.encodeCancel(9, hex('01020304')))?.packet
  assert.deepEqual(cancel, { kind: 'cancel', pid: 9, key: Buffer.from('01020304', 'hex') })
  assert.equal(readStartup(encode.encodeSslRequest())?.packet.kind, 'ssl-request')
})

test('command tag: rows are the last number of the tags that count', () => {
  const rows = { 'SELECT 12': 12, 'INSERT 0 3': 3, 'COPY 40': 40, BEGIN: 0, 'CREATE TABLE': 0 }
  for (const [tag, count] of Object.entries(rows)) assert.equal(rowsOf(tag), count, tag)
  assert.equal(readTag(Buffer.from('SELECT 1\0')), 'SELECT 1')
})

test('command tag: a parameter cut short is not guessed', () => {
  assert.deepEqual(readParameter(Buffer.from('a\0b\0')), { name: 'a', value: 'b' })
  assert.equal(readParameter(Buffer.from('a\0b')), undefined)
  assert.equal(readParameter(Buffer.from('a')), undefined)
})

test('message buffer: whole messages come out, at any cut', () => {
  const bytes = hex('52 00000008 00000000 5a 00000005 49')
  for (let at = 0; at <= bytes.length; at++) {
    const buffer = new MessageBuffer(100)
    const seen: string[] = []
    for (const chunk of [bytes.subarray(0, at), bytes.subarray(at)]) {
      buffer.push(chunk)
      for (let found = buffer.next(); found; found = buffer.next()) {
        seen.push(`${found.type}${toHex(found.body)}`)
      }
    }
    assert.deepEqual(seen, ['R00000000', 'Z49'])
    assert.equal(buffer.rest().length, 0)
  }
})

test('message buffer: announcing more than a login needs is refused at once', () => {
  const buffer = new MessageBuffer(100)
  buffer.push(hex('52 00000065'))
  assert.throws(() => buffer.next(), { code: 'PG_LENGTH_TOO_LARGE' })
  const invalid = new MessageBuffer(100)
  invalid.push(hex('52 00000003'))
  assert.throws(() => invalid.next(), { code: 'PG_LENGTH_INVALID' })
  assert.throws(() => new MessageBuffer(3).push(hex('52000000')), { code: 'PG_LENGTH_TOO_LARGE' })
})
