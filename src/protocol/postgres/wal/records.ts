/**
 * Where records begin and end in the write-ahead log, and the few that recovery targets look for.
 *
 * Only lengths, kinds, commit times and restore point names are read; the log is otherwise opaque.
 * Little-endian servers with the usual alignment of 8, which is every platform we support.
 *
 * Source: PostgreSQL 15 to 18, access/xlog_internal.h (page headers), xlogrecord.h, xact.h and
 * xlog.h (record kinds).
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'

/** One whole record. */
export type WalRecord = {
  readonly startLsn: Lsn
  /** One past its last byte, before alignment. */
  readonly endLsn: Lsn
  readonly resourceManager: number
  readonly info: number
  /** Its header; of transaction and log records up to 256 bytes. */
  readonly head: Uint8Array
}

const PAGE_HEADER = 24
const LONG_PAGE_HEADER = 40
const CONTINUED = 0x0001
const OVERWRITES = 0x0008
const RECORD_HEADER = 24
const RECORD_MAX = 1020 * 1024 * 1024 // XLogRecordMaxSize
const HEAD_MAX = 256
const ALIGN = 8
const LENGTH_SIZE = 4

const RM_XLOG = 0
const RM_XACT = 1
const XACT_COMMIT = 0x00
const XACT_ABORT = 0x20
const XID_AT = 4
const XLOG_SWITCH = 0x40
const XLOG_RESTORE_POINT = 0x70
/** Commit, abort, and both of a prepared transaction: what a recovery time is compared with. */
const ENDS_TRANSACTION: ReadonlySet<number> = new Set([0x00, 0x20, 0x30, 0x40])

/** Milliseconds from the Unix epoch to PostgreSQL's, 2000-01-01. */
const PG_EPOCH_UNIX_MS = 946_684_800_000

/**
 * Walks the log as it comes, in any pieces without a hole. Begins at any page; what belongs to a
 * record that began before is passed over.
 */
export class WalWalker {
  readonly #pageSize: number
  readonly #segmentSize: number
  /** Positions below are counted from here: plain numbers are many times quicker than bigint. */
  #baseLsn: Lsn = 0n
  #at = -1
  readonly #header = new Uint8Array(LONG_PAGE_HEADER)
  #headerSize = 0
  /** Bytes to pass over, page headers apart. */
  #skip = 0
  readonly #head = new Uint8Array(HEAD_MAX)
  readonly #headView = new DataView(this.#head.buffer)
  /** Whether a record is open, where it began, how much of it came, and how long it is. */
  #open = false
  #start = 0
  #size = 0
  #total = LENGTH_SIZE

  /** @param pageSize `wal_block_size` of the server. */
  constructor(walSegmentSize: number, pageSize = 8192) {
    this.#segmentSize = walSegmentSize
    this.#pageSize = pageSize
  }

