/**
 * Verifying a book: every byte, from its first record, against itself and against checkpoints that
 * others hold: docs/formats/audit.md §7.
 *
 * Nothing is changed, and the writer need not stop.
 *
 * @module
 */
import { join } from 'node:path'
import type { Checkpoint } from '#crypto/checkpoint.ts'
import { MerkleTree, type Frontier } from '#crypto/merkle.ts'
import { SHA256_SIZE } from '#crypto/sha256.ts'
import { IntegrityError } from '#lib/errors.ts'
import { systemClock, type Clock } from '#system/clock.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { BookFiles, openCheckpoint, reasonOf } from './book-files.ts'
import { toldRecords } from './explain.ts'
import { Findings, records, type Finding } from './findings.ts'
import { checkProcessName, decodeHeader, originOf, segmentName } from './segment.ts'
import type { SegmentHeader } from './segment.ts'
import { survey } from './survey.ts'
import { verifyRecords } from './verify-records.ts'

export type VerifyOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly process: string
  readonly disk?: Disk
  readonly clock?: Clock
  /** Checkpoints held by somebody else, already believed. */
  readonly trusted?: readonly Checkpoint[]
  /** C2SP verifier key the book's own checkpoint must be signed with; default: those it names. */
  readonly key?: string
  /** What an earlier verification found sound: files that did not change since are not read. */
  readonly resume?: VerifiedPrefix | undefined
  /** Called after each segment with the bytes verified so far. */
  readonly onProgress?: (bytes: number, bytesTotal: number) => void
}

export type VerifyReport = {
  readonly process: string
  readonly segments: number
  readonly records: number
  readonly bytes: number
  /** The Merkle root over all records, hexadecimal; what a new checkpoint would sign. */
  readonly root: string
  /** So many records, from the first, are those a signed or trusted checkpoint stands for. */
  readonly vouched: number
  /** Empty: the book is what was written. At most 1,000. */
  readonly findings: readonly Finding[]
  /** What is worth knowing and no fault: torn tails that were left out at opening. */
  readonly notes: readonly string[]
  /** The closed segments that were found sound, for `resume`. */
  readonly sound?: VerifiedPrefix | undefined
}

/** How far a book was found sound, up to the end of a segment, and what it looked like then. */
export type VerifiedPrefix = {
  /** What each file of it looked like before it was read. */
  readonly stamps: ReadonlyMap<number, string>
  readonly headers: Headers
  readonly before: Before | undefined
  readonly next: number
  readonly frontier: Frontier
  readonly segments: number
  readonly bytes: number
  readonly vouched: number
  readonly notes: readonly string[]
}

/** A record being written is whole after this. */
const UNFINISHED_WAIT_MS = 200

/**
 * @throws {FaultError} DISK_* when a file cannot be read. What the files hold is never thrown, but
 *   reported.
 */
export async function verifyBook(options: VerifyOptions): Promise<VerifyReport> {
  checkProcessName(options.process)
  const files = new BookFiles(options.disk ?? systemDisk, join(options.folder, options.process))
  const note = await files.checkpointNote() // first: the book may grow meanwhile, never shrink
  const verifier = new BookVerifier(options, files)
  await verifier.run(note)
  return verifier.report()
}

type Headers = ReadonlyMap<number, SegmentHeader>

/** A segment, as its successor should name it. */
type Before = { readonly header: SegmentHeader; readonly bytes: number; readonly hash: string }

class BookVerifier {
  readonly #options: VerifyOptions
  readonly #files: BookFiles
  readonly #findings: Findings
  readonly #notes: string[] = []
  /** Those not compared yet, the smallest first. */
  #checkpoints: Checkpoint[] = []
  #segments = 0
  #bytes = 0
  #vouched = 0
  #tree = new MerkleTree()
  /** Whether every record so far was there, so that the tree can be compared. */
  #whole = true
  /** The segment before, as its successor should name it; undefined when it cannot be known. */
  #before: Before | undefined
  /** What each segment verified so far looked like before it was read. */
  readonly #stamps = new Map<number, string>()
  #sound: VerifiedPrefix | undefined
  /** Whether a finding in the segment before explains that the next does not follow it. */
  #excused = false
  #next = 0

