/**
 * Whatever is done to a book, verification finds it and names it.
 *
 * The book has some hundred records over several segments and runs; every kind of tampering is
 * tried at every record, or at places all over it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCheckpoint, type Checkpoint } from '#crypto/checkpoint.ts'
import { ed25519PrivateKey, noteSigner, parseNote } from '#crypto/signed-note.ts'
import { sha256Into } from '#crypto/sha256.ts'
import { CrashingDisk } from '#kit/crashing-disk.ts'
import { quickClock } from '#kit/quick-clock.ts'
import { mulberry32 } from '#kit/random.ts'
import { toldRecords, type Told } from './explain.ts'
import type { Finding } from './findings.ts'
import { openTrail } from './open.ts'
import { decodeHeader, segmentName, TRAILER_SIZE } from './segment.ts'
import { verifyBook, type VerifyReport } from './verify.ts'

const FOLDER = '/audit/writer'
const signer = noteSigner('writer', ed25519PrivateKey(new Uint8Array(32).fill(3)))

type Segment = {
  readonly number: number
  readonly bytes: Buffer
  readonly size: number
  readonly records: readonly Told[]
}

/** The checkpoints of the books written, by seed. */
const notes = new Map<number, string>()
const segments = await written()
const checkpoint = await heldByAnother()
const last = segments.at(-1)!

test('verify: a book nobody touched is as written, and signed for', async () => {
  const report = await verified(await book())
  assert.deepEqual(report.findings, [])
  assert(report.segments >= 6 && report.records > 150, 'large enough to prove something')
  assert.equal(report.vouched, report.records)
  assert.equal(report.records, checkpoint.size)
})

test('verify: one changed byte anywhere in a record is found, and the record named', async () => {
  const random = mulberry32(1)
  for (const { number, bytes, records } of segments) {
    for (const { at, end, sequence } of records) {
      const place = at + Math.floor(random() * (end - at))
      const altered = Buffer.from(bytes)
      altered[place] = altered[place]! ^ (1 + Math.floor(random() * 255))
      const { findings } = await verified(await book({ [number]: altered }))
      assert(findings.length > 0, `byte ${place - at} of record ${sequence}`)
      assert(near(findings, sequence), `${sequence}: ${told(findings)}`)
    }
  }
})

test('verify: a record changed together with its hash is found at the next one', async () => {
  for (const { number, bytes, records } of segments) {
    for (const [index, record] of records.slice(0, -1).entries()) {
      const altered = Buffer.from(bytes)
      altered[record.end - TRAILER_SIZE - 3] = altered[record.end - TRAILER_SIZE - 3]! ^ 1
      rehash(altered, records.slice(index, index + 1))
      const { findings } = await verified(await book({ [number]: altered }))
      assert(near(findings, record.sequence), `${record.sequence}: ${told(findings)}`)
    }
  }
})

test('verify: records taken out are found and numbered', async () => {
  const random = mulberry32(2)
  for (const { number, bytes, records } of segments) {
    for (const [index, first] of records.entries()) {
      const until = Math.min(records.length, index + 1 + Math.floor(random() * 3))
      const final = records[until - 1]!
      const without = Buffer.concat([bytes.subarray(0, first.at), bytes.subarray(final.end)])
      const { findings } = await verified(await book({ [number]: without }))
      const named = findings.some(
        (finding) =>
          /RECORD_MISSING|TRUNCATED/.test(finding.code) &&
          finding.first === first.sequence &&
          finding.last === final.sequence,
      )
      assert(named, `${first.sequence} to ${final.sequence}: ${told(findings)}`)
    }
  }
})

test('verify: two records that changed places are found', async () => {
  for (const { number, bytes, records } of segments) {
    for (const [index, a] of records.slice(0, -1).entries()) {
      const b = records[index + 1]!
      const swapped = Buffer.concat([
        bytes.subarray(0, a.at),
        bytes.subarray(b.at, b.end),
        bytes.subarray(a.at, a.end),
        bytes.subarray(b.end),
      ])
      const { findings } = await verified(await book({ [number]: swapped }))
      const named = findings.some(
        ({ code, first, last: to }) =>
          code === 'AUDIT_RECORD_REORDERED' && first === a.sequence && to === b.sequence,
      )
      assert(named, `${a.sequence} and ${b.sequence}: ${told(findings)}`)
    }
  }
})

test('verify: a record put in again, there or elsewhere, is found and named', async () => {
  const random = mulberry32(3)
  for (const { number, bytes, records } of segments) {
    for (const copied of records) {
      const after = records[Math.floor(random() * records.length)]!
      if (after.sequence < copied.sequence) continue
      const doubled = Buffer.concat([
        bytes.subarray(0, after.end),
        bytes.subarray(copied.at, copied.end),
        bytes.subarray(after.end),
      ])
      const { findings } = await verified(await book({ [number]: doubled }))
      const named = findings.some(
        ({ code, first }) =>
          (code === 'AUDIT_RECORD_DUPLICATED' && first === copied.sequence) ||
          code === 'AUDIT_RECORD_ADDED',
      )
      assert(named, `${copied.sequence} after ${after.sequence}: ${told(findings)}`)
    }
  }
})

