/**
 * Backups, one at a time: when the schedule says so, when somebody asks, when WAL is missing.
 *
 * @module
 */
import { setMaxListeners } from 'node:events'
import { FaultError, VeiligError } from '#lib/errors.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import { toHex } from '#lib/byte-fields.ts'
import type { SummaryKeeper } from './summary/keeper.ts'
import { filesOf } from './take/changed-pages.ts'
import { CHANGES_BY, takeChanges } from './take/reading/take-changes.ts'
import {
  checkMajor,
  MANIFEST_DIGEST,
  takeBackup,
  type BackupProgress,
  type BackupRequest,
} from './take/take-backup.ts'
import { visibilityMapsAreRight } from './take/visibility-map.ts'
import type { BackupType } from './control/messages.ts'
import { nextDifferentialMs, nextFullMs, type ScheduleFacts } from './policy.ts'
import type { ManifestMemory } from './ports.ts'
import { ReplicationConnection, type Login } from './replication/connection.ts'
import { sha256 } from './repository/object-frame.ts'
import type {
  BackupKind,
  BackupRecord,
  ClusterIdentity,
  Repository,
} from './repository/repository.ts'
import type { NewestBackup, RunningBackup } from './status.ts'
import { readCluster, type ReceiverState } from './wal/receiver.ts'

export type RunnerOptions = {
  readonly login: Login
  readonly applicationName: string
  readonly fullEveryMs: number
  readonly differentialEveryMs: number
  readonly manifest: ManifestMemory
  readonly summary: SummaryKeeper
  /** Where SQL is asked: any database that the role may connect to. */
  readonly sqlDatabase: string
  /** Whether differences build on the newest backup of either kind, not on the newest full one. */
  readonly differenceOnNewest: boolean
  readonly maxRateKib: number | undefined
  readonly repository: Repository
  readonly clock: Clock
  readonly tell: (event: AuditEvent) => Promise<void>
  /** A backup begins only while its WAL is being received: without it, it could never count. */
  readonly stream: () => Pick<ReceiverState, 'phase' | 'fault'>
  /** From the catalogue, oldest first. */
  readonly backups: readonly BackupRecord[]
}

type Running = {
  readonly kind: BackupKind
  readonly startedMs: number
  readonly result: Promise<BackupRecord>
  readonly listeners: Set<(progress: BackupProgress) => void>
  progress: BackupProgress
}

type Asked = Pick<BackupRequest, 'label' | 'onProgress'>

const TICK_MS = 500
/** PostgreSQL keeps WAL summaries from this major version on. */
const DIFFERENCES_SINCE_MAJOR = 17
const FULL_INSTEAD: ReadonlySet<string> = new Set([
  'BACKUP_DIFFERENCE_IMPOSSIBLE',
  'BACKUP_DIFFERENCE_REFUSED',
])

/** A difference is then read whole and compared. */
const ALL_READ_INSTEAD: ReadonlySet<string> = new Set([
  'BACKUP_READING_IMPOSSIBLE',
  'WAL_SUMMARY_MISSING',
  'WAL_SUMMARY_TOO_LARGE',
])

function impossible(why: string): FaultError {
  const message = `a differential backup cannot be taken: ${why}`
  return new FaultError('BACKUP_DIFFERENCE_IMPOSSIBLE', message)
}

