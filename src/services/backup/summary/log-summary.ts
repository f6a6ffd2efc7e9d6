/**
 * Sums up the log as it streams by: which blocks changed since each backup that others may build
 * on. What PostgreSQL 17 does for itself, for 15 and 16. Pure.
 *
 * It is kept in stretches, one from each backup to the next, so that what is older than the last
 * full backup can be forgotten. Nothing is guessed: a record whose checksum is wrong, that does not
 * follow the one before, or that cannot be read ends the summary, with the reason, and a backup is
 * then taken by reading everything.
 *
 * @module
 */
import { crc32c } from '#crypto/crc32c.ts'
import { FaultError, ProtocolError, VeiligError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import { bytesWanted, readChanges } from '#protocol/postgres/wal/block-changes.ts'
import {
  CRC_AT,
  position,
  PREVIOUS_AT,
  RecordReader,
  uint32,
  type PassingRecord,
} from '#protocol/postgres/wal/record-reader.ts'
import { ChangedBlocks } from './changed-blocks.ts'

/** Of one stretch of the log, up to the next. Positions as plain numbers. */
export type Stretch = {
  /** Every record from here on is in it, or in a later one. */
  readonly fromLsn: number
  readonly blocks: ChangedBlocks
}

/** Whose log it is. */
export type LogOrigin = {
  readonly systemIdentifier: bigint
  readonly timeline: number
  readonly walSegmentSize: number
}

export type EarlierSummary = { readonly doneLsn: number; readonly stretches: readonly Stretch[] }

/** By what the pages of the log of 15 and 16 are known (XLOG_PAGE_MAGIC, xlog_internal.h). */
const PAGE_MAGICS: ReadonlySet<number> = new Set([0xd110, 0xd113])
const PAGE_LSN_AT = 8
const PAGE_SIZE = 8192
/** Enough for a terabyte of changed blocks. All stretches take six times as much at worst. */
export const STRETCH_BYTES_MAX: number = 20 * 1024 * 1024
const STRETCHES_MAX = 6

export class LogSummary {
  readonly origin: LogOrigin
  readonly #reader: RecordReader
  readonly #stretches: Stretch[]
  /** Where the log goes on; 0 while any place will do. */
  #nextLsn: number
  /** The first record from here on begins a new stretch. */
  #cutLsn = Infinity
  /** Where the record before began. */
  #previousLsn: number | undefined
  #fault: string | undefined

  /** @param earlier What an earlier process had summed up, and up to where. */
  constructor(origin: LogOrigin, earlier?: EarlierSummary) {
    this.origin = origin
    this.#stretches = [...(earlier?.stretches ?? [])]
    this.#nextLsn = earlier ? pageOf(earlier.doneLsn) : 0
    this.#reader = new RecordReader(origin.walSegmentSize, {
      keep: bytesWanted,
      checksum: crc32c,
      onPage: checkPage,
      onNone: unreadable,
    })
  }

  /** Why it is of no use any more; undefined while it is. */
  get fault(): string | undefined {
    return this.#fault
  }

  get stretches(): readonly Stretch[] {
    return this.#stretches
  }

  /** From where on it must hear the log that comes to `lsn`. */
  wantsFrom(lsn: number): number {
    return this.#nextLsn === 0 ? pageOf(lsn) : this.#nextLsn
  }

  /** Every record that begins before it is summed up; below zero before any has come. */
  get doneLsn(): number {
    return this.#reader.doneLsn
  }

  /** Takes what came of the log. What came before is passed over; a hole is a fault. */
  push(lsn: number, bytes: Uint8Array): void {
    if (this.#fault !== undefined) return
    const next = this.#nextLsn === 0 ? lsn : this.#nextLsn
    const end = lsn + bytes.length
    if (end <= next) return
    this.#nextLsn = end
    try {
      if (lsn > next) throw new ProtocolError('WAL_NOT_CONTIGUOUS', 'a part of the log is missing')
      this.#reader.push(next, bytes.subarray(next - lsn), this.#take)
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      this.#fault = error.message
      this.#stretches.length = 0
    }
  }

  readonly #take = (record: PassingRecord): void => {
    const { bytes, at, startLsn } = record
    const previous = position(bytes, at + PREVIOUS_AT)
    if (uint32(bytes, at + CRC_AT) !== record.crc || (this.#previousLsn ?? previous) !== previous) {
      unreadable(startLsn)
    }
    this.#previousLsn = startLsn
    if (this.#stretches.length === 0 || startLsn >= this.#cutLsn) this.#open(startLsn)
    readChanges(record, this.#stretches.at(-1)!.blocks)
  }

  /**
   * A backup begins, behind what the server had written by then: what comes from there on is kept
   * apart from what came before.
   */
  cutAt(lsn: number): void {
    if (this.#stretches.at(-1)?.blocks.isEmpty === true) return
    this.#cutLsn = Math.max(lsn, this.doneLsn)
  }

  #open(fromLsn: number): void {
    this.#cutLsn = Infinity
    this.#stretches.push({ fromLsn, blocks: new ChangedBlocks(STRETCH_BYTES_MAX) })
    if (this.#stretches.length <= STRETCHES_MAX) return
    const [first, second] = this.#stretches.splice(0, 2) as [Stretch, Stretch]
    second.blocks.add(first.blocks)
    this.#stretches.unshift({ fromLsn: first.fromLsn, blocks: second.blocks })
  }

  /** No backup that began before will be built on any more. */
  forgetBefore(lsn: number): void {
    while ((this.#stretches[1]?.fromLsn ?? Infinity) <= lsn) this.#stretches.shift()
  }

  /**
   * What changed from a position on.
   *
   * @throws {FaultError} WAL_SUMMARY_MISSING: not all of the log since then was summed up.
   *   WAL_SUMMARY_TOO_LARGE.
   */
  since(lsn: number): ChangedBlocks {
    if (this.#fault !== undefined) throw missing(this.#fault)
    const from = this.#stretches[0]?.fromLsn
    if (from === undefined || from > lsn) {
      const place = from === undefined ? 'none of it' : `it from ${formatLsn(BigInt(from))} on`
      throw missing(`of the log since ${formatLsn(BigInt(lsn))} we have summed up ${place}`)
    }
    const first = this.#stretches.findLastIndex(({ fromLsn }) => fromLsn <= lsn)
    const all = new ChangedBlocks(STRETCH_BYTES_MAX)
    for (const { blocks } of this.#stretches.slice(first)) all.add(blocks)
    return all
  }
}

function unreadable(lsn: number): never {
  const place = formatLsn(BigInt(lsn))
  throw new ProtocolError('WAL_RECORD_UNREADABLE', `the record at ${place} is not what it was`)
}

/** Where its page begins: a record that begins in it is found from there. */
function pageOf(lsn: number): number {
  return lsn - (lsn % PAGE_SIZE)
}

function checkPage(lsn: number, header: DataView): void {
  const magic = header.getUint16(0, true)
  const place = Number(header.getBigUint64(PAGE_LSN_AT, true))
  if (PAGE_MAGICS.has(magic) && place === lsn) return
  const found = `${magic.toString(16)} of ${formatLsn(BigInt(place))}`
  const message = `the page of the log at ${formatLsn(BigInt(lsn))} is marked ${found}`
  throw new ProtocolError('WAL_PAGE_UNKNOWN', message)
}

function missing(why: string): FaultError {
  return new FaultError('WAL_SUMMARY_MISSING', why)
}
