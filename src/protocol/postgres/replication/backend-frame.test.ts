/** Vectors for the backend frame reader, each replayed at every possible cut. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex, readVectors, toHex } from '#kit/vectors.ts'
import { ProtocolError } from '#lib/errors.ts'
import { BackendFrameReader, type BackendFrame } from './backend-frame.ts'

for (const vector of readVectors(new URL('testdata/backend-frame.vectors', import.meta.url))) {
  test(`backend frame: ${vector.case}`, () => {
    const bytes = hex(vector['bytes'] ?? '')
    const expected = [vector['frames']?.split(' ') ?? [], vector['code'] ?? []].flat()
    for (const chunks of cuts(bytes)) {
      assert.deepEqual(read(chunks), expected)
      assert.deepEqual(read(chunks, true), expected)
    }
  })
}

test('backend frame: a message within one chunk is a view of it, not a copy', () => {
  const chunk = hex('64 00000006 7701')
  const [frame] = [...new BackendFrameReader().push(chunk)]
  assert.equal(frame?.body.buffer, chunk.buffer)
})

test('backend frame: announcing a megabyte reserves none of it', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 64 }, () => new BackendFrameReader())
  for (const reader of readers) Array.from(reader.push(hex('64 00100004 00')))
  assert(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
})

test('backend frame: a dead reader stays dead, with the same code', () => {
  const reader = new BackendFrameReader()
  const dead = { code: 'PG_TYPE_UNKNOWN' }
  assert.throws(() => Array.from(reader.push(hex('00'))), dead)
  assert.throws(() => Array.from(reader.push(hex('63 00000004'))), dead)
})

/** Looks at the frames of a chunk once all of them are there, as the connection does. */
function read(chunks: Iterable<Uint8Array>, reuse = false): string[] {
  const seen: string[] = []
  const reader = new BackendFrameReader(reuse)
  try {
    for (const chunk of chunks) {
      const frames: BackendFrame[] = []
      try {
        for (const frame of reader.push(chunk)) frames.push(frame)
      } finally {
        for (const { name, body } of frames) seen.push(`${name}:${toHex(body)}`)
      }
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    seen.push(error.code)
  }
  return seen
}

function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)]
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}
