/**
 * Full backups, one at a time: when the schedule says so, when somebody asks, when WAL is missing.
 *
 * @module
 */
import { setMaxListeners } from 'node:events'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import { checkMajor, takeFullBackup, type BackupProgress } from './full/full-backup.ts'
import { nextFullMs } from './policy.ts'
import { ReplicationConnection, type Login } from './replication/connection.ts'
import type { BackupRecord, Repository } from './repository/repository.ts'
import type { NewestBackup, RunningBackup } from './status.ts'
import { readCluster, type ReceiverState } from './wal/receiver.ts'

export type RunnerOptions = {
  readonly login: Login
  readonly applicationName: string
  readonly everyMs: number
  readonly maxRateKib: number | undefined
  readonly repository: Repository
  readonly clock: Clock
  readonly tell: (event: AuditEvent) => Promise<void>
  /** A backup begins only while its WAL is being received: without it, it could never count. */
  readonly stream: () => Pick<ReceiverState, 'phase' | 'fault'>
  /** The newest one, from the catalogue. */
  readonly newest: BackupRecord | undefined
}

type Running = {
  readonly startedMs: number
  readonly result: Promise<BackupRecord>
  readonly listeners: Set<(progress: BackupProgress) => void>
  progress: BackupProgress
}

const TICK_MS = 500

export class BackupRunner {
  readonly #options: RunnerOptions
  #newest: BackupRecord | undefined
  #running: Running | undefined
  #wanted = false
  #failuresInARow = 0
  #lastFailure: { readonly atMs: number; readonly code: string } | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#newest = options.newest
  }

  get newest(): NewestBackup | undefined {
    return this.#newest && summary(this.#newest)
  }

  get running(): RunningBackup | undefined {
    return this.#running && { startedMs: this.#running.startedMs, ...this.#running.progress }
  }

  get lastFailure(): { readonly atMs: number; readonly code: string } | undefined {
    return this.#lastFailure
  }

  get nextMs(): number {
    return nextFullMs({
      nowMs: this.#options.clock.nowMs(),
      everyMs: this.#options.everyMs,
      newestStartedMs: this.#newest?.startedMs,
      wanted: this.#wanted,
      failuresInARow: this.#failuresInARow,
      lastFailureMs: this.#lastFailure?.atMs ?? 0,
    })
  }

  /** A full backup is needed whatever the schedule says. */
  want(): void {
    this.#wanted = true
  }

  /** Keeps the schedule until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal)
    while (!signal.aborted) {
      const due = !this.#running && this.#options.clock.nowMs() >= this.nextMs
      if (due && this.#options.stream().phase === 'streaming') {
        await this.#begin('scheduled', signal).result.catch(ignoreReported)
      }
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => undefined)
    }
    await this.#running?.result.catch(ignoreReported)
  }

  /**
   * Takes a full backup now, or joins the one under way.
   *
   * @throws {FaultError} BACKUP_NO_STREAM. @throws {VeiligError} Why it failed.
   */
  async request(
    label: string,
    signal: AbortSignal,
    on: {
      readonly begun: (joined: boolean) => void
      readonly progress: (progress: BackupProgress) => void
    },
  ): Promise<NewestBackup> {
    const joined = this.#running !== undefined
    if (!joined) this.#checkStream()
    const running = this.#running ?? this.#begin(label, signal)
    running.listeners.add(on.progress)
    on.begun(joined)
    try {
      return summary(await running.result)
    } finally {
      running.listeners.delete(on.progress)
    }
  }

  #checkStream(): void {
    const { phase, fault } = this.#options.stream()
    if (phase === 'streaming') return
    const reason = fault ?? 'it is connecting; try again in a moment'
    const message = `no backup can be taken while the log is not received: ${reason}`
    throw new FaultError('BACKUP_NO_STREAM', message)
  }

  #begin(label: string, signal: AbortSignal): Running {
    const listeners: Running['listeners'] = new Set()
    const startedMs = this.#options.clock.nowMs()
    const progress = (now: BackupProgress): void => {
      running.progress = now
      for (const hear of listeners) hear(now)
    }
    const running: Running = {
      startedMs,
      listeners,
      progress: { doneBytes: 0, totalBytes: 0 },
      result: this.#take(label, progress, signal).finally(() => (this.#running = undefined)),
    }
    running.result.catch(ignoreReported)
    this.#running = running
    return running
  }

  async #take(
    label: string,
    onProgress: (progress: BackupProgress) => void,
    signal: AbortSignal,
  ): Promise<BackupRecord> {
    const { tell, clock } = this.#options
    await tell({ code: 'BACKUP_STARTED', detail: { kind: 'full', label } })
    const begunMs = clock.monotonicMs()
    try {
      const record = await this.#receive(label, onProgress, signal)
      this.#newest = record
      this.#wanted = false
      this.#failuresInARow = 0
      await this.#tellFinished(record, clock.monotonicMs() - begunMs)
      return record
    } catch (error) {
      this.#failuresInARow++
      const code = error instanceof VeiligError ? error.code : 'BUG'
      this.#lastFailure = { atMs: clock.nowMs(), code }
      const message = (error as Error).message
      await tell({ code: 'BACKUP_FAILED', detail: { kind: 'full', label, reason: code, message } })
      throw error
    }
  }

  async #receive(
    label: string,
    onProgress: (progress: BackupProgress) => void,
    signal: AbortSignal,
  ): Promise<BackupRecord> {
    const { login, applicationName, repository, maxRateKib } = this.#options
    using connection = await ReplicationConnection.open(login, applicationName, signal)
    checkMajor(connection.major)
    await repository.attach(await readCluster(connection))
    const facts = {
      serverVersion: connection.parameter('server_version') ?? '',
      dataChecksums: (await connection.show('data_checksums')) === 'on',
    }
    return await takeFullBackup(connection, repository, { label, facts, maxRateKib, onProgress })
  }

  async #tellFinished(record: BackupRecord, tookMs: number): Promise<void> {
    const detail = {
      id: record.id,
      kind: record.kind,
      files: record.fileCount,
      plainBytes: record.plainBytes,
      storedBytes: record.storedBytes,
      tookMs: Math.round(tookMs),
    }
    await this.#options.tell({ code: 'BACKUP_FINISHED', detail })
    const damaged = record.damagedPageCount > 0 || record.facts['checksumFailures'] === true
    if (!damaged) return
    const pages = record.damagedPageCount
    await this.#options.tell({ code: 'BACKUP_DAMAGED', detail: { id: record.id, pages } })
  }
}

function summary(record: BackupRecord): NewestBackup {
  const { id, startedMs, finishedMs, plainBytes, storedBytes, damagedPageCount } = record
  return { id, startedMs, finishedMs, plainBytes, storedBytes, damagedPageCount }
}

/** Every failure is in the audit trail and in the status already; a bug is not a failure. */
function ignoreReported(error: unknown): void {
  if (!(error instanceof VeiligError)) throw error
}
