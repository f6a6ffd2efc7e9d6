/**
 * Takes a differential backup of PostgreSQL 15 or 16 by reading only what changed: the log, summed
 * up as it streamed by, says which blocks of which files that are.
 *
 * The server is in backup mode meanwhile, as it is for BASE_BACKUP: whatever is torn or changes
 * while it is read, the log from the start on mends. What lies in the repository is the same as of
 * a difference whose blocks were compared: whole files, and blocks with a map that says where they
 * belong.
 *
 * @module
 */
import { crc32c } from '#crypto/crc32c.ts'
import { FaultError } from '#lib/errors.ts'
import { toHex } from '#lib/byte-fields.ts'
import { encodeManifest } from '#protocol/postgres/replication/manifest-writer.ts'
import type { ManifestFile } from '#protocol/postgres/replication/manifest.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { Clock } from '#system/clock.ts'
import type { ReplicationConnection } from '../../replication/connection.ts'
import { sqlstateOf } from '../../replication/server-faults.ts'
import { sha256 } from '../../repository/object-frame.ts'
import type {
  BackupRecord,
  BackupWriter,
  ClusterIdentity,
  FileRange,
  Repository,
} from '../../repository/repository.ts'
import type { ChangedBlocks } from '../../summary/changed-blocks.ts'
import type { Base } from '../incoming-file.ts'
import { MANIFEST_DIGEST, type BackupRequest } from '../take-backup.ts'
import { CONTROL_FILE, impossible } from './file-list.ts'
import { PageCheck } from './page-check.ts'
import { cutPieces, PieceReader, type Piece } from './piece-reader.ts'
import { planFile, type PlannedFile } from './read-plan.ts'
import {
  listFiles,
  readServerFacts,
  startBackup,
  stopBackup,
  type ServerFacts,
} from './server-session.ts'

export type ChangesRequest = Omit<BackupRequest, 'since'> & {
  readonly since: Base
  /** Path → size in the backup it builds on. */
  readonly inBase: ReadonlyMap<string, number>
  readonly cluster: ClusterIdentity
  /** What the log says changed between two positions of a timeline. */
  readonly between: (fromLsn: Lsn, toLsn: Lsn, timeline: number) => Promise<ChangedBlocks>
  readonly role: string
  readonly clock: Clock
}

/** Fact of a backup: by what it was known what changed. */
export const CHANGES_BY = 'changesBy'

const CONTROL_BYTES = 8192
const CONTROL_TRIES = 10
/** Shorter pauses are not worth a turn. */
const PAUSE_MIN_MS = 20

type Plan = {
  readonly folders: readonly string[]
  readonly files: readonly PlannedFile[]
  /** To be read. */
  readonly bytes: number
}

type FileDone = ManifestFile & { readonly modifiedMs: number }

/**
 * @param connection Takes SQL too; of no use afterwards if this throws.
 * @throws {FaultError} BACKUP_READING_IMPOSSIBLE, WAL_SUMMARY_MISSING, WAL_SUMMARY_TOO_LARGE: then
 *   everything must be read. Whatever else failed; the repository then lists nothing of it.
 */
export async function takeChanges(
  connection: ReplicationConnection,
  repository: Repository,
  request: ChangesRequest,
): Promise<BackupRecord> {
  const { since, label, role } = request
  const facts = await readServerFacts(connection, role)
  const { timeline } = await connection.identifySystem()
  const lsn = await startBackup(connection, label)
  const changes = await request.between(since.record.startLsn, lsn, timeline)
  const plan = await planOf(connection, request, facts, changes)
  const writer = await repository.beginBackup({
    kind: 'differential',
    parentId: since.record.id,
    label,
    timeline,
    startLsn: lsn,
    expectedBytes: plan.bytes,
  })
  try {
    const reading = new Reading(connection, writer, request, facts, { lsn, timeline })
    return await reading.run(plan)
  } catch (error) {
    await writer.abort()
    // The server will not let us read something: BASE_BACKUP may.
    if (sqlstateOf(error) !== undefined) throw impossible((error as FaultError).message)
    throw error
  }
}

async function planOf(
  connection: ReplicationConnection,
  { since, inBase }: ChangesRequest,
  { spaceVersion, segmentBlocks }: ServerFacts,
  changes: ChangedBlocks,
): Promise<Plan> {
  const { folders, files } = await listFiles(connection, spaceVersion)
  const { blockSize } = since
  const facts = { changes, inFull: inBase, blockSize, segmentBlocks }
  const planned = files.map((file) => planFile(file, facts))
  const bytes = planned.reduce((total, { ranges }) => total + sum(ranges), 0)
  return { folders, files: planned, bytes }
}

class Reading {
  readonly #connection: ReplicationConnection
  readonly #writer: BackupWriter
  readonly #request: ChangesRequest
  readonly #facts: ServerFacts
  readonly #start: { readonly lsn: Lsn; readonly timeline: number }
  readonly #check: PageCheck
  readonly #files: FileDone[] = []
  readonly #begunMs: number
  #doneBytes = 0
  #totalBytes = 0

  constructor(
    connection: ReplicationConnection,
    writer: BackupWriter,
    request: ChangesRequest,
    facts: ServerFacts,
    start: { readonly lsn: Lsn; readonly timeline: number },
  ) {
    this.#connection = connection
    this.#writer = writer
    this.#request = request
    this.#facts = facts
    this.#start = start
    this.#begunMs = request.clock.monotonicMs()
    const hasChecksums = request.facts['dataChecksums'] === true
    this.#check = new PageCheck(request.since.blockSize, start.lsn, hasChecksums)
  }

