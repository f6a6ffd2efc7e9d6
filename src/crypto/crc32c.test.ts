/** CRC-32C against published vectors, and at every alignment and cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from './crc32c.ts'

test('crc32c: the vectors of RFC 3720, appendix B.4, and the check value', () => {
  assert.equal(crc32c(0, new TextEncoder().encode('123456789')), 0xe3069283)
  assert.equal(crc32c(0, new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(0, new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.equal(
    crc32c(
      0,
      Uint8Array.from({ length: 32 }, (_, at) => at),
    ),
    0x46dd794e,
  )
  assert.equal(crc32c(0, new Uint8Array(0)), 0)
})

test('crc32c: the same whatever the alignment and however the bytes are cut', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, at) => (at * 37) & 255)
  const whole = crc32c(0, bytes)
  for (let shift = 0; shift < 8; shift++) {
    const shifted = new Uint8Array(108).subarray(shift, shift + 100)
    shifted.set(bytes)
    assert.equal(crc32c(0, shifted), whole)
  }
  for (let cut = 0; cut <= 100; cut++) {
    assert.equal(crc32c(crc32c(0, bytes.subarray(0, cut)), bytes.subarray(cut)), whole)
  }
})
