/**
 * What a record of the write-ahead log changes in the files of tables and indexes: for every kind
 * of record, whoever writes them, because each names the blocks it touches in one common form.
 *
 * Few records change files without naming blocks, and those are read one by one: a file made, cut
 * off or removed, a database made or dropped. PostgreSQL marks all of that kind
 * (XLR_SPECIAL_REL_UPDATE); a marked one that is not among them is refused, not passed over.
 *
 * Only main forks are told. The free space map is not wholly in the log, nor what is cleared in a
 * visibility map: both are small, and are to be read whole.
 *
 * Source: PostgreSQL 15 and 16, access/xlogrecord.h and xlogreader.c (DecodeXLogRecord),
 * catalog/storage_xlog.h, commands/dbcommands_xlog.h, access/xact.h; walsummarizer.c of 17 for
 * which of them matter.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import { ENDS_TRANSACTION, RM_XACT, RM_XLOG } from './record-kinds.ts'
import { RECORD_HEADER, uint32, type PassingRecord } from './record-reader.ts'

/** Hears what changed. A relation's files are known by tablespace, database and file number. */
export interface BlockChanges {
  /** A block has another content now, or is new. */
  block(tablespace: number, database: number, relation: number, block: number): void
  /** From this block on nothing is as it was: the file was made, cut off or removed. */
  cut(tablespace: number, database: number, relation: number, block: number): void
  /** Whatever files it has there are new. */
  database(tablespace: number, database: number): void
}

const RM_SMGR = 2
const RM_DBASE = 4
/** Their contents are read, not only their headers. */
const READ_WHOLE: ReadonlySet<number> = new Set([RM_XLOG, RM_XACT, RM_SMGR, RM_DBASE])

const SPECIAL_UPDATE = 0x01
const KIND = 0xf0
const XLOG_PARAMETER_CHANGE = 0x60
const WAL_LEVEL_AT = 20
const WAL_LEVEL_MINIMAL = 0
const XACT_KIND = 0x70
const XACT_HAS_INFO = 0x80
const HAS_DATABASE = 1
const HAS_SUBTRANSACTIONS = 2
const HAS_RELATIONS = 4
const SMGR_CREATE = 0x10
const SMGR_TRUNCATE = 0x20
const TRUNCATE_MAIN = 0x01
const DBASE_CREATE_BY_COPY = 0x00
const DBASE_CREATE_BY_LOG = 0x10
const DBASE_DROP = 0x20

const MAIN_FORK = 0
const FORK = 0x0f
const HAS_IMAGE = 0x10
const SAME_RELATION = 0x80
const BLOCK_ID_MAX = 32
const ID_MAIN_SHORT = 255
const ID_MAIN_LONG = 254
const ID_ORIGIN = 253
const ID_TOP_TRANSACTION = 252
const IMAGE_HAS_HOLE = 0x01
const IMAGE_COMPRESSED = 0x1c
const IMAGE_HEADER = 5
const RELATION_SIZE = 12

/** The headers of 33 blocks, and what follows them. */
const HEADERS_MAX = 1024
/** The files of a million tables dropped in one transaction. */
const CONTENTS_MAX = 16 * 1024 * 1024

/** How much of a record `readChanges` must see. */
export function bytesWanted(resourceManager: number, total: number): number {
  return Math.min(total, READ_WHOLE.has(resourceManager) ? CONTENTS_MAX : HEADERS_MAX)
}

/**
 * Tells what one record changed.
 *
 * @throws {ProtocolError} WAL_RECORD_UNREADABLE: it is not as this version writes it, or changes
 *   files in a way that cannot be told.
 */
export function readChanges(record: PassingRecord, changes: BlockChanges): void {
  const { resourceManager, info } = record
  const mainSize = readBlocks(record, changes)
  if (resourceManager === RM_XACT) return readTransaction(record, mainSize, changes)
  if (resourceManager === RM_SMGR) return readFileChange(record, mainSize, changes)
  if (resourceManager === RM_DBASE) return readDatabase(record, mainSize, changes)
  if ((info & SPECIAL_UPDATE) !== 0) {
    throw unreadable(record, `of kind ${resourceManager}/${info} changes files in a way of its own`)
  }
  if (resourceManager !== RM_XLOG || (info & KIND) !== XLOG_PARAMETER_CHANGE) return
  const level = uint32(record.bytes, mainAt(record, mainSize, WAL_LEVEL_AT + 4) + WAL_LEVEL_AT)
  if (level === WAL_LEVEL_MINIMAL) throw unreadable(record, 'sets wal_level to minimal')
}

