/**
 * Cuts the write-ahead log into records, as it comes, in any pieces without a hole.
 *
 * A record is continued over pages and segments, each of which begins with a header of its own; a
 * record that lies whole in the bytes at hand is given as a view of them, not as a copy. Positions
 * are plain numbers: many times quicker than bigint, and exact up to nine petabytes of log.
 * Little-endian servers with the usual alignment of 8, which is every platform we support.
 *
 * Source: PostgreSQL 15 to 18, access/xlog_internal.h (page headers), xlogrecord.h; xlogreader.c.
 *
 * @module
 */
import { RM_XLOG } from './record-kinds.ts'

/** A record while it passes: it and its bytes are the reader's again once the sink returns. */
export type PassingRecord = {
  /** Where it begins, and one past its last byte, before alignment. */
  startLsn: number
  endLsn: number
  resourceManager: number
  info: number
  /** Its bytes from the header on are `bytes[at]` and behind; only the first `kept` are there. */
  bytes: Uint8Array
  at: number
  kept: number
  /** Its whole length, header included. */
  total: number
  /** CRC-32C of it, where the reader was asked to compute it; to be held against its header. */
  crc: number
}

export type RecordReaderOptions = {
  /** How many bytes of a record are wanted that lies in several pieces; at least its header. */
  readonly keep: (resourceManager: number, total: number) => number
  /** Continues a checksum by `bytes[from]` up to `bytes[to]`. */
  readonly checksum?: (crc: number, bytes: Uint8Array, from: number, to: number) => number
  /** Sees the header of each page in which a record begins or goes on. */
  readonly onPage?: (lsn: number, header: DataView) => void
  /** Hears of a place where a record should begin and none does: zeros, or no length at all. */
  readonly onNone?: (lsn: number) => void
  /** `wal_block_size` of the server. */
  readonly pageSize?: number
}

export const RECORD_HEADER = 24
/** Of a record's header: length, transaction, position of the record before, …, checksum. */
export const XID_AT = 4
export const PREVIOUS_AT = 8
export const CRC_AT = 20

const INFO_AT = 16
const RESOURCE_MANAGER_AT = 17
const PAGE_HEADER = 24
const LONG_PAGE_HEADER = 40
const CONTINUED = 0x0001
const OVERWRITES = 0x0008
const REMAINING_AT = 16
const LENGTH_SIZE = 4
const RECORD_MAX = 1020 * 1024 * 1024 // XLogRecordMaxSize
const ALIGN = 8
const XLOG_SWITCH = 0x40
const HEAD_FIRST_BYTES = 1024

export class RecordReader {
  readonly #options: RecordReaderOptions
  readonly #pageSize: number
  readonly #pagesPerSegment: number
  /** Where the next byte belongs; below zero before the first. */
  #lsn = -1
  #inPage = 0
  /** Of its segment. */
  #page = 0
  readonly #header = new Uint8Array(LONG_PAGE_HEADER)
  readonly #headerView = new DataView(this.#header.buffer)
  #headerSize = 0
  /** Bytes to pass over, page headers apart. */
  #skip = 0
  /** Of a record that lies in several pieces: what came of it, what is kept, how long it is. */
  #head = new Uint8Array(HEAD_FIRST_BYTES)
  #size = 0
  #kept = 0
  #total = 0
  #crc = 0
  readonly #record: PassingRecord

  constructor(walSegmentSize: number, options: RecordReaderOptions) {
    this.#options = options
    this.#pageSize = options.pageSize ?? 8192
    this.#pagesPerSegment = walSegmentSize / this.#pageSize
    const nowhere = { startLsn: 0, endLsn: 0, resourceManager: 0, info: 0, at: 0 }
    this.#record = { ...nowhere, bytes: this.#head, kept: 0, total: 0, crc: 0 }
  }

  /** Every record that begins before it was given: the open one's begin, or the next byte. */
  get doneLsn(): number {
    return this.#size > 0 ? this.#record.startLsn : this.#lsn
  }

