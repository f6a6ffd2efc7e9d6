/**
 * Reading a book, also while its process writes in it.
 *
 * Only whole records whose hash is right are given; the rest of a record being written is waited
 * for. Nothing here needs the writer's help, and nothing disturbs it.
 *
 * @module
 */
import { join } from 'node:path'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import { systemDisk, type Disk } from '#system/disk.ts'
import { BookFiles } from './book-files.ts'
import { APPEND_BYTES_MAX, decodeEvent, JSON_SIZE_MAX, RecordCursor } from './record.ts'
import { checkProcessName, TRAILER_SIZE, type SegmentHeader } from './segment.ts'
import { survey } from './survey.ts'
import type { AuditEvent } from './trail.ts'

/** An event as the book has it. */
export type RecordedEvent = AuditEvent & {
  readonly process: string
  readonly sequence: number
  /** Milliseconds since the Unix epoch, by the writer's clock. */
  readonly timeMs: number
}

export type ReadOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly process: string
  /** The first sequence number wanted; default 0. */
  readonly from?: number
  /** Waits for more at the end, until the signal aborts; else reading ends there. */
  readonly follow?: {
    readonly clock: Clock
    readonly signal: AbortSignal
    readonly pollMs?: number
    /** Told each time all that is there has been given. */
    readonly atEnd?: () => void
  }
  readonly disk?: Disk
}

/** A record as the book has it: its event is JSON still. */
export type RawRecord = {
  readonly sequence: number
  readonly timeMs: number
  readonly json: string
}

const CHUNK_SIZE = 4 * 1024 * 1024
const APPEND_SIZE_MAX = APPEND_BYTES_MAX + 2 * JSON_SIZE_MAX
const POLL_MS = 100

/**
 * The events of a book, in order, from `from` on. A book that does not exist yet is empty.
 *
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED at a record that is not what was written.
 */
export async function* readEvents(options: ReadOptions): AsyncGenerator<RecordedEvent> {
  for await (const records of readRecords(options)) {
    for (const { sequence, timeMs, json } of records)
      yield { process: options.process, sequence, timeMs, ...decodeEvent(json) }
  }
}

/** The same, many at once, and not decoded. @throws {IntegrityError} As `readEvents`. */
export async function* readRecords(options: ReadOptions): AsyncGenerator<readonly RawRecord[]> {
  const reader = new BookReader(options, asRecord)
  const { follow, from = 0 } = options
  for (;;) {
    for (let records = await reader.next(); records; records = await reader.next()) {
      const wanted = records.filter(({ sequence }) => sequence >= from)
      if (wanted.length > 0) yield wanted
    }
    follow?.atEnd?.()
    if (!follow || follow.signal.aborted) return
    try {
      await follow.clock.sleep(follow.pollMs ?? POLL_MS, follow.signal)
    } catch (error) {
      if (!follow.signal.aborted) throw error
      return
    }
  }
}

type Head = { readonly header: SegmentHeader; readonly size: number }

function asRecord(cursor: RecordCursor): RawRecord {
  return { sequence: cursor.sequence, timeMs: cursor.timeMs, json: cursor.json() }
}

/** Where a reader is in a book; gives the records that follow, as far as they are there. */
export class BookReader<T> {
  readonly #files: BookFiles
  readonly #pick: (cursor: RecordCursor, head: SegmentHeader) => T
  readonly #from: number
  #header: SegmentHeader | undefined
  /** Position in the segment: just after a hash. */
  #at = 0
  #expected = 0

  /** @param pick What is wanted of the record that the cursor has just read. */
  constructor(
    { folder, process, disk = systemDisk, from = 0 }: ReadOptions,
    pick: (cursor: RecordCursor, head: SegmentHeader) => T,
  ) {
    checkProcessName(process)
    this.#pick = pick
    this.#files = new BookFiles(disk, join(folder, process))
    this.#from = from
  }