test('verify: a book cut short at any byte is found, and what is missing named', async () => {
  const bytes = last.bytes
  for (let end = last.size; end < bytes.length; end += 7) {
    const { findings } = await verified(await book({ [last.number]: bytes.subarray(0, end) }))
    const whole = last.records.filter((record) => record.end <= end).length
    const first = (last.records[0]?.sequence ?? 0) + whole
    const missing = findings.find(({ code }) => code === 'AUDIT_BOOK_TRUNCATED')
    assert.equal(missing?.first, first, `cut at ${end}: ${told(findings)}`)
  }
})

test('verify: any closed segment cut short is found, and its lost records named', async () => {
  for (const segment of segments.slice(0, -1)) {
    for (const kept of [0, 1, Math.max(0, segment.records.length - 1)]) {
      const end = kept === 0 ? segment.size : segment.records[kept - 1]!.end
      const { findings } = await verified(
        await book({ [segment.number]: segment.bytes.subarray(0, end) }),
      )
      const named = findings.some(
        ({ code, first, file }) =>
          code === 'AUDIT_RECORD_MISSING' &&
          first === segment.records[kept]!.sequence &&
          file === segmentName(segment.number),
      )
      assert(named, told(findings))
    }
  }
})

test('verify: a missing segment is found, and the records it held', async () => {
  for (const { number, records } of segments) {
    const report = await verified(await book({ [number]: undefined }))
    const finding = report.findings.find(
      ({ code }) =>
        code === (number === last.number ? 'AUDIT_BOOK_TRUNCATED' : 'AUDIT_SEGMENT_MISSING'),
    )
    assert(finding, told(report.findings))
    assert.equal(finding.first, records[0]!.sequence)
    assert.equal(finding.last, records.at(-1)!.sequence)
    assert.equal(report.findings.length, 1, told(report.findings))
  }
})

test('verify: a header changed anywhere is found', async () => {
  for (const { number, bytes, size } of segments) {
    for (let at = 0; at < size; at += 13) {
      const altered = Buffer.from(bytes)
      altered[at] = altered[at]! ^ 4
      const { findings } = await verified(await book({ [number]: altered }))
      assert(
        findings.some(({ file }) => file === segmentName(number)),
        `${number}, byte ${at}`,
      )
    }
  }
})

test('verify: a segment rewritten with all its hashes is found at the next one', async () => {
  for (const { number, bytes, records } of segments.slice(0, -1)) {
    const altered = Buffer.from(bytes)
    const [record] = records as [Told]
    altered[record.end - TRAILER_SIZE - 3] = altered[record.end - TRAILER_SIZE - 3]! ^ 1
    rehash(altered, records)
    const { findings } = await verified(await book({ [number]: altered }))
    const finding = findings.find(({ code }) => code === 'AUDIT_SEGMENT_REWRITTEN')
    assert.equal(finding?.file, segmentName(number), told(findings))
    assert.equal(finding.first, record.sequence)
    assert.equal(finding.last, records.at(-1)?.sequence)
  }
})

test('verify: what is rewritten to its very end is found by a checkpoint', async () => {
  const altered = Buffer.from(last.bytes)
  const [record] = last.records as [Told]
  altered[record.end - TRAILER_SIZE - 3] = altered[record.end - TRAILER_SIZE - 3]! ^ 1
  rehash(altered, last.records)
  const changed = await book({ [last.number]: altered })
  assert.equal((await verified(changed)).findings[0]?.code, 'AUDIT_CHECKPOINT_MISMATCH')
  changed.plant(`${FOLDER}/checkpoint`, undefined)
  const alone = await verified(changed)
  assert.deepEqual(
    alone.findings.map(({ code }) => code),
    ['AUDIT_CHECKPOINT_MISSING'],
  )
  const { findings } = await verified(changed, [checkpoint])
  assert(
    findings.some(({ code }) => code === 'AUDIT_CHECKPOINT_MISMATCH'),
    told(findings),
  )
})

test('verify: records written behind the end of a closed segment are found', async () => {
  const [first, second] = segments as [Segment, Segment]
  for (const added of [second.bytes.subarray(second.size), Buffer.from('not a record at all')]) {
    const longer = Buffer.concat([first.bytes, added])
    const { findings } = await verified(await book({ [first.number]: longer }))
    assert(findings.length > 0)
    assert.equal(findings[0]?.file, segmentName(first.number))
  }
})