  /**
   * Takes the bytes at `lsn` and gives each record that they complete. Where they do not follow the
   * bytes before, it begins anew, at the next page; what belongs to a record that began before is
   * passed over. Not to be used again after the sink has thrown.
   */
  push(lsn: number, bytes: Uint8Array, sink: (record: PassingRecord) => void): void {
    if (this.#lsn !== lsn) this.#restart(lsn)
    let used = 0
    while (used < bytes.length) {
      const left = Math.min(bytes.length - used, this.#pageSize - this.#inPage)
      const header = this.#headerLeft()
      let taken: number
      if (header > 0) taken = this.#takeHeader(bytes, used, Math.min(left, header), header)
      else if (this.#skip > 0) taken = this.#pass(left)
      else taken = this.#takeRecord(bytes, used, left, sink)
      used += taken
      this.#advance(taken)
    }
  }

  #restart(lsn: number): void {
    const page = Math.floor(lsn / this.#pageSize)
    this.#lsn = lsn
    this.#inPage = lsn - page * this.#pageSize
    this.#page = page % this.#pagesPerSegment
    this.#size = 0
    this.#headerSize = 0
    this.#skip = this.#inPage === 0 ? 0 : this.#pageSize - this.#inPage
  }

  #advance(taken: number): void {
    this.#lsn += taken
    this.#inPage += taken
    if (this.#inPage < this.#pageSize) return
    this.#inPage = 0
    if (++this.#page === this.#pagesPerSegment) this.#page = 0
  }

  /** How much of the page's header is still to come at this place; 0 behind it. */
  #headerLeft(): number {
    const size = this.#page === 0 ? LONG_PAGE_HEADER : PAGE_HEADER
    return this.#inPage < size ? size - this.#inPage : 0
  }

  #takeHeader(bytes: Uint8Array, from: number, size: number, wanted: number): number {
    if (this.#headerSize < this.#inPage) return this.#pass(size) // begun in the middle of it
    this.#header.set(bytes.subarray(from, from + size), this.#headerSize)
    this.#headerSize += size
    if (size < wanted) return size
    this.#headerSize = 0
    const info = this.#headerView.getUint16(2, true)
    if ((info & OVERWRITES) !== 0) this.#size = 0 // the server died while writing it
    if (this.#size === 0 && (info & CONTINUED) !== 0) {
      this.#skip = Math.ceil(this.#headerView.getUint32(REMAINING_AT, true) / ALIGN) * ALIGN
    }
    const room = this.#pageSize - this.#inPage - size
    // Behind a switch of segments pages are left empty, headers included.
    const isEmpty = this.#size === 0 && this.#headerView.getUint16(0, true) === 0
    if (isEmpty && this.#skip < room) this.#skip = room
    if (this.#skip < room) this.#options.onPage?.(this.#lsn - this.#inPage, this.#headerView)
    return size
  }

  #pass(left: number): number {
    const passed = Math.min(this.#skip, left)
    this.#skip -= passed
    return passed
  }

  #takeRecord(
    bytes: Uint8Array,
    from: number,
    left: number,
    sink: (record: PassingRecord) => void,
  ): number {
    if (this.#size > 0 || left < RECORD_HEADER) return this.#collect(bytes, from, left, sink)
    const total = uint32(bytes, from)
    if (total < RECORD_HEADER || total > left) return this.#collect(bytes, from, left, sink)
    const { checksum } = this.#options
    this.#record.startLsn = this.#lsn
    const body = from + RECORD_HEADER
    this.#crc = checksum && total > RECORD_HEADER ? checksum(0, bytes, body, from + total) : 0
    this.#give(bytes, from, total, total, total, sink)
    return total
  }

  /** Takes what is there of a record that lies in several pieces. */
  #collect(
    bytes: Uint8Array,
    from: number,
    left: number,
    sink: (record: PassingRecord) => void,
  ): number {
    if (this.#size === 0) this.#openRecord()
    const taken = Math.min(left, this.#total - this.#size)
    const kept = Math.min(taken, this.#kept - this.#size)
    if (kept > 0) this.#head.set(bytes.subarray(from, from + kept), this.#size)
    const { checksum } = this.#options
    if (checksum && this.#size >= RECORD_HEADER) {
      this.#crc = checksum(this.#crc, bytes, from, from + taken)
    }
    this.#size += taken
    if (this.#size < this.#total) return taken
    if (this.#size === LENGTH_SIZE) this.#takeLength(taken)
    else if (this.#size === RECORD_HEADER) this.#takeKind()
    if (this.#size > 0 && this.#size === this.#total) {
      this.#size = 0
      this.#give(this.#head, 0, Math.min(this.#kept, this.#total), this.#total, taken, sink)
    }
    return taken
  }

  #openRecord(): void {
    this.#record.startLsn = this.#lsn
    this.#total = LENGTH_SIZE
    this.#kept = RECORD_HEADER
    this.#crc = 0
  }

  #takeLength(taken: number): void {
    const total = uint32(this.#head, 0)
    this.#total = RECORD_HEADER
    if (total >= RECORD_HEADER && total <= RECORD_MAX) return
    this.#options.onNone?.(this.#record.startLsn)
    this.#size = 0 // nothing more of this page is read
    this.#skip = this.#pageSize - this.#inPage - taken
  }

  #takeKind(): void {
    this.#total = uint32(this.#head, 0)
    const wanted = this.#options.keep(this.#head[RESOURCE_MANAGER_AT] ?? 0, this.#total)
    this.#kept = Math.max(RECORD_HEADER, Math.min(wanted, this.#total))
    if (this.#kept <= this.#head.length) return
    const grown = new Uint8Array(this.#kept)
    grown.set(this.#head.subarray(0, RECORD_HEADER))
    this.#head = grown
  }

  /** @param taken How many bytes from here on it still takes. */
  #give(
    bytes: Uint8Array,
    at: number,
    kept: number,
    total: number,
    taken: number,
    sink: (record: PassingRecord) => void,
  ): void {
    const record = this.#record
    record.endLsn = this.#lsn + taken
    record.resourceManager = bytes[at + RESOURCE_MANAGER_AT] ?? 0
    record.info = bytes[at + INFO_AT] ?? 0
    record.bytes = bytes
    record.at = at
    record.kept = kept
    record.total = total
    record.crc = this.#options.checksum?.(this.#crc, bytes, at, at + CRC_AT) ?? 0
    const end = this.#inPage + taken
    this.#skip = (ALIGN - (end % ALIGN)) % ALIGN
    const isSwitch = record.resourceManager === RM_XLOG && (record.info & 0xf0) === XLOG_SWITCH
    if (isSwitch) {
      const pages = this.#pagesPerSegment - 1 - this.#page
      this.#skip = this.#pageSize - end + pages * (this.#pageSize - PAGE_HEADER)
    }
    sink(record)
  }
}

/** Unsigned, little-endian. */
export function uint32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0
  )
}

/** A position; exact up to nine petabytes. */
export function position(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at + 4) * 2 ** 32 + uint32(bytes, at)
}