/** @returns The size of its main data, which are its last bytes. */
function readBlocks(record: PassingRecord, changes: BlockChanges): number {
  const { bytes, at: begin, kept, total } = record
  let at = begin + RECORD_HEADER
  const end = begin + kept
  /** Of what was announced so far; headers end where it begins. */
  let announced = 0
  let [tablespace, database, relation] = [0, 0, 0]
  while (begin + total - at > announced) {
    const id = at < end ? bytes[at]! : -1
    if (id === ID_MAIN_SHORT) return bytes[at + 1]!
    if (id === ID_MAIN_LONG) return uint32(bytes, at + 1)
    if (id === ID_ORIGIN) at += 3
    else if (id === ID_TOP_TRANSACTION) at += 5
    else if (id < 0 || id > BLOCK_ID_MAX) throw unreadable(record, 'has a header that is none')
    else {
      const flags = bytes[at + 1]!
      announced += bytes[at + 2]! | (bytes[at + 3]! << 8)
      at += 4
      if ((flags & HAS_IMAGE) !== 0) {
        announced += bytes[at]! | (bytes[at + 1]! << 8)
        const image = bytes[at + 4]!
        const hasHoleSize = (image & IMAGE_HAS_HOLE) !== 0 && (image & IMAGE_COMPRESSED) !== 0
        at += IMAGE_HEADER + (hasHoleSize ? 2 : 0)
      }
      if ((flags & SAME_RELATION) === 0) {
        tablespace = uint32(bytes, at)
        database = uint32(bytes, at + 4)
        relation = uint32(bytes, at + 8)
        at += RELATION_SIZE
      }
      const block = uint32(bytes, at)
      at += 4
      if (at > end || tablespace === 0) throw unreadable(record, 'has a block without a place')
      if ((flags & FORK) === MAIN_FORK) changes.block(tablespace, database, relation, block)
    }
  }
  return 0
}

/** Where its main data begin. @param needed How long they must be at least. */
function mainAt(record: PassingRecord, mainSize: number, needed: number): number {
  if (record.kept < record.total || mainSize < needed) throw unreadable(record, 'is cut short')
  return record.at + record.total - mainSize
}

/** Files that go with the end of a transaction. */
function readTransaction(record: PassingRecord, mainSize: number, changes: BlockChanges): void {
  const { bytes, info } = record
  if (!ENDS_TRANSACTION.has(info & XACT_KIND) || (info & XACT_HAS_INFO) === 0) return
  const end = record.at + record.total
  let at = mainAt(record, mainSize, 12) + 8
  const has = uint32(bytes, at)
  at += 4
  if ((has & HAS_RELATIONS) === 0) return
  if ((has & HAS_DATABASE) !== 0) at += 8
  if ((has & HAS_SUBTRANSACTIONS) !== 0) at += 4 + 4 * countAt(record, at, 4)
  const count = countAt(record, at, RELATION_SIZE)
  at += 4
  for (let left = count; left > 0; left--, at += RELATION_SIZE) {
    if (at + RELATION_SIZE > end) throw unreadable(record, 'is cut short')
    changes.cut(uint32(bytes, at), uint32(bytes, at + 4), uint32(bytes, at + 8), 0)
  }
}

function countAt(record: PassingRecord, at: number, size: number): number {
  const left = record.at + record.total - at - 4
  const count = left < 0 ? Infinity : uint32(record.bytes, at)
  if (count * size > left) throw unreadable(record, 'counts more than it holds')
  return count
}

function readFileChange(record: PassingRecord, mainSize: number, changes: BlockChanges): void {
  const { bytes, info } = record
  const kind = info & KIND
  if (kind === SMGR_CREATE) {
    const at = mainAt(record, mainSize, RELATION_SIZE + 4)
    if (uint32(bytes, at + RELATION_SIZE) !== MAIN_FORK) return
    changes.cut(uint32(bytes, at), uint32(bytes, at + 4), uint32(bytes, at + 8), 0)
  } else if (kind === SMGR_TRUNCATE) {
    const at = mainAt(record, mainSize, RELATION_SIZE + 8)
    if ((uint32(bytes, at + 4 + RELATION_SIZE) & TRUNCATE_MAIN) === 0) return
    const first = uint32(bytes, at)
    changes.cut(uint32(bytes, at + 4), uint32(bytes, at + 8), uint32(bytes, at + 12), first)
  } else throw unreadable(record, `changes files in a way ${kind} that is not known`)
}

function readDatabase(record: PassingRecord, mainSize: number, changes: BlockChanges): void {
  const { bytes, info } = record
  const kind = info & KIND
  const at = mainAt(record, mainSize, 8)
  const database = uint32(bytes, at)
  if (kind === DBASE_CREATE_BY_COPY || kind === DBASE_CREATE_BY_LOG) {
    changes.database(uint32(bytes, at + 4), database)
  } else if (kind === DBASE_DROP) {
    const count = countAt(record, at + 4, 4)
    for (let n = 0; n < count; n++) changes.database(uint32(bytes, at + 8 + 4 * n), database)
  } else throw unreadable(record, `changes a database in a way ${kind} that is not known`)
}

function unreadable({ startLsn }: PassingRecord, what: string): ProtocolError {
  const place = formatLsn(BigInt(startLsn))
  return new ProtocolError('WAL_RECORD_UNREADABLE', `the record at ${place} ${what}`)
}
