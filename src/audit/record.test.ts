/** Pins the bytes of docs/formats/audit.md, and what is refused before it becomes bytes. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { mulberry32 } from '#kit/random.ts'
import { toHex } from '#kit/vectors.ts'
import { VeiligError } from '#lib/errors.ts'
import { encodeEvent, RecordCursor, RecordEncoder } from './record.ts'
import { readEvents } from './read.ts'
import { decodeHeader, encodeHeader, segmentName, type SegmentHeader } from './segment.ts'

const header: SegmentHeader = {
  book: '00112233445566778899aabbccddeeff',
  createdMs: 1_767_225_600_000,
  cut: { bytes: 7, segments: [3] },
  durable: 1,
  frontier: { size: 1, hashes: [new Uint8Array(32).fill(0xab)] },
  mode: 'written',
  node: 'n1',
  previous: { segment: 2, bytes: 512, hash: 'cd'.repeat(32) },
  process: 'sql-gateway',
  segment: 4,
  sequence: 1,
  verifier: undefined,
}

test('segment: the header is magic, version, length, canonical JSON, 00 and their hash', () => {
  const json =
    '{"book":"00112233445566778899aabbccddeeff","created":1767225600000,' +
    '"cut":{"bytes":7,"segments":[3]},"durable":1,' +
    `"frontier":["${'ab'.repeat(32)}"],"mode":"written","node":"n1",` +
    `"previous":{"bytes":512,"hash":"${'cd'.repeat(32)}","segment":2},` +
    '"process":"sql-gateway","segment":4,"sequence":1,"verifier":null}'
  const start = Buffer.concat([
    Buffer.from('VLGAUDIT'),
    u32(1),
    u32(json.length),
    Buffer.from(json),
  ])
  const expected = Buffer.concat([start, Buffer.of(0), sha(start)])
  assert.equal(toHex(encodeHeader(header)), toHex(expected))
  assert.deepEqual(decodeHeader(expected), { header, size: expected.length })
})

test('record: length, sequence, time, durable, left, JSON, 00 and the hash', () => {
  const before = Buffer.concat([Buffer.of(0), Buffer.alloc(32, 0x11)])
  const encoder = new RecordEncoder(before)
  const events = [
    { code: 'DB_STATEMENT', detail: { sql: 'SELECT "é"', rows: 2, a: null } },
    { code: 'X', detail: {} },
  ]
  const first = { sequence: 2 ** 33 + 1, timeMs: 1_767_225_600_000, durable: 5 }
  const leaves: string[] = []
  encoder.encode(events, first, (bytes, at) => leaves.push(toHex(bytes.subarray(at, at + 32))))
  let written = Buffer.alloc(0)
  encoder.take((bytes) => (written = Buffer.from(bytes)))
  const one = record(
    '{"code":"DB_STATEMENT","detail":{"a":null,"rows":2,"sql":"SELECT \\"é\\""}}',
    {
      sequence: '000200000001',
      left: 1,
    },
  )
  const oneHash = sha(Buffer.concat([before, one]))
  const two = record('{"code":"X","detail":{}}', { sequence: '000200000002', left: 0 })
  const twoHash = sha(Buffer.concat([Buffer.of(0), oneHash, two]))
  const expected = [one, Buffer.of(0), oneHash, two, Buffer.of(0), twoHash]
  assert.equal(toHex(written), toHex(Buffer.concat(expected)))
  assert.deepEqual(leaves, [toHex(oneHash), toHex(twoHash)])
})

test('record: a detail is sorted however it is given, and however often', () => {
  const shapes = [
    { b: 1, a: 2 },
    { a: 2, b: 1 },
    { b: 1, a: 2, '10': 3, '9': 4 },
    { b: 1 },
    { a: 2, c: 3 },
  ]
  for (let round = 0; round < 3; round++) {
    for (const detail of shapes) {
      const sorted = Object.keys(detail).toSorted((a, b) => (a < b ? -1 : 1))
      const members = sorted.map((name) => `"${name}":${(detail as Record<string, number>)[name]}`)
      assert.equal(
        encodeEvent({ code: 'X', detail }),
        `{"code":"X","detail":{${members.join(',')}}}`,
      )
    }
  }
})

test('record: what goes in comes out, whatever text it is', () => {
  const random = mulberry32(3)
  const encoder = new RecordEncoder(new Uint8Array(33))
  for (let round = 0; round < 300; round++) {
    const units = Array.from({ length: Math.floor(random() * 50) }, () =>
      Math.floor(random() * 65536),
    )
    const text = String.fromCharCode(...units)
    const event = { code: 'X', detail: { text, number: random() * 10 ** (random() * 40 - 20) } }
    const before = Buffer.concat([Buffer.of(0), encoder.hash])
    encoder.encode([event], { sequence: round, timeMs: round, durable: 0 }, () => {})
    encoder.take((bytes) => {
      const cursor = new RecordCursor(Buffer.concat([before, bytes]), before.length, round)
      assert.equal(cursor.next(), undefined)
      assert.deepEqual(cursor.event(), event)
      assert.equal(cursor.next(), 'end')
    })
  }
})

test('record: what is no event is refused, and nothing of its append is encoded', () => {
  const encoder = new RecordEncoder(new Uint8Array(33))
  const good = { code: 'GOOD', detail: {} }
  const bad: [unknown, string][] = [
    [{ code: 'lower', detail: {} }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X"', detail: {} }, 'AUDIT_EVENT_INVALID'],
    [{ code: '', detail: {} }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { rows: NaN } }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { rows: Infinity } }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { rows: 1n } }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { nested: {} } }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { undef: undefined } }, 'AUDIT_EVENT_INVALID'],
    [{ code: 'X', detail: { text: 'x'.repeat(1024 * 1024) } }, 'AUDIT_EVENT_TOO_LARGE'],
  ]
  for (const [event, code] of bad) {
    const first = { sequence: 0, timeMs: 0, durable: 0 }
    const act = (): void => encoder.encode([good, event as typeof good], first, () => assert.fail())
    assert.throws(act, { code })
    assert.equal(encoder.size, 0)
  }
})

test('reader: random bytes, mangled headers and records give declared codes only', async () => {
  const random = mulberry32(11)
  const encoder = new RecordEncoder(encodeHeader(start).subarray(-33))
  const events = Array.from({ length: 9 }, (_, index) => ({ code: 'X', detail: { index } }))
  encoder.encode(events, { sequence: 0, timeMs: 0, durable: 0 }, () => {})
  let good = Buffer.alloc(0)
  encoder.take((bytes) => (good = Buffer.concat([encodeHeader(start), bytes])))
  for (let round = 0; round < 600; round++) {
    const bytes = round % 3 === 0 ? Buffer.alloc(Math.floor(random() * 200)) : Buffer.from(good)
    const changes = round % 3 === 0 ? bytes.length : 1 + Math.floor(random() * 4)
    for (let change = 0; change < changes; change++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    const disk = new CrashingDisk({ seed: round })
    disk.plant(`/a/writer/${segmentName(1)}`, bytes)
    const seen: number[] = []
    try {
      const reading = readEvents({ folder: '/a', process: 'writer', disk })
      for await (const { sequence } of reading) seen.push(sequence)
    } catch (error) {
      assert(error instanceof VeiligError && error.code.startsWith('AUDIT_'), String(error))
    }
    assert.deepEqual(seen, seen.length === 9 ? [0, 1, 2, 3, 4, 5, 6, 7, 8] : [])
  }
})

const start: SegmentHeader = {
  ...header,
  cut: undefined,
  durable: 0,
  frontier: { size: 0, hashes: [] },
  previous: undefined,
  process: 'writer',
  segment: 1,
  sequence: 0,
}

function record(json: string, { sequence, left }: { sequence: string; left: number }): Buffer {
  const text = Buffer.from(json)
  return Buffer.concat([
    u32(20 + text.length),
    Buffer.from(sequence, 'hex'),
    Buffer.from('019b76daa800', 'hex'),
    Buffer.from('000000000005', 'hex'),
    Buffer.of(0, left),
    text,
  ])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function sha(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