  /** The records of some appends that follow, or undefined when there is nothing more now. */
  async next(): Promise<T[] | undefined> {
    if (!this.#header) {
      const header = await this.#first()
      if (!header) return undefined
      this.#enter(header.header, header.size)
    }
    const records = await this.#records()
    if (records) return records
    const later = await this.#later()
    const successor = later.at(-1)
    if (!successor || !this.#leadsTo(successor.header)) return this.#ended(later)
    this.#enter(successor.header, successor.size)
    return this.next()
  }

  #enter(header: SegmentHeader, size: number): void {
    this.#header = header
    this.#at = size
    this.#expected = header.sequence
  }

  /** The whole appends that follow in this segment: a part of one may yet be cut off. */
  async #records(sizeMax = CHUNK_SIZE): Promise<T[] | undefined> {
    const header = this.#header
    if (!header) return undefined
    const there = (await this.#files.disk.size(this.#path())) ?? 0
    if (there <= this.#at) return undefined
    // No more memory than there is to read: megabytes for each look cost more than all judging.
    const start = this.#at - TRAILER_SIZE
    const size = Math.min(there - start, sizeMax)
    const bytes = await this.#files.disk.readRange(this.#path(), start, size)
    const cursor = new RecordCursor(bytes, TRAILER_SIZE, this.#expected)
    const records: T[] = []
    let whole = 0
    let fault = cursor.next()
    for (; fault === undefined; fault = cursor.next()) {
      records.push(this.#pick(cursor, header))
      if (cursor.left > 0) continue
      whole = records.length
      this.#at = start + cursor.at
      this.#expected = cursor.expected
    }
    if (whole > 0) return records.slice(0, whole)
    if (bytes.length === sizeMax && sizeMax < APPEND_SIZE_MAX) return this.#records(APPEND_SIZE_MAX)
    return undefined
  }

  /** The segments after this one whose headers can be read, up to one that goes on just here. */
  async #later(): Promise<Head[]> {
    const own = this.#header?.segment ?? 0
    const later: Head[] = []
    for (const number of await this.#files.numbers()) {
      const head = number > own ? await this.#readable(number) : undefined
      if (head) later.push(head)
      if (head && this.#leadsTo(head.header)) break
    }
    return later
  }

  /** Whether a segment goes on just here. */
  #leadsTo({ previous, sequence }: SegmentHeader): boolean {
    return (
      previous?.segment === this.#header?.segment &&
      previous?.bytes === this.#at &&
      sequence === this.#expected
    )
  }

  /**
   * Nothing follows now. That is the end of the book, or a torn tail, unless something tells that
   * more was on disk.
   */
  async #ended(later: readonly Head[]): Promise<T[] | undefined> {
    const start = this.#at - TRAILER_SIZE
    const size = (await this.#files.disk.size(this.#path())) ?? 0
    if (size === this.#at && later.length === 0) return undefined
    const bytes = await this.#files.disk.readRange(this.#path(), start, Math.max(0, size - start))
    const cursor = new RecordCursor(bytes, TRAILER_SIZE, this.#expected)
    let fault = cursor.next()
    if (fault === 'end' && later.length === 0) return undefined
    while (fault === undefined && cursor.left > 0) fault = cursor.next() // of one append
    if (fault === undefined && cursor.left === 0) return this.next() // the writer was faster
    const told = [
      ...later.map(({ header }) => header.durable),
      ...survey(cursor.bytes, cursor.at).map((run) => run.durable),
    ]
    if (Math.max(0, ...told) <= this.#expected) return undefined
    const where = `${this.#path()}, byte ${this.#at}: record ${this.#expected}`
    const message = `${where} is not what was written; 'veilig audit verify' tells more`
    throw new IntegrityError('AUDIT_BOOK_DAMAGED', message)
  }

  /** The last segment that begins at or before what is wanted. */
  async #first(): Promise<Head | undefined> {
    let found: Head | undefined
    for (const number of await this.#files.numbers()) {
      const next = await this.#readable(number)
      if (!next || (found && next.header.sequence > this.#from)) continue
      found = next
    }
    return found
  }

  async #readable(number: number): Promise<Head | undefined> {
    try {
      return await this.#files.header(number)
    } catch (error) {
      if (error instanceof IntegrityError) return undefined // being created, or left out later
      if (error instanceof FaultError && error.code === 'DISK_MISSING') return undefined
      throw error
    }
  }

  #path(): string {
    return this.#files.path(this.#header?.segment ?? 0)
  }
}
