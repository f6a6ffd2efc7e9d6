/** What was copied in any order has the checksum of the whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '#crypto/crc32c.ts'
import { CopiedFile } from './copied-files.ts'

test('a file copied in pieces, out of order and with holes, has the checksum of the whole', () => {
  const whole = new Uint8Array(10_000).map((_, at) => (at * 13 + (at >> 7)) & 255)
  whole.fill(0, 3000, 4500)
  whole.fill(0, 9000)
  const file = new CopiedFile()
  let start = 0
  for (const [from, to] of [
    [4500, 8000],
    [8000, 9000],
    [1000, 3000],
    [0, 1000],
  ] as const) {
    file.add(from, start, whole.subarray(from, to))
    start += to - from
  }
  assert.equal(file.checksum(whole.length), crc32c(0, whole))
  const places = file.pieces.map(({ at, start: from, length }) => [at, from, length])
  const expected = [
    [0, 6500, 1000],
    [1000, 4500, 2000],
    [4500, 0, 4500],
  ]
  assert.deepEqual(places, expected)
})

test('a file without a piece is empty, or zeros', () => {
  assert.equal(new CopiedFile().checksum(0), 0)
  assert.equal(new CopiedFile().checksum(8192), crc32c(0, new Uint8Array(8192)))
})