  /** Takes the bytes at `lsn` and gives each record that they complete. */
  *push(lsn: Lsn, bytes: Uint8Array): Generator<WalRecord> {
    if (this.#at < 0 || this.#baseLsn + BigInt(this.#at) !== lsn) this.#restart(lsn)
    let used = 0
    while (used < bytes.length) {
      const inPage = this.#at % this.#pageSize
      const size = Math.min(bytes.length - used, this.#pageSize - inPage)
      const rest = bytes.subarray(used, used + size)
      const headerLeft = this.#headerLeft(inPage)
      const before = this.#at
      if (headerLeft > 0) this.#takeHeader(rest.subarray(0, headerLeft), headerLeft)
      else if (this.#skip > 0) this.#pass(rest.length)
      else if (this.#takeRecord(rest)) yield this.#finish()
      used += this.#at - before
    }
  }

  #restart(lsn: Lsn): void {
    this.#baseLsn = lsn - (lsn % BigInt(this.#segmentSize))
    this.#at = Number(lsn - this.#baseLsn)
    this.#open = false
    this.#headerSize = 0
    const inPage = this.#at % this.#pageSize
    this.#skip = inPage === 0 ? 0 : this.#pageSize - inPage
  }

  /** How much of the page's header is still to come at this place; 0 behind it. */
  #headerLeft(inPage: number): number {
    const isFirst = (this.#at - inPage) % this.#segmentSize === 0
    const size = isFirst ? LONG_PAGE_HEADER : PAGE_HEADER
    return inPage < size ? size - inPage : 0
  }

  #takeHeader(bytes: Uint8Array, wanted: number): void {
    this.#header.set(bytes, this.#headerSize)
    this.#headerSize += bytes.length
    this.#at += bytes.length
    if (bytes.length < wanted) return
    this.#headerSize = 0
    const view = new DataView(this.#header.buffer)
    const info = view.getUint16(2, true)
    if ((info & OVERWRITES) !== 0) this.#open = false // the server died while writing it
    if (this.#open || (info & CONTINUED) === 0) return
    this.#skip = Math.ceil(view.getUint32(16, true) / ALIGN) * ALIGN
  }

  #pass(available: number): void {
    const passed = Math.min(this.#skip, available)
    this.#skip -= passed
    this.#at += passed
  }

  /** @returns Whether the record is complete. */
  #takeRecord(bytes: Uint8Array): boolean {
    if (!this.#open) {
      this.#open = true
      this.#start = this.#at
      this.#size = 0
      this.#total = LENGTH_SIZE
    }
    const taken = Math.min(bytes.length, this.#total - this.#size)
    if (this.#size < HEAD_MAX) {
      this.#head.set(bytes.subarray(0, Math.min(taken, HEAD_MAX - this.#size)), this.#size)
    }
    this.#size += taken
    this.#at += taken
    if (this.#size < this.#total) return false
    if (this.#size > LENGTH_SIZE) return true
    this.#total = this.#headView.getUint32(0, true)
    if (this.#total < RECORD_HEADER || this.#total > RECORD_MAX) {
      this.#open = false // no record here: zeros to the end of the page
      this.#skipTo(this.#pageSize)
    }
    return false
  }

  #finish(): WalRecord {
    this.#open = false
    const info = this.#head[16] ?? 0
    const resourceManager = this.#head[17] ?? 0
    this.#skip = (ALIGN - (this.#at % ALIGN)) % ALIGN
    const isSwitch = resourceManager === RM_XLOG && (info & 0xf0) === XLOG_SWITCH
    if (isSwitch) this.#skipTo(this.#segmentSize)
    const headSize = resourceManager <= RM_XACT ? Math.min(HEAD_MAX, this.#total) : RECORD_HEADER
    return {
      startLsn: this.#baseLsn + BigInt(this.#start),
      endLsn: this.#baseLsn + BigInt(this.#at),
      resourceManager,
      info,
      head: this.#head.slice(0, headSize),
    }
  }

  /** Passes over what is left up to the next multiple of `unit`. */
  #skipTo(unit: number): void {
    const end = Math.ceil(this.#at / unit) * unit
    const nextPage = Math.ceil(this.#at / this.#pageSize) * this.#pageSize
    const pages = Math.max(0, (end - nextPage) / this.#pageSize)
    this.#skip = end - this.#at - pages * PAGE_HEADER
  }
}

/**
 * When a record ended a transaction, in milliseconds since the Unix epoch with microseconds behind
 * the point; undefined for every other record.
 */
export function transactionEndMs(record: WalRecord): number | undefined {
  if (record.resourceManager !== RM_XACT || !ENDS_TRANSACTION.has(record.info & 0x70)) {
    return undefined
  }
  const data = mainData(record.head)
  if (!data || data.length < 8) return undefined
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  return PG_EPOCH_UNIX_MS + Number(view.getBigInt64(0, true)) / 1000
}

/**
 * Which transaction a record ended, as recovery_target_xid counts them; undefined for every other
 * record. Not of a prepared transaction, whose number stands elsewhere.
 */
export function transactionEnded({ resourceManager, info, head }: WalRecord): number | undefined {
  const kind = info & 0x70
  if (resourceManager !== RM_XACT || (kind !== XACT_COMMIT && kind !== XACT_ABORT)) return undefined
  return new DataView(head.buffer, head.byteOffset).getUint32(XID_AT, true)
}

/** The name of a restore point; undefined for every other record. */
export function restorePointName(record: WalRecord): string | undefined {
  const { resourceManager, info } = record
  if (resourceManager !== RM_XLOG || (info & 0xf0) !== XLOG_RESTORE_POINT) return undefined
  const name = mainData(record.head)?.subarray(8, 72)
  if (!name) return undefined
  const end = name.indexOf(0)
  return new TextDecoder().decode(end < 0 ? name : name.subarray(0, end))
}

/** The main data of a record without block references. */
function mainData(head: Uint8Array): Uint8Array | undefined {
  let at = RECORD_HEADER
  for (;;) {
    const id = head[at]
    if (id === 255) return head.subarray(at + 2)
    if (id === 254) return head.subarray(at + 5)
    if (id === 253) at += 3
    else if (id === 252) at += 5
    else return undefined
  }
}
