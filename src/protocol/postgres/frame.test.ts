/**
 * Vectors for the frame reader, each replayed at every possible cut.
 *
 * TCP may split a stream anywhere, so a vector holds only if every two-chunk split, and one byte
 * at a time, give the same frames, the same verdict, and release the same bytes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '#kit/random.ts'
import { hex, readVectors, toHex } from '#kit/vectors.ts'
import { FrameReader, type FrameSink } from './frame.ts'

const TEXT_CAP = 16
const CODES = new Set(['PG_TYPE_UNKNOWN', 'PG_LENGTH_INVALID', 'PG_LENGTH_TOO_LARGE'])

for (const vector of readVectors(new URL('testdata/frame.vectors', import.meta.url))) {
  test(`frame: ${vector.case}`, () => {
    const bytes = hex(vector['bytes'] ?? '')
    const expected = [vector['frames']?.split(' ') ?? [], vector['code'] ?? []].flat()
    const released = toHex(bytes.subarray(0, bytes.length - Number(vector['held'] ?? 0)))
    for (const chunks of cuts(bytes)) {
      for (const read of [readAll(chunks), readAll(chunks, mulberry32(bytes.length))]) {
        assert.deepEqual(read.seen, expected)
        assert.equal(read.released, released)
      }
    }
  })
}

test('frame: a dead reader stays dead and releases nothing', () => {
  const reader = new FrameReader(silent, TEXT_CAP)
  reader.push(hex('00 00000004'))
  const death = reader.violation
  assert.equal(death?.code, 'PG_TYPE_UNKNOWN')
  assert.deepEqual(reader.push(hex('53 00000004')), [])
  assert.equal(reader.violation, death)
})

test('frame: announcing a gigabyte reserves none of it', () => {
  const before = process.memoryUsage().arrayBuffers
  const readers = Array.from({ length: 8 }, () => new FrameReader(silent, 0x3fffffff))
  for (const reader of readers) reader.push(hex('51 3ffffff0 41'))
  assert(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
})

test('frame: whole frames pass without being copied', () => {
  const chunk = hex('53 00000004 64 00000008 01020304')
  const [released] = new FrameReader(silent, TEXT_CAP).push(chunk)
  assert.equal(released?.buffer, chunk.buffer)
})

test('frame: a bulk load is summed up, and a fault in it still passes what came before', () => {
  const sums: number[] = []
  const reader = new FrameReader({ ...silent, copyData: (bytes) => sums.push(bytes) }, TEXT_CAP)
  const rows = hex('64 00000008 01020304  64 00000004  64 00000006 0102  63 00000004')
  const cut = hex('64 0000000a 010203')
  assert.deepEqual(reader.push(Buffer.concat([rows, cut])).map(toHex), [toHex(rows) + toHex(cut)])
  assert.deepEqual(sums, [6, 6])
  const faulty = hex('040506 64 00000005 01 64 00000003 0000')
  assert.deepEqual(reader.push(faulty).map(toHex), [toHex(faulty.subarray(0, 9))])
  assert.equal(reader.violation?.code, 'PG_LENGTH_INVALID')
  assert.deepEqual(sums, [6, 6, 1])
})

test('frame: a frame that waits lets what came before it pass, and nothing behind it', () => {
  let waits = true
  const frame = (name: string): 'wait' | undefined =>
    name === 'Query' && waits ? 'wait' : undefined
  const reader = new FrameReader({ ...silent, frame }, TEXT_CAP)
  const [before, query, behind] = [hex('53 00000004'), hex('51 00000006 41 00'), hex('48 00000004')]
  const chunk = Buffer.concat([before, query, behind])
  assert.deepEqual(reader.push(chunk).map(toHex), [toHex(before)])
  chunk.fill(0) // what waits is in memory of the reader's own
  assert.deepEqual(reader.push(behind), [])
  assert.deepEqual(reader.goOn(), [], 'it may wait again')
  waits = false
  assert.deepEqual(reader.goOn().map(toHex), [toHex(query) + toHex(behind), toHex(behind)])
})

test('frame: random bytes give declared codes only, at any chunking', () => {
  const random = mulberry32(20_260_705)
  const types = Buffer.from('BCDEFHPQSXcdf')
  for (let round = 0; round < 3_000; round++) {
    const bytes = Uint8Array.from({ length: 60 }, () => Math.floor(random() * 256))
    for (let at = 0; at <= 55; at += 5 + Math.floor(random() * 8)) {
      const type = types[Math.floor(random() * types.length)] ?? 0
      if (random() < 0.8) bytes.set([type, 0, 0, 0], at) // so that most lengths are short
    }
    const whole = readAll([bytes])
    assert.deepEqual(readAll(randomCuts(bytes, random)), whole)
    assert.deepEqual(readAll(randomCuts(bytes, random), random), whole)
    const verdict = whole.seen.at(-1) ?? ''
    if (verdict.startsWith('PG_')) assert(CODES.has(verdict), verdict)
  }
})

const silent: FrameSink = {
  frame: () => undefined,
  copyData: () => undefined,
  part: () => undefined,
  end: () => undefined,
}

/** @param waits Draws which frames wait, and for how long; without it none does. */
function readAll(
  chunks: Iterable<Uint8Array>,
  waits: () => number = () => 1,
): { seen: string[]; released: string } {
  let isWaiting = false
  const seen: string[] = []
  let part = ''
  let released = ''
  const reader = new FrameReader(
    {
      frame: (name, head, bodySize) => {
        isWaiting = waits() < 0.3
        if (isWaiting) return 'wait'
        const more = bodySize - head.length
        seen.push(`${name}:${toHex(head)}${more > 0 ? `+${more}` : ''}`)
        return undefined
      },
      copyData: (bytes) => {
        const [, sum = 0] = /^CopyData:\+(\d+)$/.exec(seen.at(-1) ?? '') ?? []
        if (sum !== 0) seen.pop() // how many come together is left to the chunks
        seen.push(`CopyData:+${Number(sum) + bytes}`)
      },
      part: (bytes) => (part += toHex(bytes)),
      end: () => {
        seen.push(`part:${part}`, 'end')
        part = ''
      },
    },
    TEXT_CAP,
  )
  for (const chunk of chunks) {
    for (const piece of reader.push(chunk)) released += toHex(piece)
    while (isWaiting && waits() < 0.5) for (const piece of reader.goOn()) released += toHex(piece)
  }
  while (isWaiting) for (const piece of reader.goOn()) released += toHex(piece)
  if (reader.violation) seen.push(reader.violation.code)
  return { seen, released }
}

function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let at = 0; at <= bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)]
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

function* randomCuts(bytes: Uint8Array, random: () => number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const size = 1 + Math.floor(random() * 9)
    yield bytes.subarray(at, at + size)
    at += size
  }
}
