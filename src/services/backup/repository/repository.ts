/**
 * What the backup service writes into: one repository, in several regions at once.
 *
 * Everything is encrypted once and the same object goes to every region. The writing process holds
 * only public keys and the key that signs the catalogue: it cannot read what it wrote before.
 * The bytes are described in docs/formats/repository.md.
 *
 * @module
 */
import type { BranchReport } from '../retention/branch.ts'
import type { RetentionReport } from '../retention/destroy.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { SyntheticBackups } from './synthetic-backups.ts'

/** The one PostgreSQL cluster that a repository keeps. Sizes in bytes. */
export type ClusterIdentity = {
  /** From IDENTIFY_SYSTEM; unsigned 64-bit. */
  readonly systemIdentifier: bigint
  readonly pgMajor: number
  readonly walSegmentSize: number
  readonly blockSize: number
}

export type BackupKind = 'full' | 'differential'

export type BackupStart = {
  readonly kind: BackupKind
  /** Free text for people, at most 200 characters. */
  readonly label: string
  readonly timeline: number
  /** Where recovery must begin to replay. */
  readonly startLsn: Lsn
  /** Backup whose blocks this one builds on; for 'differential' only. */
  readonly parentId?: string
  /** About how many bytes will be written; much is compressed by threads. */
  readonly expectedBytes?: number
}

/** Path below the data directory, '/'-separated, never absolute, never with '..'. */
export type DataPath = string

export type FileStart = {
  /** A tablespace's files stand below `pg_tblspc/OID/`, as in PostgreSQL's own manifest. */
  readonly path: DataPath
  /** Bytes that `write` will bring. */
  readonly size: number
  /** Permission bits only. */
  readonly mode: number
  /** Milliseconds since the Unix epoch. */
  readonly modifiedMs: number
  /** Where the bytes belong, when they are not the whole file. */
  readonly map?: FileMap
  /** Whether `sums` shall tell of it. */
  readonly sum?: boolean
}

/** Bytes [at, at + length) of a file. */
export type FileRange = { readonly at: number; readonly length: number }

/** Of a file some of whose bytes are in this backup. Sizes in bytes. */
export type FileMap = {
  /** Of the whole file, once restored. */
  readonly size: number
  /** Below this, what is not in `ranges` is the parent's; above it, zero. */
  readonly inherits: number
  /** Ascending, apart from each other; together `FileStart.size` bytes, in the order of `write`. */
  readonly ranges: readonly FileRange[]
}

export type DamagedPage = { readonly path: DataPath; readonly block: number }

/** Facts of the source for people and drills: flat, small, no secret. */
export type BackupFacts = Readonly<Record<string, string | number | boolean>>

export type BackupEnd = {
  readonly endLsn: Lsn
  readonly endTimeline: number
  /** The server's backup manifest, byte for byte; kept as it is. */
  readonly serverManifest: Uint8Array
  /** Pages whose checksum the server found wrong. The backup is kept and marked. */
  readonly damagedPages: readonly DamagedPage[]
  readonly facts: BackupFacts
  /** How long to wait until the WAL of [startLsn, endLsn) is durable. Default 60,000. */
  readonly walWaitMs?: number
}

/**
 * One backup on its way in. Calls must not overlap: await what returns a promise. Not usable after
 * `finish` or `abort`, nor after any call has thrown, except for `abort`.
 */
