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
import { RecordCursor } from './record.ts'
import { checkProcessName, TRAILER_SIZE, type SegmentHeader } from './segment.ts'
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
  }
  readonly disk?: Disk
}

const CHUNK_SIZE = 4 * 1024 * 1024
const POLL_MS = 100

/**
 * The events of a book, in order, from `from` on. A book that does not exist yet is empty.
 *
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED at a record that is not what was written.
 */
export async function* readEvents(options: ReadOptions): AsyncGenerator<RecordedEvent> {
  checkProcessName(options.process)
  const reader = new BookReader(options)
  const { follow, from = 0 } = options
  for (;;) {
    let cursor = await reader.next()
    for (; cursor; cursor = await reader.next()) {
      for (let fault = cursor.next(); fault === undefined; fault = cursor.next()) {
        const { sequence, timeMs } = cursor
        if (sequence < from) continue
        yield { process: options.process, sequence, timeMs, ...cursor.event() }
      }
      reader.done(cursor)
    }
    if (!follow || follow.signal.aborted) return
    try {
      await follow.clock.sleep(follow.pollMs ?? POLL_MS, follow.signal)
    } catch (error) {
      if (!follow.signal.aborted) throw error
      return
    }
  }
}

/** Where a reader is in a book; gives the bytes that follow, as far as they are there. */
class BookReader {
  readonly #files: BookFiles
  readonly #from: number
  #header: SegmentHeader | undefined
  /** Position in the segment: just after a hash. */
  #at = 0
  #expected = 0

  constructor({ folder, process, disk = systemDisk, from = 0 }: ReadOptions) {
    this.#files = new BookFiles(disk, join(folder, process))
    this.#from = from
  }

  /** A cursor over what follows, or undefined when there is nothing more now. */
  async next(): Promise<RecordCursor | undefined> {
    if (!this.#header) {
      const header = await this.#first()
      if (!header) return undefined
      this.#enter(header.header, header.size)
    }
    const cursor = await this.#chunk()
    if (cursor) return cursor
    const successor = await this.#successor()
    if (!successor) return undefined
    this.#enter(successor.header, successor.size)
    return this.next()
  }

  /** Takes note of how far the cursor came. */
  done(cursor: RecordCursor): void {
    this.#at += cursor.at - TRAILER_SIZE
    this.#expected = cursor.expected
  }

  #enter(header: SegmentHeader, size: number): void {
    this.#header = header
    this.#at = size
    this.#expected = header.sequence
  }

  /** The bytes that follow in this segment, if they begin with a whole record. */
  async #chunk(): Promise<RecordCursor | undefined> {
    const path = this.#path()
    const start = this.#at - TRAILER_SIZE
    const bytes = await this.#files.disk.readRange(path, start, CHUNK_SIZE)
    const cursor = new RecordCursor(bytes, TRAILER_SIZE, this.#expected)
    const fault = cursor.next()
    if (fault === undefined) return new RecordCursor(bytes, TRAILER_SIZE, this.#expected)
    if (fault === 'end' || fault === 'cut') return undefined
    const where = `${path}, byte ${this.#at}: record ${this.#expected}`
    if ((await this.#successor()) !== undefined) return undefined
    throw new IntegrityError('AUDIT_BOOK_DAMAGED', `${where} is not what was written`)
  }

  /** The segment after this one, once it exists and this one was read to the end it names. */
  async #successor(): Promise<{ header: SegmentHeader; size: number } | undefined> {
    const own = this.#header?.segment ?? 0
    for (const number of await this.#files.numbers()) {
      if (number <= own) continue
      const next = await this.#readable(number)
      if (!next || next.header.previous?.segment !== own) continue
      if (next.header.previous.bytes === this.#at && next.header.sequence === this.#expected)
        return next
      if (next.header.previous.bytes > this.#at && (await this.#grew())) return undefined
      const where = `${this.#path()}, byte ${this.#at}: record ${this.#expected}`
      throw new IntegrityError('AUDIT_BOOK_DAMAGED', `${where} does not lead to segment ${number}`)
    }
    return undefined
  }

  /** Whether a whole record stands here now: the writer was faster than our two looks. */
  async #grew(): Promise<boolean> {
    const start = this.#at - TRAILER_SIZE
    const bytes = await this.#files.disk.readRange(this.#path(), start, CHUNK_SIZE)
    return new RecordCursor(bytes, TRAILER_SIZE, this.#expected).next() === undefined
  }

  /** The last segment that begins at or before what is wanted. */
  async #first(): Promise<{ header: SegmentHeader; size: number } | undefined> {
    let found: { header: SegmentHeader; size: number } | undefined
    for (const number of await this.#files.numbers()) {
      const next = await this.#readable(number)
      if (!next || (found && next.header.sequence > this.#from)) continue
      found = next
    }
    return found
  }

  async #readable(number: number): Promise<{ header: SegmentHeader; size: number } | undefined> {
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