  async run({ folders, files, bytes }: Plan): Promise<BackupRecord> {
    const { cluster, keepManifest } = this.#request
    const { tablespaces, folderMode } = this.#facts
    this.#totalBytes = bytes
    for (const { oid, location } of tablespaces) this.#writer.tablespace(oid, location)
    for (const folder of folders) this.#writer.directory(folder, folderMode)
    await this.#readAll(files)
    const damagedPages = await this.#check.damaged((piece) => this.#readOne(piece))
    await this.#keep(CONTROL_FILE, await this.#readControl())
    const { endLsn, label, tablespaceMap } = await stopBackup(this.#connection, this.#start)
    await this.#keep('backup_label', Buffer.from(label))
    if (tablespaceMap !== '') await this.#keep('tablespace_map', Buffer.from(tablespaceMap))
    const { timeline, lsn: startLsn } = this.#start
    const { pgMajor, systemIdentifier } = cluster
    const wal = { timeline, startLsn, endLsn }
    const serverManifest = encodeManifest({ pgMajor, systemIdentifier, files: this.#files, wal })
    const digest = toHex(sha256(serverManifest))
    const record = await this.#writer.finish({
      endLsn,
      endTimeline: timeline,
      serverManifest,
      damagedPages,
      facts: {
        ...this.#request.facts,
        [MANIFEST_DIGEST]: digest,
        [CHANGES_BY]: 'log',
        ...(damagedPages.length > 0 ? { checksumFailures: true } : {}),
      },
    })
    await keepManifest?.(digest, serverManifest)
    return record
  }

  async #readAll(plan: readonly PlannedFile[]): Promise<void> {
    const reader = new PieceReader(this.#connection, piecesOf(plan))
    for (const file of plan) await this.#readFile(reader, file)
    await reader.finish()
  }

  /** A file that is gone is left out, as the log will say; one that got shorter ends earlier. */
  async #readFile(reader: PieceReader, file: PlannedFile): Promise<void> {
    const { path, inherits, ranges, modifiedMs } = file
    const came: { at: number; length: number }[] = []
    let [begun, crc] = [ranges.length === 0, 0]
    if (begun) this.#begin(file, 0)
    for (const range of ranges) {
      for (const piece of cutPieces(path, range.at, range.length)) {
        const bytes = await reader.next()
        if (!bytes) continue
        if (!begun) this.#begin(file, sum(ranges))
        begun = true
        if (inherits === 0) crc = crc32c(crc, bytes)
        this.#check.see(file, piece.at, bytes)
        note(came, piece.at, bytes.length)
        const waiting = this.#writer.write(bytes)
        if (waiting) await waiting
        const pausing = this.#pause(bytes.length)
        if (pausing) await pausing
      }
    }
    if (!begun) return
    // What is read whole ends where it ended; of the rest the size when it was listed counts.
    const size = inherits > 0 ? file.size : sum(came)
    this.#writer.endFile({ size, inherits, ranges: came })
    const crc32cOfAll = inherits === 0 ? crc : undefined
    this.#files.push({ path, sizeBytes: size, modifiedMs, crc32c: crc32cOfAll })
  }

  #begin({ path, modifiedMs }: PlannedFile, size: number): void {
    this.#writer.beginFile({ path, size, mode: this.#facts.fileMode, modifiedMs })
  }

  #pause(bytes: number): Promise<void> | undefined {
    this.#doneBytes += bytes
    const { clock, maxRateKib, onProgress } = this.#request
    onProgress?.({ doneBytes: this.#doneBytes, totalBytes: this.#totalBytes })
    if (maxRateKib === undefined) return undefined
    const dueMs = this.#begunMs + (this.#doneBytes / (maxRateKib * 1024)) * 1000
    const earlyMs = dueMs - clock.monotonicMs()
    return earlyMs >= PAUSE_MIN_MS ? clock.sleep(earlyMs) : undefined
  }

  /** The server writes it in one piece, and we read it in one; twice the same is not torn. */
  async #readControl(): Promise<Uint8Array> {
    const piece = { path: CONTROL_FILE, at: 0, length: CONTROL_BYTES }
    let before: Uint8Array | undefined
    for (let tries = 0; tries < CONTROL_TRIES; tries++) {
      const now = await this.#readOne(piece)
      if (before && now && Buffer.compare(before, now) === 0) return now
      before = now
    }
    throw impossible(`${CONTROL_FILE} changes all the time`)
  }

  async #readOne(piece: Piece): Promise<Uint8Array | undefined> {
    const reader = new PieceReader(this.#connection, [piece])
    const bytes = (await reader.next())?.slice()
    await reader.finish()
    return bytes
  }

  async #keep(path: string, bytes: Uint8Array): Promise<void> {
    const modifiedMs = Math.trunc(this.#request.clock.nowMs())
    const start = { path, size: bytes.length, mode: this.#facts.fileMode, modifiedMs }
    this.#writer.beginFile(start)
    await this.#writer.write(bytes)
    this.#writer.endFile()
    this.#files.push({ path, sizeBytes: bytes.length, modifiedMs, crc32c: crc32c(0, bytes) })
  }
}

function* piecesOf(plan: readonly PlannedFile[]): Generator<Piece> {
  for (const { path, ranges } of plan) {
    for (const { at, length } of ranges) yield* cutPieces(path, at, length)
  }
}

/** Neighbours are one range. */
function note(ranges: { at: number; length: number }[], at: number, length: number): void {
  const last = ranges.at(-1)
  if (length === 0) return
  if (last && last.at + last.length === at) last.length += length
  else ranges.push({ at, length })
}

function sum(ranges: readonly FileRange[]): number {
  return ranges.reduce((total, { length }) => total + length, 0)
}
