/**
 * Keeps the summary of the log for as long as the service lives, and over its restarts.
 *
 * It is saved once a minute, after each backup and at the end, on our own disk beside the keys. A
 * process that was killed had not saved the last of it: that is read from the server again, where
 * it still has it; otherwise the summary begins anew, and knows that it does.
 *
 * @module
 */
import { setMaxListeners } from 'node:events'
import { FaultError } from '#lib/errors.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { Clock } from '#system/clock.ts'
import type { LogConnection } from '../wal/log-connection.ts'
import { readLog } from '../wal/read-back.ts'
import type { ChangedBlocks } from './changed-blocks.ts'
import { LogSummary, type LogOrigin } from './log-summary.ts'
import { decodeSummary, encodeSummary } from './summary-bytes.ts'

/** Remembers it outside the regions. Who loses it takes one backup by reading everything. */
export type SummaryMemory = {
  load(): Promise<Uint8Array | undefined>
  /** @throws {FaultError} DISK_…. */
  save(summary: Uint8Array): Promise<void>
}

/** Where a stream of the log begins. */
export type LogStart = LogOrigin & {
  readonly pgMajor: number
  readonly lsn: Lsn
  /** Where the newest full backup of this timeline began; undefined while there is none. */
  readonly fullLsn: Lsn | undefined
}

/** PostgreSQL sums up its log by itself from this major version on. */
const SERVER_SUMS_UP_SINCE = 17
const SAVE_EVERY_MS = 60_000
/** What is read again at most; the stream waits meanwhile. */
const READ_AGAIN_MAX_BYTES = 1024 * 1024 * 1024
const WAIT_MS = 30_000
const LOOK_EVERY_MS = 10

export class SummaryKeeper {
  readonly #memory: SummaryMemory
  readonly #clock: Clock
  #summary: LogSummary | undefined
  #savedLsn = -1
  /** Reading again failed, and must not keep the log from coming. */
  #readsAgain = true

  constructor(memory: SummaryMemory, clock: Clock) {
    this.#memory = memory
    this.#clock = clock
  }

  /**
   * The log will come from here on: finds what was summed up of it before, and reads again what is
   * missing between.
   *
   * @param connection Free for a command before this, and afterwards.
   * @throws {FaultError} DATABASE_… when the connection fails; the next start does without.
   */
  async begin(connection: LogConnection, slot: string, start: LogStart): Promise<void> {
    const { systemIdentifier, timeline, walSegmentSize, pgMajor } = start
    const origin = { systemIdentifier, timeline, walSegmentSize }
    if (pgMajor >= SERVER_SUMS_UP_SINCE) {
      this.#summary = undefined
      return
    }
    const known = await this.#known(origin)
    const summary = known ?? new LogSummary(origin)
    this.#summary = summary
    const lsn = Number(start.lsn)
    const from = summary.wantsFrom(known ? lsn : Number(start.fullLsn ?? start.lsn))
    if (from >= lsn) return
    const able = this.#readsAgain && lsn - from <= READ_AGAIN_MAX_BYTES
    this.#readsAgain = false
    const missing = { timeline, startLsn: BigInt(from), size: lsn - from }
    const found =
      able &&
      (await readLog(connection, slot, missing, (at, bytes) => summary.push(Number(at), bytes)))
    this.#readsAgain = true
    if (!found) this.#summary = new LogSummary(origin)
  }

  async #known(origin: LogOrigin): Promise<LogSummary | undefined> {
    const bytes = this.#summary ? undefined : await this.#memory.load()
    const summary = this.#summary ?? (bytes && decodeSummary(bytes))
    if (!summary || summary.fault !== undefined) return undefined
    const { systemIdentifier, timeline, walSegmentSize } = summary.origin
    const same =
      systemIdentifier === origin.systemIdentifier &&
      timeline === origin.timeline &&
      walSegmentSize === origin.walSegmentSize
    return same ? summary : undefined
  }

  /** Hears what came of the log. */
  heard(lsn: Lsn, bytes: Uint8Array): void {
    this.#summary?.push(Number(lsn), bytes)
  }

  /**
   * A backup begins on which others may build. A summary that had failed begins anew.
   *
   * @param flushLsn What the server has written by now.
   */
  backupBegins(flushLsn: Lsn): void {
    const summary = this.#summary
    if (summary?.fault === undefined) summary?.cutAt(Number(flushLsn))
    else this.#summary = new LogSummary(summary.origin)
  }

  /** No backup that began before will be built on any more. */
  forgetBefore(lsn: Lsn): void {
    this.#summary?.forgetBefore(Number(lsn))
  }

  /**
   * What changed between the beginnings of two backups; waits until the log of it has come.
   *
   * @throws {FaultError} WAL_SUMMARY_MISSING, WAL_SUMMARY_TOO_LARGE.
   */
  async between(fromLsn: Lsn, toLsn: Lsn, timeline: number): Promise<ChangedBlocks> {
    const deadlineMs = this.#clock.monotonicMs() + WAIT_MS
    for (;;) {
      const summary = this.#summary
      if (summary?.origin.timeline !== timeline) throw missing('the log is not being summed up')
      const done = summary.fault !== undefined || summary.doneLsn >= Number(toLsn)
      if (done) return summary.since(Number(fromLsn))
      if (this.#clock.monotonicMs() > deadlineMs) throw missing('the log came too late')
      await this.#clock.sleep(LOOK_EVERY_MS)
    }
  }

  /** Saves it now and then, and at the end; resolves once `signal` aborted. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal)
    for (let ended = false; !ended; ended = signal.aborted) {
      await this.#clock.sleep(SAVE_EVERY_MS, signal).catch(() => undefined)
      await this.save()
    }
  }

  /** A backup was taken: it would be a pity to lose what follows. */
  async save(): Promise<void> {
    const summary = this.#summary
    if (!summary || summary.fault !== undefined || summary.doneLsn <= this.#savedLsn) return
    try {
      const { doneLsn } = summary
      await this.#memory.save(encodeSummary(summary))
      this.#savedLsn = doneLsn
    } catch (error) {
      // A full disk must not end the log: more of it is then read again.
      if (!(error instanceof FaultError)) throw error
    }
  }
}

function missing(why: string): FaultError {
  return new FaultError('WAL_SUMMARY_MISSING', why)
}
