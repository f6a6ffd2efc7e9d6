/** DNS messages: what we ask, what we hear, and what an attacker would like us to hear. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAnswer, encodeQuery } from './message.ts'

/** An answer to `club.nl MX` from a real server, AD set: 10 mx.club.nl, by a pointer. */
const answer = Buffer.from(
  '1234' +
    '81a0' +
    '0001' +
    '0001' +
    '0000' +
    '0000' +
    '04636c7562026e6c00' +
    '000f' +
    '0001' +
    'c00c' +
    '000f' +
    '0001' +
    '0000003c' +
    '0007' +
    '000a' +
    '026d78' +
    'c00c',
  'hex',
)

test('dns: a query asks one question, and says that it understands signatures', () => {
  const query = Buffer.from(encodeQuery(0x1234, 'mx.club.nl.', 'TLSA'))
  assert.equal(query.toString('hex', 0, 12), '123401200001000000000001')
  assert.equal(query.toString('latin1', 12, 24), '\x02mx\x04club\x02nl\0')
  assert.equal(query.toString('hex', 24, 28), '00340001')
  for (const bad of ['', 'a..b', 'a b.nl', `${'x'.repeat(64)}.nl`, 'a.'.repeat(140)])
    assert.throws(() => encodeQuery(1, bad, 'A'), { code: 'DNS_NAME_INVALID' })
})

test('dns: an answer tells its data, and whether the resolver vouches for it', () => {
  const { id, rcode, authentic, truncated, data } = decodeAnswer(answer, 'MX')
  assert.deepEqual([id, rcode, authentic, truncated], [0x1234, 0, true, false])
  assert.equal(Buffer.from(data[0] ?? []).toString('latin1'), '\0\x0amx.club.nl')
  assert.deepEqual(decodeAnswer(answer, 'A').data, [])
})

test('dns: an answer cut anywhere, or that points in a circle, is refused', () => {
  for (let cut = 0; cut < answer.length; cut++)
    assert.throws(() => decodeAnswer(answer.subarray(0, cut), 'MX'), { code: 'DNS_ANSWER_INVALID' })
  const circle = Buffer.from(answer)
  circle.writeUInt16BE(0xc000 + answer.length - 2, answer.length - 2)
  assert.throws(() => decodeAnswer(circle, 'MX'), { code: 'DNS_ANSWER_INVALID' })
  const query = encodeQuery(1, 'a.nl', 'A')
  assert.throws(() => decodeAnswer(query, 'A'), { code: 'DNS_ANSWER_INVALID' })
})