test('verify: a segment of another book is found', async () => {
  const others = await written(77)
  const { number, bytes } = others[2]!
  const { findings } = await verified(await book({ [number]: bytes }))
  assert(
    findings.some(({ code }) => code === 'AUDIT_SEGMENT_FOREIGN'),
    told(findings),
  )
})

test('verify: two tamperings far apart are both named', async () => {
  const [a, b] = [segments[1]!, segments[4]!]
  const without = Buffer.concat([
    a.bytes.subarray(0, a.records[3]!.at),
    a.bytes.subarray(a.records[3]!.end),
  ])
  const altered = Buffer.from(b.bytes)
  altered[b.records[5]!.at + 30] = altered[b.records[5]!.at + 30]! ^ 1
  const disk = await book({ [a.number]: without, [b.number]: altered })
  const { findings } = await verified(disk)
  assert.deepEqual(
    findings.map(({ code, first }) => [code, first]),
    [
      ['AUDIT_RECORD_MISSING', a.records[3]!.sequence],
      ['AUDIT_RECORD_ALTERED', b.records[5]!.sequence],
    ],
  )
})

test('verify: garbage of every kind is reported, never thrown', async () => {
  const random = mulberry32(5)
  for (let round = 0; round < 150; round++) {
    const { number, bytes } = segments[Math.floor(random() * segments.length)]!
    const mangled = Buffer.from(bytes)
    for (let count = Math.floor(random() * 20); count >= 0; count--) {
      const at = Math.floor(random() * mangled.length)
      const length = Math.floor(random() * 40)
      if (random() < 0.5)
        for (let k = 0; k < length; k++) mangled[at + k] = Math.floor(random() * 256)
      else mangled.copyWithin(at, Math.floor(random() * mangled.length))
    }
    if (mangled.equals(bytes)) continue
    const { findings } = await verified(await book({ [number]: mangled }))
    assert(findings.length > 0, `round ${round}`)
  }
})

/** Some hundred records, in segments of at most 4 kB, by three runs of the process. */
async function written(seed = 9): Promise<Segment[]> {
  const disk = new CrashingDisk({ seed })
  const random = mulberry32(seed)
  for (let run = 0; run < 3; run++) {
    await using trail = await openTrail({
      folder: '/audit',
      process: 'writer',
      node: 'n1',
      mode: 'written',
      disk,
      clock: quickClock(),
      signer,
      limits: { segmentBytesMax: 4000 },
    })
    for (let index = 0; index < 30; index++) {
      const text = 'abcdefgh'.repeat(Math.floor(random() * 8))
      const events = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, part) => ({
        code: 'TEST_HAPPENED',
        detail: { index, part, text },
      }))
      await trail.append(events)
    }
  }
  const found: Segment[] = []
  for (const name of await disk.list(FOLDER)) {
    if (!name.endsWith('.segment')) continue
    const bytes = Buffer.from(await disk.read(`${FOLDER}/${name}`))
    const { header, size } = decodeHeader(bytes)
    const records = toldRecords(bytes, size, bytes.length)
    found.push({ number: header.segment, bytes, size, records })
  }
  notes.set(seed, Buffer.from(await disk.read(`${FOLDER}/checkpoint`)).toString())
  return found
}

/** The book, with some segments replaced, or removed. */
async function book(
  changes: Readonly<Record<number, Uint8Array | undefined>> = {},
): Promise<CrashingDisk> {
  const disk = new CrashingDisk({ seed: 1 })
  for (const { number, bytes } of segments)
    disk.plant(`${FOLDER}/${segmentName(number)}`, number in changes ? changes[number] : bytes)
  disk.plant(`${FOLDER}/checkpoint`, Buffer.from(notes.get(9) ?? ''))
  return disk
}

async function heldByAnother(): Promise<Checkpoint> {
  return parseCheckpoint(parseNote(notes.get(9) ?? '').text)
}

function verified(disk: CrashingDisk, trusted: readonly Checkpoint[] = []): Promise<VerifyReport> {
  return verifyBook({ folder: '/audit', process: 'writer', disk, trusted, clock: quickClock() })
}

/** Makes each record's hash right again, from the first on. */
function rehash(bytes: Buffer, records: readonly Told[]): void {
  for (const { at, end } of records)
    sha256Into(bytes.subarray(at - TRAILER_SIZE, end - TRAILER_SIZE), bytes, end - TRAILER_SIZE + 1)
}

/** Whether some finding covers the record, or the one after it: there its hash is looked at. */
function near(findings: readonly Finding[], sequence: number): boolean {
  return findings.some(
    ({ first, last: to }) =>
      first !== undefined && first - 1 <= sequence && sequence <= (to ?? first) + 1,
  )
}

function told(findings: readonly Finding[]): string {
  return findings.map(({ code, first, last: to }) => `${code} ${first}-${to}`).join(', ')
}
