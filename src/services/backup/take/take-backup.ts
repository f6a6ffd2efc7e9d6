/**
 * Takes one backup, full or differential: BASE_BACKUP of the server, file by file into the
 * repository.
 *
 * Nothing is kept in memory but the chunk under way and one line a file; when the regions are
 * slower than the server, it is the server that waits.
 *
 * @module
 */
import { FaultError, ProtocolError } from '#lib/errors.ts'
import type { BackendFrame } from '#protocol/postgres/replication/backend-frame.ts'
import {
  baseBackupCommand,
  decodeBackupMessage,
  type BackupMessage,
} from '#protocol/postgres/replication/base-backup.ts'
import { parseLsn, parseTimeline, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { decodeReport, decodeRow } from '#protocol/postgres/replication/messages.ts'
import { TarReader, type TarEntry, type TarEvent } from '#protocol/tar/reader.ts'
import { toHex } from '#lib/byte-fields.ts'
import { unexpected, type ReplicationConnection } from '../replication/connection.ts'
import { faultFrom, sqlstateOf } from '../replication/server-faults.ts'
import { sha256 } from '../repository/object-frame.ts'
import type {
  BackupFacts,
  BackupRecord,
  BackupWriter,
  Repository,
} from '../repository/repository.ts'
import { DamageList, SQLSTATE_DATA_CORRUPTED } from './damage.ts'
import { incomingFile, type Base, type IncomingFile } from './incoming-file.ts'
import { ReceivedFiles } from './received.ts'

export type BackupRequest = {
  /** For people; at most 200 characters. */
  readonly label: string
  readonly facts: BackupFacts
  /** Kilobytes a second at most; undefined: as fast as it goes. */
  readonly maxRateKib?: number | undefined
  /** What changed since this backup; undefined: everything. */
  readonly since?: (Base & { readonly serverManifest: Uint8Array }) | undefined
  /** Hears the server's manifest of a backup that counts: later ones are taken against it. */
  readonly keepManifest?: (digest: string, serverManifest: Uint8Array) => Promise<void>
  /** Heard now and then. */
  readonly onProgress?: (progress: BackupProgress) => void
}

export type BackupProgress = {
  readonly doneBytes: number
  /** What the server estimated at the start; the truth may be a little more or less. */
  readonly totalBytes: number
}

type Position = { readonly lsn: Lsn; readonly timeline: number }

/** Fact of a backup: SHA-256 of the server's manifest, hex. */
export const MANIFEST_DIGEST = 'serverManifestSha256'

/** The manifest of a million files; more must not fill our memory. */
const MANIFEST_MAX_BYTES = 512 * 1024 * 1024

/**
 * Runs on a connection of its own, which is of no use afterwards if this throws.
 *
 * @returns The backup as the catalogue now has it. With `damagedPageCount` above zero, or the fact
 *   `checksumFailures`, it is kept, whole, and of a database that is damaged: tell people.
 * @throws {FaultError | ProtocolError} Whatever failed; then the repository lists nothing of it.
 */
export async function takeBackup(
  connection: ReplicationConnection,
  repository: Repository,
  request: BackupRequest,
): Promise<BackupRecord> {
  const damage = new DamageList()
  const { since } = request
  connection.onNotice((report) => damage.hear(report))
  const incremental = since !== undefined && !since.pages
  if (incremental) await connection.uploadManifest(since.serverManifest)
  connection.send(baseBackupCommand({ ...request, incremental }))
  const start = await readPosition(connection)
  const tablespaces = await readTablespaces(connection)
  const writer = await repository.beginBackup({
    ...(since ? { kind: 'differential', parentId: since.record.id } : { kind: 'full' }),
    label: request.label,
    timeline: start.timeline,
    startLsn: start.lsn,
    expectedBytes: since ? 0 : tablespaces.totalBytes,
  })
  try {
    const incoming = new Incoming(writer, tablespaces, since, request.onProgress)
    await receive(connection, incoming)
    const end = await readPosition(connection)
    const checksumFailures = await readVerdict(connection)
    const wal = await incoming.close()
    if (wal.startLsn !== start.lsn || wal.endLsn !== end.lsn) {
      throw new ProtocolError(
        'BACKUP_MANIFEST_MISMATCH',
        'the WAL range of the manifest is another',
      )
    }
    const serverManifest = incoming.manifest()
    const digest = toHex(sha256(serverManifest))
    const record = await writer.finish({
      endLsn: end.lsn,
      endTimeline: end.timeline,
      serverManifest,
      damagedPages: damage.pages,
      facts: {
        ...request.facts,
        [MANIFEST_DIGEST]: digest,
        ...(checksumFailures ? { checksumFailures } : {}),
      },
    })
    await request.keepManifest?.(digest, serverManifest)
    return record
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** One result of one row: position and timeline. */
async function readPosition(connection: ReplicationConnection): Promise<Position> {
  const [row] = await readRows(connection)
  return { lsn: parseLsn(row?.[0] ?? ''), timeline: parseTimeline(row?.[1] ?? '') }
}

type Tablespaces = {
  readonly totalBytes: number
  readonly locations: readonly { readonly oid: number; readonly location: string }[]
}

/** Columns: OID, location, size in kB; the main data directory has no OID and comes last. */
async function readTablespaces(connection: ReplicationConnection): Promise<Tablespaces> {
  const rows = await readRows(connection)
  return {
    totalBytes: rows.reduce((sum, row) => sum + Number(row[2] ?? 0) * 1024, 0),
    locations: rows
      .filter((row) => row[0] !== null)
      .map((row) => ({ oid: Number(row[0]), location: row[1] ?? '' })),
  }
}

async function readRows(
  connection: ReplicationConnection,
): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = []
  for (;;) {
    const frame = await connection.next()
    if (frame.name === 'CommandComplete') return rows
    if (frame.name === 'DataRow') rows.push(decodeRow(frame.body))
    else if (frame.name !== 'RowDescription') throw unexpected(frame, 'BASE_BACKUP')
  }
}

async function receive(connection: ReplicationConnection, incoming: Incoming): Promise<void> {
  const first = await connection.next()
  if (first.name !== 'CopyOutResponse') throw unexpected(first, 'BASE_BACKUP')
  for (;;) {
    const frame = await connection.take()
    if (frame.name === 'CopyDone') return
    const waiting = incoming.take(frame)
    if (waiting) await waiting
  }
}

/** The end of the command. @returns Whether the server saw wrong page checksums. */
async function readVerdict(connection: ReplicationConnection): Promise<boolean> {
  let damaged = false
  for (;;) {
    const frame = await connection.take()
    if (frame.name === 'ReadyForQuery') return damaged
    if (frame.name === 'ErrorResponse') {
      const fault = faultFrom(decodeReport(frame.body))
      // The server says so only now, after all of it was sent: the backup is whole, and may be
      // the last good copy of everything that is not damaged.
      if (sqlstateOf(fault) !== SQLSTATE_DATA_CORRUPTED) throw fault
      damaged = true
    } else if (frame.name !== 'CommandComplete') throw unexpected(frame, 'BASE_BACKUP')
  }
}

/** The stream of a backup on its way into the writer. */
class Incoming {
  readonly #writer: BackupWriter
  readonly #tablespaces: Tablespaces
  readonly #onProgress: (progress: BackupProgress) => void
  readonly #since: Base | undefined
  readonly #received = new ReceivedFiles()
  #tar: TarReader | undefined
  /** Before each path of the archive: '' or 'pg_tblspc/OID/'. */
  #prefix = ''
  #file: IncomingFile | undefined
  #manifest: Uint8Array[] | undefined
  #manifestBytes = 0
  #earlierBytes = 0
  #archiveBytes = 0

  constructor(
    writer: BackupWriter,
    tablespaces: Tablespaces,
    since: Base | undefined,
    onProgress: ((progress: BackupProgress) => void) | undefined,
  ) {
    this.#writer = writer
    this.#tablespaces = tablespaces
    this.#since = since
    this.#onProgress = onProgress ?? (() => undefined)
    for (const { oid, location } of tablespaces.locations) writer.tablespace(oid, location)
  }

  /** Takes the next frame; wait for what it returns. */
  take(frame: BackendFrame): Promise<void> | undefined {
    if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
    if (frame.name !== 'CopyData') throw unexpected(frame, 'BASE_BACKUP')
    const message = decodeBackupMessage(frame.body)
    if (message.kind === 'data') return this.#data(message.bytes)
    if (message.kind === 'archive') this.#openArchive(message)
    else if (message.kind === 'progress') this.#progress(message.doneBytes)
    else this.#openManifest()
    return undefined
  }

  #openArchive(archive: Extract<BackupMessage, { kind: 'archive' }>): void {
    this.#tar?.finish()
    this.#earlierBytes += this.#archiveBytes
    this.#archiveBytes = 0
    const oid = /^([0-9]{1,10})\.tar$/.exec(archive.name)?.[1]
    const known = this.#tablespaces.locations.some((found) => String(found.oid) === oid)
    if (archive.name !== 'base.tar' && !known) {
      throw new ProtocolError('PG_VALUE_INVALID', `an archive nobody announced: ${archive.name}`)
    }
    this.#prefix = oid === undefined ? '' : `pg_tblspc/${oid}/`
    this.#tar = new TarReader()
  }

  #progress(doneBytes: number): void {
    this.#archiveBytes = doneBytes
    const done = this.#earlierBytes + doneBytes
    this.#onProgress({ doneBytes: done, totalBytes: this.#tablespaces.totalBytes })
  }

  #openManifest(): void {
    if (this.#manifest) throw new ProtocolError('MANIFEST_INVALID', 'it came twice')
    this.#tar?.finish()
    this.#tar = undefined
    this.#manifest = []
  }

  #data(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#tar) return this.#archive(this.#tar, bytes)
    if (!this.#manifest) throw new ProtocolError('PG_VALUE_INVALID', 'bytes before any archive')
    this.#manifestBytes += bytes.length
    if (this.#manifestBytes > MANIFEST_MAX_BYTES) {
      const message = `it is larger than ${MANIFEST_MAX_BYTES} bytes`
      throw new ProtocolError('MANIFEST_INVALID', message)
    }
    this.#manifest.push(bytes.slice())
    return undefined
  }

  /** Goes on without a turn of the event loop for as long as the writer takes more. */
  #archive(tar: TarReader, bytes: Uint8Array): Promise<void> | undefined {
    const events = tar.push(bytes)
    for (let next = events.next(); !next.done; next = events.next()) {
      const waiting = this.#event(next.value)
      if (waiting) return waiting.then(() => this.#rest(events))
    }
    return undefined
  }

  async #rest(events: ReturnType<TarReader['push']>): Promise<void> {
    for (const event of events) await this.#event(event)
  }

  #event(event: TarEvent): Promise<void> | undefined {
    if (event.kind === 'data') {
      this.#received.add(event.bytes)
      return this.#file?.data(event.bytes)
    }
    if (event.kind === 'entry') {
      this.#begin(event.entry)
      return undefined
    }
    const file = this.#file
    this.#file = undefined
    return file?.end()
  }

  #begin(entry: TarEntry): void {
    const path = this.#prefix + entry.path
    if (entry.kind === 'directory') this.#writer.directory(path, entry.mode)
    else if (entry.kind === 'symlink') this.#writer.link(path, entry.target)
    else {
      const { sizeBytes: size, mode, modifiedS } = entry
      const start = { path, size, mode, modifiedMs: modifiedS * 1000 }
      const file = incomingFile(this.#writer, start, this.#since)
      this.#received.begin(path, file.whole !== true)
      this.#file = file
    }
  }

  /** Everything came: is it what the server sent? @returns The WAL the backup needs. */
  async close(): Promise<{ readonly startLsn: Lsn; readonly endLsn: Lsn }> {
    if (!this.#manifest) throw new ProtocolError('MANIFEST_INVALID', 'it did not come')
    const { wal } = this.#received.compare(this.#manifest, await this.#writer.sums())
    const [first, last] = [wal[0], wal.at(-1)]
    if (!first || !last) throw new ProtocolError('MANIFEST_INVALID', 'it names no WAL')
    return { startLsn: first.startLsn, endLsn: last.endLsn }
  }

  manifest(): Uint8Array {
    return Buffer.concat(this.#manifest ?? [])
  }
}

/** @throws {FaultError} DATABASE_TOO_OLD: one stream for all archives begins with 15. */
export function checkMajor(major: number): void {
  if (major >= 15) return
  const message = `PostgreSQL ${major} is not supported; backups need 15 or newer`
  throw new FaultError('DATABASE_TOO_OLD', message)
}