export interface BackupWriter {
  /** Also the name of its folder in the repository. */
  readonly id: string
  /** @throws {ProtocolError} BACKUP_PATH_UNSAFE: absolute, '..', empty parts, NUL, too long. */
  directory(path: DataPath, mode: number): void
  /** A symbolic link in the data directory. @throws {ProtocolError} BACKUP_PATH_UNSAFE. */
  link(path: DataPath, target: string): void
  /** A tablespace and where it lay on the server. */
  tablespace(oid: number, location: string): void
  /** @throws {ProtocolError} BACKUP_PATH_UNSAFE, BACKUP_PATH_TWICE. */
  beginFile(file: FileStart): void
  /**
   * Next bytes of the file; they are copied. Returns a promise when the regions are slower than
   * the server: wait for it before the next call.
   *
   * @throws {ProtocolError} BACKUP_FILE_SIZE_WRONG. @throws {FaultError} As the stores.
   */
  write(bytes: Uint8Array): Promise<void> | undefined
  /**
   * @param map Where the bytes belong, when that is known only now; then fewer may have come.
   * @throws {ProtocolError} BACKUP_FILE_SIZE_WRONG when bytes are missing.
   */
  endFile(map?: FileMap): void
  /**
   * CRC-32C of what was written of each file that was to be summed; no file may be open.
   *
   * @throws {FaultError} As the stores.
   */
  sums(): Promise<ReadonlyMap<DataPath, number>>
  /**
   * Waits until every required region holds all of it and its WAL, then enters it in the catalogue.
   * Only then does the backup exist.
   *
   * @throws {FaultError} BACKUP_WAL_MISSING when the WAL did not become durable in time.
   */
  finish(end: BackupEnd): Promise<BackupRecord>
  /** Gives up; what was stored is never listed, and is deleted where the store allows. */
  abort(): Promise<void>
}

/** Where a backup comes from that was put together in the repository. */
export type SyntheticOrigin = {
  /** The backup whose state it holds. */
  readonly from: string
  /** When it was made; all its other times are those of `from`. */
  readonly madeMs: number
  /** Later backups that build on one of these can build on it. */
  readonly inPlaceOf: readonly string[]
}

export type BackupRecord = {
  readonly id: string
  readonly kind: BackupKind
  readonly parentId: string | undefined
  readonly label: string
  readonly systemIdentifier: bigint
  readonly pgMajor: number
  readonly timeline: number
  readonly startLsn: Lsn
  readonly endTimeline: number
  readonly endLsn: Lsn
  /** Milliseconds since the Unix epoch, by the writing process's clock. */
  readonly startedMs: number
  readonly finishedMs: number
  readonly fileCount: number
  /** Bytes of the files, and bytes of the objects. */
  readonly plainBytes: number
  readonly storedBytes: number
  readonly damagedPageCount: number
  readonly facts: BackupFacts
  readonly synthetic?: SyntheticOrigin | undefined
}

export type WalBytes = {
  readonly timeline: number
  readonly startLsn: Lsn
  /** 1 byte to 1 MiB. May cross the end of a WAL segment. */
  readonly bytes: Uint8Array
}

export type WalPosition = { readonly timeline: number; readonly lsn: Lsn }

export type RegionState = {
  readonly name: string
  /** Whether nothing counts as durable before this region holds it. */
  readonly required: boolean
  /** One past the last WAL byte it holds without a hole; undefined before the first. */
  readonly durable: WalPosition | undefined
  /** WAL accepted by `put` that this region lacks. */
  readonly lagBytes: bigint
  /** How long ago this region surely held all the server had; undefined: not known yet. */
  readonly lagMs: number | undefined
  /** Why its last operation failed; undefined after a success. Never a secret. */
  readonly fault: string | undefined
}