  constructor(options: VerifyOptions, files: BookFiles) {
    this.#options = options
    this.#files = files
    this.#findings = new Findings(options.process)
  }

  async run(note: string | undefined): Promise<void> {
    const numbers = await this.#files.numbers()
    const headers = await this.#readHeaders(numbers, await this.#resume())
    this.#checkpoints = this.#readCheckpoints(note, headers)
    const leftOut = new Set([...headers.values()].flatMap(({ cut }) => cut?.segments ?? []))
    const sizes = numbers.map((number) => this.#files.disk.size(this.#files.path(number)))
    const bytesTotal = (await Promise.all(sizes)).reduce<number>(
      (sum, size) => sum + (size ?? 0),
      0,
    )
    for (const [index, number] of numbers.entries()) {
      const before = numbers[index - 1] ?? 0
      if (number > before + 1) this.#missing(before + 1, number, headers.get(number))
      if (this.#stamps.has(number)) continue
      if (leftOut.has(number)) {
        this.#notes.push(`${segmentName(number)} was left out after a power cut`)
        continue
      }
      const rest = numbers.slice(index + 1).filter((later) => !leftOut.has(later))
      const found = this.#findings.count
      const stamp = await this.#files.disk.stamp(this.#files.path(number))
      await this.#segment(number, rest.map((later) => headers.get(later)).find(Boolean), rest)
      this.#excused = this.#findings.count > found
      if (rest.length > 0 && stamp !== undefined) this.#keep(number, stamp, headers)
      this.#options.onProgress?.(this.#bytes, bytesTotal)
    }
    this.#checkTree()
    for (const { size } of this.#checkpoints) this.#truncated(size)
  }

  report(): VerifyReport {
    return {
      process: this.#options.process,
      segments: this.#segments,
      records: this.#next,
      bytes: this.#bytes,
      root: Buffer.from(this.#tree.root()).toString('hex'),
      vouched: this.#vouched,
      findings: this.#findings.list,
      notes: this.#notes,
      sound: this.#findings.count === 0 ? this.#sound : undefined,
    }
  }

  /** Goes on from an earlier verification, when none of its files changed; else from the start. */
  async #resume(): Promise<Headers> {
    const { resume } = this.#options
    if (!resume) return new Map()
    for (const [number, stamp] of resume.stamps) {
      if ((await this.#files.disk.stamp(this.#files.path(number))) !== stamp) return new Map()
    }
    for (const [number, stamp] of resume.stamps) this.#stamps.set(number, stamp)
    this.#before = resume.before
    this.#next = resume.next
    this.#tree = new MerkleTree(resume.frontier)
    this.#segments = resume.segments
    this.#bytes = resume.bytes
    this.#vouched = resume.vouched
    this.#notes.push(...resume.notes)
    this.#sound = resume
    return new Map([...resume.headers].filter(([number]) => resume.stamps.has(number)))
  }

  /** A closed segment was verified: remembers how things stand after it, as long as all is well. */
  #keep(number: number, stamp: string, headers: Headers): void {
    this.#stamps.set(number, stamp)
    if (this.#findings.count > 0 || !this.#whole) return
    this.#sound = {
      stamps: new Map(this.#stamps),
      headers,
      before: this.#before,
      next: this.#next,
      frontier: this.#tree.frontier(),
      segments: this.#segments,
      bytes: this.#bytes,
      vouched: this.#vouched,
      notes: [...this.#notes],
    }
  }

  async #readHeaders(numbers: readonly number[], known: Headers): Promise<Headers> {
    const headers = new Map(known)
    for (const number of numbers) {
      if (known.has(number)) continue
      try {
        headers.set(number, (await this.#files.header(number)).header)
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error // told when its turn comes
      }
    }
    return headers
  }

  #readCheckpoints(note: string | undefined, headers: Headers): Checkpoint[] {
    const known = [...headers.values()]
    const named = new Set(known.flatMap(({ verifier }) => verifier ?? []))
    const keys = this.#options.key === undefined ? [...named] : [this.#options.key]
    const found = [...(this.#options.trusted ?? [])]
    if (note !== undefined && keys.length > 0) {
      try {
        found.push(openCheckpoint(note, keys))
      } catch (error) {
        this.#findings.add('AUDIT_CHECKPOINT_INVALID', 'checkpoint', reasonOf(error))
      }
    } else if (known.length > 1 && known[0]?.verifier !== undefined) {
      const message = 'the book is signed, and its checkpoint is gone'
      this.#findings.add('AUDIT_CHECKPOINT_MISSING', 'checkpoint', message)
    }
    const origins = new Set(known.map(originOf))
    const isOwn = ({ origin }: Checkpoint): boolean => origins.size === 0 || origins.has(origin)
    for (const { origin } of found.filter((checkpoint) => !isOwn(checkpoint)))
      this.#findings.add('AUDIT_CHECKPOINT_FOREIGN', 'checkpoint', `it is of the book ${origin}`)
    return found.filter(isOwn).toSorted((a, b) => a.size - b.size)
  }

  async #segment(
    number: number,
    next: SegmentHeader | undefined,
    later: readonly number[],
  ): Promise<void> {
    const file = segmentName(number)
    const bytes = await this.#read(number, later.length === 0)
    if (!bytes) return this.#lost(next)
    this.#segments++
    this.#bytes += bytes.length
    const own = readHeader(bytes)
    if (typeof own === 'string' || own.header.segment !== number) {
      const why =
        typeof own === 'string' ? own : `it is the header of segment ${own.header.segment}`
      const range = next ? { first: this.#next, last: Math.max(this.#next, next.sequence - 1) } : {}
      this.#findings.add('AUDIT_HEADER_ALTERED', file, why, { offset: 0, ...range })
      return this.#lost(next)
    }
    this.#link(own.header)
    const successor = next?.previous?.segment === number ? next : undefined
    const end = this.#end(file, bytes, successor)
    const verdict = verifyRecords({
      file,
      bytes: bytes.subarray(0, end),
      start: own.size,
      sequence: own.header.sequence,
      until: successor?.sequence,
      findings: this.#findings,
      accept: (from, at) => this.#accept(from, at),
    })
    this.#next = verdict.next
    this.#whole &&= verdict.whole
    const hash = bytes.toString('hex', end - SHA256_SIZE, end)
    this.#before = { header: own.header, bytes: end, hash }
  }

  /** The bytes of a segment. The last may be in the middle of a write: then it is read again. */
  async #read(number: number, isLast: boolean): Promise<Buffer | undefined> {
    try {
      const bytes = await this.#files.segment(number)
      if (!isLast || !isUnfinished(bytes)) return bytes
      await (this.#options.clock ?? systemClock).sleep(UNFINISHED_WAIT_MS)
      return await this.#files.segment(number)
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      this.#findings.add(error.code, segmentName(number), error.message)
      return undefined
    }
  }

  /** Whether a segment goes on where the one before ended. */
  #link(header: SegmentHeader): void {
    const file = segmentName(header.segment)
    const { previous, sequence } = header
    const before = this.#before
    const foreign =
      header.process !== this.#options.process || (before && before.header.book !== header.book)
    const follows = before
      ? previous?.segment === before.header.segment &&
        previous.bytes === before.bytes &&
        previous.hash === before.hash &&
        sequence === this.#next
      : header.segment > 1 || sequence === 0
    if (foreign) this.#findings.add('AUDIT_SEGMENT_FOREIGN', file, 'it belongs to another book')
    else if (!follows && !this.#excused) {
      const first = before?.header.sequence ?? 0
      const last = Math.max(first, sequence - 1)
      const message = `${records(first, last)} are not those that ${file} follows`
      const where = segmentName(before?.header.segment ?? header.segment)
      this.#findings.add('AUDIT_SEGMENT_REWRITTEN', where, message, { first, last })
    }
    if (!sameFrontier(header, this.#tree)) {
      const why = 'its frontier is not that of the records before it'
      if (this.#whole && follows) this.#findings.add('AUDIT_HEADER_ALTERED', file, why)
      this.#checkTree()
      this.#whole = false
      this.#tree = new MerkleTree(header.frontier)
    }
    this.#next = sequence
  }

  /** Where the book's bytes end in a segment; what was left out after a power cut is noted. */
  #end(file: string, bytes: Buffer, successor: SegmentHeader | undefined): number {
    const end = successor?.previous?.bytes ?? bytes.length
    const cut = successor?.cut?.bytes ?? 0
    if (!successor || cut === 0 || end + cut !== bytes.length) return bytes.length
    this.#notes.push(`${file}: a torn tail of ${cut} bytes was left out after a power cut`)
    const durable = Math.max(0, ...survey(bytes, end).map((run) => run.durable))
    if (durable > successor.sequence) {
      const place = { offset: end, first: successor.sequence, last: durable - 1 }
      const message = 'the tail that was left out holds records that were on disk'
      this.#findings.add('AUDIT_TAIL_HIDES', file, message, place)
    }
    return end
  }

  /** A record counts, as far as the tree goes: its hash is the leaf. */
  #accept(bytes: Buffer, at: number): void {
    if (this.#tree.size === this.#checkpoints[0]?.size) this.#checkTree()
    this.#tree.append(bytes, at)
  }

  /** Compares the tree with the checkpoints of its size; those of a smaller one come too late. */
  #checkTree(): void {
    for (let next = this.#checkpoints[0]; next; next = this.#checkpoints[0]) {
      if (next.size > this.#tree.size) return
      this.#checkpoints.shift()
      if (!this.#whole || next.size < this.#tree.size) continue // what is wrong is named already
      if (Buffer.compare(this.#tree.root(), next.root) === 0) this.#vouched = next.size
      else {
        const place = { first: this.#vouched, last: Math.max(this.#vouched, next.size - 1) }
        const message = `${records(place.first, place.last)} are not those that were signed for`
        this.#findings.add('AUDIT_CHECKPOINT_MISMATCH', 'checkpoint', message, place)
      }
    }
  }

  #truncated(size: number): void {
    if (size <= this.#next) return
    const place = { first: this.#next, last: size - 1 }
    const message = `${records(place.first, place.last)} were signed for and are missing`
    this.#findings.add('AUDIT_BOOK_TRUNCATED', 'checkpoint', message, place)
  }

  /** Segments whose files are not there. */
  #missing(first: number, next: number, header: SegmentHeader | undefined): void {
    const names = first === next - 1 ? 'the file is' : `the files to ${segmentName(next - 1)} are`
    const until = header?.sequence ?? this.#next
    const place = until > this.#next ? { first: this.#next, last: until - 1 } : {}
    const lost = until > this.#next ? `, with ${records(this.#next, until - 1)}` : ''
    this.#findings.add(
      'AUDIT_SEGMENT_MISSING',
      segmentName(first),
      `${names} missing${lost}`,
      place,
    )
    this.#lost(header)
  }

  /** Nothing can be said of a segment's records. */
  #lost(next: SegmentHeader | undefined): void {
    this.#before = undefined
    this.#whole = false
    this.#next = next?.sequence ?? this.#next
  }
}

function readHeader(bytes: Buffer): { header: SegmentHeader; size: number } | string {
  try {
    return decodeHeader(bytes)
  } catch (error) {
    return reasonOf(error)
  }
}

/** Whether a segment's end is the beginning of something that is not there yet. */
function isUnfinished(bytes: Buffer): boolean {
  const own = readHeader(bytes)
  if (typeof own === 'string') return true
  const told = toldRecords(bytes, own.size, bytes.length)
  return (told.at(-1)?.end ?? own.size) !== bytes.length
}

function sameFrontier(header: SegmentHeader, tree: MerkleTree): boolean {
  const { size, hashes } = tree.frontier()
  return (
    header.frontier.size === size &&
    hashes.every((hash, at) => Buffer.compare(hash, header.frontier.hashes[at]!) === 0)
  )
}
