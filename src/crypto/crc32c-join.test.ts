/** Checksums of parts make that of the whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32cWithZeros, joinCrc32c } from './crc32c-join.ts'
import { crc32c } from './crc32c.ts'

test('crc32c of a whole: joined from its parts, cut anywhere, and with zeros behind', () => {
  const whole = new Uint8Array(20_000).map((_, at) => (at * 7 + (at >> 5)) & 255)
  for (const cut of [0, 1, 2, 31, 8192, 12_345, whole.length]) {
    const [first, second] = [whole.subarray(0, cut), whole.subarray(cut)]
    const joined = joinCrc32c(crc32c(0, first), crc32c(0, second), second.length)
    assert.equal(joined, crc32c(0, whole), `cut at ${cut}`)
    const zeros = new Uint8Array(cut)
    assert.equal(crc32cWithZeros(crc32c(0, whole), cut), crc32c(crc32c(0, whole), zeros))
  }
})