export interface WalStore {
  /**
   * Where the WAL kept so far ends: stream on from here. Undefined when there is none.
   *
   * @throws {UsageError} REPOSITORY_WRONG_CLUSTER.
   */
  lastPosition(systemIdentifier: bigint): Promise<WalPosition | undefined>
  /**
   * Begins a run: WAL will come without a hole from here. To be called before the first `put`
   * after opening, and whenever the timeline changes. Beginning later than `lastPosition` is
   * allowed (a slot was lost) and enters the gap in the catalogue, for all to see.
   *
   * @throws {UsageError} WAL_BEGINS_EARLY when this timeline is already kept beyond `startLsn`.
   */
  begin(position: WalPosition): Promise<void>
  /**
   * Stores the next bytes. Resolves when every region needed holds them durably; all that was
   * put before is then durable too. Call it in order; a few calls may be under way at once, and
   * that is how a slow region holds back PostgreSQL's slot: stop reading when many are.
   *
   * @throws {UsageError} WAL_PUT_OUT_OF_ORDER, WAL_TOO_LARGE. @throws {FaultError} As the stores,
   *   once the repository is closed; while it is open a failing region is retried for ever.
   */
  put(wal: WalBytes): Promise<void>
  /** From now on, durable is what at least so many regions hold, the required ones among them. */
  need(regions: number): void
  /**
   * Log is missing for good: until `healed`, which is when a full backup has what was lost, no
   * region is called complete, and no commit that waits is acknowledged.
   */
  holdBack(): void
  healed(): void
  /** One past the last byte that every region needed holds; what PostgreSQL may be told. */
  durablePosition(): WalPosition | undefined
  /**
   * At a moment of the monotonic clock the server had no more than what was put, and so many bytes
   * that will be put next.
   */
  current(heldBytes: number, atMs: number): void
  /** How long ago all the server had was durable so; undefined while that is not known. */
  unsafeMs(): number | undefined
  /** Keeps a timeline history file, for ever. The same bytes twice are kept once. */
  history(timeline: number, bytes: Uint8Array): Promise<void>
  regions(): readonly RegionState[]
}

export type WalRange = {
  readonly timeline: number
  readonly startLsn: Lsn
  /** Exclusive. */
  readonly endLsn: Lsn
}

/** What the repository holds, authenticated. */
export type Catalogue = {
  readonly repositoryId: string
  /** Undefined before `attach`. */
  readonly cluster: ClusterIdentity | undefined
  /** Oldest first. */
  readonly backups: readonly BackupRecord[]
  /** Ranges without a hole, by timeline and position. */
  readonly wal: readonly WalRange[]
  /** Timeline → its history file. */
  readonly histories: ReadonlyMap<number, Uint8Array>
}

export interface Repository extends AsyncDisposable {
  /**
   * Says whose backups come. Call it first, after every opening; it is idempotent.
   *
   * @throws {UsageError} REPOSITORY_WRONG_CLUSTER when the repository keeps another cluster.
   */
  attach(cluster: ClusterIdentity): Promise<void>
  beginBackup(start: BackupStart): Promise<BackupWriter>
  /**
   * Destroys what no moment of the last `retainMs` needs. See retention/destroy.ts.
   *
   * @throws {FaultError} As the stores.
   */
  destroyExpired(retainMs: number, dryRun: boolean): Promise<RetentionReport>
  /**
   * Gives up what is kept of a timeline and of those that came from it, and destroys it: another
   * branch of that number counts. The repository is to be opened anew afterwards.
   *
   * @param reason For people, at most 200 characters; it stands in the catalogue.
   * @throws {UsageError} BRANCH_FIRST, BRANCH_UNKNOWN, BRANCH_HELD. @throws {FaultError} As the
   *   stores.
   */
  leaveBranch(branch: {
    readonly timeline: number
    readonly reason: string
    readonly retainMs: number
    readonly dryRun: boolean
  }): Promise<BranchReport>
  /**
   * From this moment on nothing is given up until the hold is released, whatever its age.
   *
   * @param reason For people, at most 200 characters; it stands in the catalogue for all to see.
   * @returns The id of the hold.
   */
  hold(fromMs: number, reason: string): Promise<string>
  /** @throws {UsageError} HOLD_UNKNOWN. */
  release(id: string, reason: string): Promise<void>
  /**
   * From now on data keys are wrapped for these recipients alone.
   *
   * @param keys X25519 public keys; at least one.
   */
  changeRecipients(keys: readonly Uint8Array[]): Promise<void>
  /** Backups that another process puts together in the regions. */
  readonly synthetic: SyntheticBackups
  readonly wal: WalStore
  catalogue(): Promise<Catalogue>
  /** Rejects when the repository can go on no longer, for example REPOSITORY_OTHER_WRITER. */
  readonly failed: Promise<never>
}
