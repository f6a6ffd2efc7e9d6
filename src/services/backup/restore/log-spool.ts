/**
 * Lays the log ready for the server, and reads in it what the restore will reach.
 *
 * All of it is authenticated and on disk before PostgreSQL is started: damage is named here, not
 * found out by a recovery that ends early.
 *
 * @module
 */
import { join } from 'node:path'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import {
  restorePointName,
  transactionEnded,
  transactionEndMs,
  WalWalker,
  type WalRecord,
} from '#protocol/postgres/wal/records.ts'
import { release } from '#lib/release.ts'
import type { BackupEntry } from '../repository/entries.ts'
import { walFileName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import type { FilePlan } from './data-directory.ts'
import { OutputFiles, syncEach, writing } from './output-files.ts'
import { LOG_FOLDER, RESTORE_FOLDER } from './recovery-files.ts'
import { higherLimits, limitsFromRecord, type ServerLimits } from './server-limits.ts'
import type { RestoreTarget } from './target.ts'
import type { PathPart } from './timelines.ts'
import { walPieces, type WalPiece, type WalSegment } from './wal-source.ts'

/** What was found in the log. */
export type LogFindings = {
  /** The record that decides where to stop; undefined when the log ends before it. */
  readonly found: WalRecord | undefined
  /** The last whole record. */
  readonly last: WalRecord | undefined
  readonly lastCommitMs: number | undefined
  /** Before `found`, after the backup: the last record that ended a transaction. */
  readonly lastEnd: WalRecord | undefined
  /** The highest that settings were changed to. */
  readonly limits: ServerLimits
  readonly segments: readonly string[]
  readonly bytes: number
}

export type SpoolOptions = {
  readonly reader: RepositoryReader
  readonly path: readonly PathPart[]
  readonly backup: BackupEntry
  /** Where the archive of the path ends. */
  readonly endLsn: Lsn
  readonly target: RestoreTarget
  /** Where to write; without it the log is only searched. */
  readonly into?: string
  readonly progress?: (bytes: number) => void
}

/**
 * @throws As `walPieces`. @throws {FaultError} RESTORE_WRITE_FAILED.
 */
export async function spoolLog(options: SpoolOptions): Promise<LogFindings> {
  const { reader, path, backup, endLsn, into } = options
  const { walSegmentSize } = reader.cluster()
  const search = new Search(options.target, backup, walSegmentSize)
  await using spool = new Spool(into, walSegmentSize)
  let further = 1 // the server reads a little ahead of the record at which it stops
  let current: Lsn | undefined
  for await (const piece of walPieces(reader, path, backup.startLsn, endLsn)) {
    const { segment, startLsn, bytes } = piece
    if (segment.startLsn !== current && search.found && further-- === 0) break
    current = segment.startLsn
    search.push(startLsn, bytes)
    await spool.write(piece)
    options.progress?.(Number(startLsn - backup.startLsn) + bytes.length)
    release(bytes)
  }
  await spool.settle()
  const { found, last, lastCommitMs, lastEnd, limits } = search
  const segments = [...spool.segments]
  const logBytes = segments.length * walSegmentSize
  return { found, last, lastCommitMs, lastEnd, limits, segments, bytes: logBytes }
}

/** Segments as files, under PostgreSQL's names; without a folder only the names. */
class Spool implements AsyncDisposable {
  readonly #folder: string | undefined
  readonly #walSegmentSize: number
  readonly #files: OutputFiles
  readonly #plans = new Map<string, FilePlan>()

  constructor(folder: string | undefined, walSegmentSize: number) {
    this.#folder = folder
    this.#walSegmentSize = walSegmentSize
    this.#files = new OutputFiles((path) => join(folder ?? '', path), false)
  }

  get segments(): Iterable<string> {
    return this.#plans.keys()
  }

  async write({ segment, startLsn, bytes }: WalPiece): Promise<void> {
    const name = walFileName(segment.timeline, segment.startLsn, this.#walSegmentSize)
    const file = this.#plans.get(name) ?? this.#planOf(name, segment)
    this.#plans.set(name, file)
    if (this.#folder === undefined) return
    const at = Number(startLsn - segment.startLsn)
    await writing(() => this.#files.write({ file, from: 0, to: bytes.length, at }, bytes))
  }

  /** What the archive lacks of the last segment is zero. */
  #planOf(name: string, { startLsn, endLsn }: WalSegment): FilePlan {
    const length = Number(endLsn - startLsn)
    const extents = [{ at: 0, length, backupId: '', pack: 0, offset: 0 }]
    return { path: `${LOG_FOLDER}/${name}`, size: this.#walSegmentSize, mode: 0o600, extents }
  }

  settle(): Promise<void> {
    return writing(async () => {
      await this.#files.settle()
      if (this.#folder === undefined || this.#plans.size === 0) return
      await syncEach([LOG_FOLDER, RESTORE_FOLDER, ''].map((name) => join(this.#folder ?? '', name)))
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#files.abandon()
  }
}

/** Looks for the record that decides where to stop. */
class Search {
  readonly #target: RestoreTarget
  readonly #fromLsn: Lsn
  readonly #backupEndLsn: Lsn
  readonly #walker: WalWalker
  found: WalRecord | undefined
  last: WalRecord | undefined
  lastCommitMs: number | undefined
  lastEnd: WalRecord | undefined
  limits: ServerLimits = {}

  constructor(target: RestoreTarget, { startLsn, endLsn }: BackupEntry, walSegmentSize: number) {
    this.#target = target
    this.#fromLsn = startLsn
    this.#backupEndLsn = endLsn
    this.#walker = new WalWalker(walSegmentSize)
  }

  push(lsn: Lsn, bytes: Uint8Array): void {
    for (const record of this.#walker.push(lsn, bytes)) {
      this.last = record
      if (record.resourceManager === 0) {
        this.limits = higherLimits(this.limits, limitsFromRecord(record))
      }
      if (record.startLsn < this.#fromLsn || this.found) continue
      if (this.#decides(record)) this.found = record
      else this.#passes(record)
    }
  }

  #passes(record: WalRecord): void {
    const endMs = transactionEndMs(record)
    if (endMs === undefined) return
    this.lastCommitMs = endMs
    if (record.startLsn >= this.#backupEndLsn) this.lastEnd = record
  }

  #decides(record: WalRecord): boolean {
    const target = this.#target
    switch (target.kind) {
      case 'latest':
        return false
      case 'time':
        return microseconds(transactionEndMs(record) ?? -Infinity) > microseconds(target.atMs)
      case 'lsn':
        return record.startLsn >= target.lsn
      case 'name':
        return restorePointName(record) === target.name
      case 'xid':
        return transactionEnded(record) === target.xid
      case 'immediate':
        return record.startLsn >= this.#backupEndLsn
    }
  }
}

/** Both are fractions of a millisecond that came about by different sums. */
function microseconds(ms: number): number {
  return Math.round(ms * 1000)
}
