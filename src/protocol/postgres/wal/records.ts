/**
 * The few records of the write-ahead log that recovery targets look for.
 *
 * Only lengths, kinds, commit times and restore point names are read; the log is otherwise opaque.
 *
 * Source: PostgreSQL 15 to 18, access/xact.h and xlog.h (record kinds).
 *
 * @module
 */
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { ENDS_TRANSACTION, RM_XACT, RM_XLOG } from './record-kinds.ts'
import { RECORD_HEADER, RecordReader, XID_AT } from './record-reader.ts'

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

/** Enough for what is looked for: a time, a name, a server's limits. */
const HEAD_MAX = 256

const XACT_COMMIT = 0x00
const XACT_ABORT = 0x20
const XLOG_RESTORE_POINT = 0x70

/** Milliseconds from the Unix epoch to PostgreSQL's, 2000-01-01. */
const PG_EPOCH_UNIX_MS = 946_684_800_000

/** Walks the log as it comes, in any pieces without a hole. Begins at any page. */
export class WalWalker {
  readonly #reader: RecordReader

  /** @param pageSize `wal_block_size` of the server. */
  constructor(walSegmentSize: number, pageSize = 8192) {
    this.#reader = new RecordReader(walSegmentSize, { keep: headSize, pageSize })
  }

  /** Takes the bytes at `lsn`. @returns Each record that they complete. */
  push(lsn: Lsn, bytes: Uint8Array): readonly WalRecord[] {
    const records: WalRecord[] = []
    this.#reader.push(Number(lsn), bytes, (record) => {
      const { startLsn, endLsn, resourceManager, info, at, kept } = record
      const size = Math.min(kept, headSize(resourceManager))
      const head = record.bytes.slice(at, at + size)
      const place = { startLsn: BigInt(startLsn), endLsn: BigInt(endLsn) }
      records.push({ ...place, resourceManager, info, head })
    })
    return records
  }
}

function headSize(resourceManager: number): number {
  return resourceManager <= RM_XACT ? HEAD_MAX : RECORD_HEADER
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