export class BackupRunner {
  readonly #options: RunnerOptions
  readonly #newest = new Map<BackupKind, BackupRecord>()
  #fullInstead: string | undefined
  #running: Running | undefined
  #wanted = false
  /** Gaps so far: a full backup heals those that were there when it began. */
  #gaps = 0
  #failuresInARow = 0
  #lastFailure: { readonly atMs: number; readonly code: string } | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    for (const backup of options.backups) this.#remember(backup)
  }

  /** A backup was put together in the repository: later differences may build on it. */
  async adopt(record: BackupRecord, tookMs: number): Promise<NewestBackup> {
    this.#remember(record)
    const { id, fileCount, plainBytes, storedBytes, synthetic } = record
    const from = synthetic?.from ?? ''
    const detail = { id, from, files: fileCount, plainBytes, storedBytes, tookMs }
    await this.#options.tell({ code: 'BACKUP_SYNTHESIZED', detail })
    return summary(record)
  }

  /** The newest is that of the newest state: a synthetic one may be of an old one. */
  #remember(record: BackupRecord): void {
    const known = this.#newest.get(record.kind)
    if (!known || known.startedMs <= record.startedMs) this.#newest.set(record.kind, record)
    const full = this.#newest.get('full')
    if (full) this.#options.summary.forgetBefore(full.startLsn)
  }

  newest(kind: BackupKind): NewestBackup | undefined {
    const record = this.#newest.get(kind)
    return record && summary(record)
  }

  /** When the newest backup of either kind was begun. */
  get newestStartedMs(): number | undefined {
    const [full, differential] = [this.#newest.get('full'), this.#newest.get('differential')]
    return full && Math.max(full.startedMs, differential?.startedMs ?? 0)
  }

  get running(): RunningBackup | undefined {
    if (!this.#running) return undefined
    const { kind, startedMs, progress } = this.#running
    return { kind, startedMs, ...progress }
  }

  /** Why the last differential backup was taken as a full one. */
  get fullInstead(): string | undefined {
    return this.#fullInstead
  }

  get lastFailure(): { readonly atMs: number; readonly code: string } | undefined {
    return this.#lastFailure
  }

  get nextMs(): number {
    const everyMs = this.#options.fullEveryMs
    return nextFullMs(this.#facts(everyMs, this.#newest.get('full')?.startedMs))
  }

  get nextDifferentialMs(): number | undefined {
    const everyMs = this.#options.differentialEveryMs
    return nextDifferentialMs(this.#facts(everyMs, this.newestStartedMs))
  }

  #facts(everyMs: number, newestStartedMs: number | undefined): ScheduleFacts {
    return {
      nowMs: this.#options.clock.nowMs(),
      everyMs,
      newestStartedMs,
      wanted: this.#wanted,
      failuresInARow: this.#failuresInARow,
      lastFailureMs: this.#lastFailure?.atMs ?? 0,
    }
  }

  /** Log is missing for good: a full backup is needed whatever the schedule says. */
  want(): void {
    this.#wanted = true
    this.#gaps++
  }

  /** Keeps the schedule until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    setMaxListeners(0, signal)
    while (!signal.aborted) {
      const due = this.#running ? undefined : this.#due()
      if (due && this.#options.stream().phase === 'streaming') {
        await this.#begin(due, 'scheduled', signal).result.catch(ignoreReported)
      }
      await this.#options.clock.sleep(TICK_MS, signal).catch(() => undefined)
    }
    await this.#running?.result.catch(ignoreReported)
  }

  #due(): BackupKind | undefined {
    const nowMs = this.#options.clock.nowMs()
    if (nowMs >= this.nextMs) return 'full'
    return nowMs >= (this.nextDifferentialMs ?? Infinity) ? 'differential' : undefined
  }

  /**
   * Takes a backup now, or joins the one under way; a full one waits for a differential one.
   *
   * @throws {FaultError} BACKUP_NO_STREAM. @throws {VeiligError} Why it failed.
   */
  async request(
    kind: BackupType,
    label: string,
    signal: AbortSignal,
    on: {
      readonly begun: (joined: boolean) => void
      readonly progress: (progress: BackupProgress) => void
    },
  ): Promise<NewestBackup> {
    while (kind === 'full' && this.#running?.kind === 'differential') {
      await this.#running.result.catch(ignoreReported)
    }
    const joined = this.#running !== undefined
    if (!joined) this.#checkStream()
    const running = this.#running ?? this.#begin(kind, label, signal)
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

  #begin(type: BackupType, label: string, signal: AbortSignal): Running {
    const listeners: Running['listeners'] = new Set()
    const startedMs = this.#options.clock.nowMs()
    const progress = (now: BackupProgress): void => {
      running.progress = now
      for (const hear of listeners) hear(now)
    }
    const kind = type === 'full' ? 'full' : 'differential'
    const running: Running = {
      kind,
      startedMs,
      listeners,
      progress: { doneBytes: 0, totalBytes: 0 },
      result: this.#take(type, label, progress, signal).finally(() => (this.#running = undefined)),
    }
    running.result.catch(ignoreReported)
    this.#running = running
    return running
  }

  async #take(
    type: BackupType,
    label: string,
    onProgress: (progress: BackupProgress) => void,
    signal: AbortSignal,
  ): Promise<BackupRecord> {
    const { tell, clock } = this.#options
    const kind = type === 'full' ? 'full' : 'differential'
    await tell({ code: 'BACKUP_STARTED', detail: { kind, label } })
    const begunMs = clock.monotonicMs()
    const gaps = this.#gaps
    try {
      const record = await this.#receive(type, { label, onProgress }, signal)
      this.#remember(record)
      await this.#options.summary.save()
      if (record.kind === 'full' && gaps === this.#gaps) this.#healed()
      this.#failuresInARow = 0
      await this.#tellFinished(record, clock.monotonicMs() - begunMs)
      return record
    } catch (error) {
      this.#failuresInARow++
      const code = error instanceof VeiligError ? error.code : 'BUG'
      this.#lastFailure = { atMs: clock.nowMs(), code }
      const message = (error as Error).message
      await tell({ code: 'BACKUP_FAILED', detail: { kind, label, reason: code, message } })
      throw error
    }
  }

  #healed(): void {
    this.#wanted = false
    this.#options.repository.wal.healed()
  }

  /** What cannot be taken as a difference is taken whole, and said. */
  async #receive(type: BackupType, request: Asked, signal: AbortSignal): Promise<BackupRecord> {
    if (type !== 'full') {
      try {
        const record = await this.#receiveOnce(type, request, signal)
        this.#fullInstead = undefined
        return record
      } catch (error) {
        if (!(error instanceof FaultError) || !FULL_INSTEAD.has(error.code)) throw error
        this.#fullInstead = error.message
        const detail = { reason: error.code, message: error.message }
        await this.#options.tell({ code: 'BACKUP_FULL_INSTEAD', detail })
      }
    }
    return await this.#receiveOnce('full', request, signal)
  }

  async #receiveOnce(type: BackupType, request: Asked, signal: AbortSignal): Promise<BackupRecord> {
    const { login, applicationName, repository, maxRateKib, manifest } = this.#options
    using connection = await ReplicationConnection.open(login, applicationName, signal, true)
    checkMajor(connection.major)
    const cluster = await readCluster(connection)
    await repository.attach(cluster)
    this.#options.summary.backupBegins((await connection.identifySystem()).flushLsn)
    const facts = {
      serverVersion: connection.parameter('server_version') ?? '',
      dataChecksums: (await connection.show('data_checksums')) === 'on',
    }
    const keepManifest = (digest: string, bytes: Uint8Array): Promise<void> =>
      manifest.save(digest, bytes, new Set([...this.#newest.values()].map(digestOf)))
    const base = this.#baseOf(type)
    const since = base ? await this.#base(base, connection, cluster, facts) : undefined
    const asked = { ...request, facts, maxRateKib, keepManifest }
    if (!since) return await takeBackup(connection, repository, asked)
    const read = since.pages && (await this.#readChanges(asked, since, cluster, signal))
    if (read) return read
    const changesBy = { [CHANGES_BY]: since.pages ? 'pages' : 'server' }
    const whole = { ...asked, since, facts: { ...facts, ...changesBy } }
    return await takeBackup(connection, repository, whole)
  }

  /** Reads only what the log says changed. @returns Undefined where everything must be read. */
  async #readChanges(
    asked: Omit<BackupRequest, 'since'>,
    since: NonNullable<BackupRequest['since']>,
    cluster: ClusterIdentity,
    signal: AbortSignal,
  ): Promise<BackupRecord | undefined> {
    const { login, applicationName, sqlDatabase, summary, repository, clock } = this.#options
    try {
      const place = { ...login, database: sqlDatabase }
      using connection = await openForReading(place, applicationName, signal)
      return await takeChanges(connection, repository, {
        ...asked,
        since,
        inBase: since.pages ?? new Map(),
        cluster,
        between: (from, to, timeline) => summary.between(from, to, timeline),
        role: login.user,
        clock,
      })
    } catch (error) {
      if (!(error instanceof FaultError) || !ALL_READ_INSTEAD.has(error.code)) throw error
      const detail = { reason: error.code, message: error.message }
      await this.#options.tell({ code: 'BACKUP_READS_ALL', detail })
      return undefined
    }
  }

  /** @throws {FaultError} BACKUP_DIFFERENCE_IMPOSSIBLE. */
  #baseOf(type: BackupType): BackupRecord | undefined {
    if (type === 'full') return undefined
    const full = this.#newest.get('full')
    if (!full) throw impossible('there is no full backup to build on')
    const newest = this.#newest.get('differential')
    const onNewest = type === 'incremental' || this.#options.differenceOnNewest
    return onNewest && newest && newest.startedMs > full.startedMs ? newest : full
  }

  /** @throws {FaultError} BACKUP_DIFFERENCE_IMPOSSIBLE, with the reason. */
  async #base(
    record: BackupRecord,
    connection: ReplicationConnection,
    { blockSize, pgMajor }: ClusterIdentity,
    facts: { readonly serverVersion: string; readonly dataChecksums: boolean },
  ): Promise<NonNullable<BackupRequest['since']>> {
    const { timeline } = await connection.identifySystem()
    if (timeline !== record.endTimeline) {
      throw impossible(`the server is on timeline ${timeline}, the other on ${record.endTimeline}`)
    }
    // pg_checksums changes every page and writes no log of it: a difference would leave them out,
    // and the restored server would take the older ones for damaged.
    if ((record.facts['dataChecksums'] === true) !== facts.dataChecksums) {
      const now = facts.dataChecksums ? 'on' : 'off'
      throw impossible(`data checksums were turned ${now} since ${record.id}`)
    }
    const serverManifest = await this.#options.manifest.load(digestOf(record))
    if (!serverManifest || toHex(sha256(serverManifest)) !== digestOf(record)) {
      throw impossible(`the list of files of ${record.id} is not here any more`)
    }
    const base = { record, serverManifest, blockSize }
    if (pgMajor < DIFFERENCES_SINCE_MAJOR) {
      const { dataChecksums } = facts // without them a page does not tell that it is all-visible
      const visibilityMaps = dataChecksums && record.facts['dataChecksums'] === true
      return { ...base, visibilityMaps, pages: filesOf(serverManifest) }
    }
    const versions = [String(record.facts['serverVersion']), facts.serverVersion]
    return { ...base, visibilityMaps: visibilityMapsAreRight(versions) }
  }

  async #tellFinished(record: BackupRecord, tookMs: number): Promise<void> {
    const detail = {
      id: record.id,
      kind: record.kind,
      files: record.fileCount,
      plainBytes: record.plainBytes,
      storedBytes: record.storedBytes,
      tookMs: Math.round(tookMs),
      ...(CHANGES_BY in record.facts ? { changesBy: record.facts[CHANGES_BY] } : {}),
    }
    await this.#options.tell({ code: 'BACKUP_FINISHED', detail })
    const damaged = record.damagedPageCount > 0 || record.facts['checksumFailures'] === true
    if (!damaged) return
    const pages = record.damagedPageCount
    await this.#options.tell({ code: 'BACKUP_DAMAGED', detail: { id: record.id, pages } })
  }
}

/** @throws {FaultError} BACKUP_READING_IMPOSSIBLE when the role is not let in. */
async function openForReading(
  login: Login,
  applicationName: string,
  signal: AbortSignal,
): Promise<ReplicationConnection> {
  try {
    return await ReplicationConnection.open(login, applicationName, signal, true)
  } catch (cause) {
    if (!(cause instanceof FaultError) || signal.aborted) throw cause
    throw new FaultError('BACKUP_READING_IMPOSSIBLE', cause.message, { cause })
  }
}

/** SHA-256 of the server's list of its files. */
function digestOf({ facts }: BackupRecord): string {
  return String(facts[MANIFEST_DIGEST] ?? '')
}

function summary(record: BackupRecord): NewestBackup {
  const { id, kind, startedMs, finishedMs, plainBytes, storedBytes, damagedPageCount } = record
  return { id, kind, startedMs, finishedMs, plainBytes, storedBytes, damagedPageCount }
}

/** Every failure is in the audit trail and in the status already; a bug is not a failure. */
function ignoreReported(error: unknown): void {
  if (!(error instanceof VeiligError)) throw error
}
