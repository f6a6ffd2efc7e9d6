/** Vectors for the backend walker, each replayed at every possible cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { hex, readVectors, toHex } from '#kit/vectors.ts'
import { ProtocolError } from '#lib/errors.ts'
import { BackendWalker } from './backend.ts'

for (const vector of readVectors(new URL('testdata/backend.vectors', import.meta.url))) {
  test(`backend: ${vector.case}`, () => {
    const bytes = hex(vector['bytes'] ?? '')
    const expected = [vector['seen']?.split(' ') ?? [], vector['code'] ?? []].flat()
    for (let at = 0; at <= bytes.length; at++) {
      const { seen, boundary } = walk([bytes.subarray(0, at), bytes.subarray(at)])
      assert.deepEqual(seen, expected)
      if (!vector['code']) assert.equal(boundary, vector['boundary'] !== 'no')
    }
    assert.deepEqual(walk(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))).seen, expected)
  })
}

test('backend: an error of a megabyte is shown by its first fields only', () => {
  const body = Buffer.concat([Buffer.from('VERROR\0C22012\0M'), Buffer.alloc(1024 * 1024, 'x')])
  const header = Buffer.from([0x45, 0, 0, 0, 0])
  header.writeInt32BE(4 + body.length, 1)
  const ready = hex('5a 00000005 49')
  const { seen } = walk([header, body.subarray(0, 100), body.subarray(100), ready])
  assert.equal(seen[0]?.length, 'E:'.length + 2 * 2048)
  assert.equal(seen[1], 'Z:49')
})

test('backend: random bytes give declared codes only, at any chunking', () => {
  const random = mulberry32(7)
  const types = Buffer.from('123ACDEGHINSTVWZcdnst')
  for (let round = 0; round < 3_000; round++) {
    const bytes = Uint8Array.from({ length: 60 }, () => Math.floor(random() * 256))
    for (let at = 0; at <= 55; at += 5 + Math.floor(random() * 8)) {
      const type = types[Math.floor(random() * types.length)] ?? 0
      if (random() < 0.8) bytes.set([type, 0, 0, 0], at) // so that most lengths are short
    }
    const whole = walk([bytes]).seen
    const chunks: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random() * 9)
      chunks.push(bytes.subarray(at, at + size))
      at += size
    }
    assert.deepEqual(walk(chunks).seen, whole)
  }
})

/** Sums data reports that follow each other: how they are cut is the one thing chunking decides. */
function walk(chunks: readonly Uint8Array[]): { seen: string[]; boundary: boolean } {
  const seen: string[] = []
  let [rows, bytes] = [0, 0]
  const sum = (): void => {
    if (rows > 0) seen.push(`data:${rows}/${bytes}`)
    rows = bytes = 0
  }
  const walker = new BackendWalker({
    data: (moreRows, moreBytes) => {
      rows += moreRows
      bytes += moreBytes
    },
    message: (type, head) => {
      sum()
      seen.push(`${type}:${toHex(head)}`)
    },
  })
  try {
    for (const chunk of chunks) walker.push(chunk)
    sum()
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    sum()
    seen.push(error.code)
  }
  return { seen, boundary: walker.atBoundary }
}
