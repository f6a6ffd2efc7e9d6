/**
 * A backup begun and ended through SQL: the session in which the server is in backup mode. When the
 * connection ends before, the server ends the backup by itself.
 *
 * Source: PostgreSQL 15 and 16 documentation, "Making a Base Backup Using the Low Level API".
 *
 * @module
 */
import { FaultError, ProtocolError } from '#lib/errors.ts'
import { parseLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import { decodeReport, decodeRow, quoteLiteral } from '#protocol/postgres/replication/messages.ts'
import { unexpected, type ReplicationConnection } from '../../replication/connection.ts'
import { faultFrom } from '../../replication/server-faults.ts'
import { impossible, listCommand, listingOf, type Listing, type ListRow } from './file-list.ts'
import { missingRightsCommand, readingGrants } from './rights.ts'

export type ServerFacts = {
  /** Blocks in each file of a table but its last. */
  readonly segmentBlocks: number
  /** Permission bits of its files. */
  readonly fileMode: number
  readonly folderMode: number
  /** Folder of this version within a tablespace. */
  readonly spaceVersion: string
  readonly tablespaces: readonly { readonly oid: number; readonly location: string }[]
}

export type BackupStop = {
  readonly endLsn: Lsn
  /** Contents of the file of that name. */
  readonly label: string
  /** Empty where there are no tablespaces. */
  readonly tablespaceMap: string
}

/**
 * Names are PostgreSQL's own, strings mean what they say, nothing ends early, and no question is
 * compiled: the list of files looks costly to the planner, and compiling it took a second and more
 * where asking it takes some milliseconds.
 */
const SETTLE = `set search_path = pg_catalog; set standard_conforming_strings = on;
  set statement_timeout = 0; set jit = off`
const FILES_MAX = 2_000_000

export async function readServerFacts(
  connection: ReplicationConnection,
  role: string,
): Promise<ServerFacts> {
  await connection.query(SETTLE)
  const [[lacking] = []] = await connection.query(missingRightsCommand)
  if (lacking) throw impossible(`its role may not call ${lacking}; ${readingGrants(role)}`)
  const [row = []] = await connection.query(`select pg_is_in_recovery(),
    (select setting from pg_settings where name = 'segment_size'),
    current_setting('data_directory_mode'),
    (select catalog_version_no from pg_control_system())`)
  const [recovering, segmentBlocks, mode, catalogue] = row
  if (recovering !== 'f') throw impossible('it is a standby')
  const folderMode = Number.parseInt(mode ?? '0700', 8)
  const spaces = await connection.query(`select oid, pg_tablespace_location(oid)
    from pg_tablespace where spcname not in ('pg_default', 'pg_global')`)
  const tablespaces = spaces.map(([oid, location]) => {
    if (!location?.startsWith('/')) throw impossible('a tablespace lies in the data directory')
    return { oid: Number(oid), location }
  })
  return {
    segmentBlocks: Number(segmentBlocks),
    fileMode: folderMode & 0o666,
    folderMode,
    spaceVersion: `PG_${connection.major}_${catalogue}`,
    tablespaces,
  }
}

/** Makes a checkpoint at once. @returns From where on the log is needed. */
export async function startBackup(connection: ReplicationConnection, label: string): Promise<Lsn> {
  const [row] = await connection.query(`select pg_backup_start(${quoteLiteral(label)}, true)`)
  return parseLsn(row?.[0] ?? '')
}

/** @throws {ProtocolError} BACKUP_MANIFEST_MISMATCH when it was another backup. */
export async function stopBackup(
  connection: ReplicationConnection,
  start: { readonly lsn: Lsn; readonly timeline: number },
): Promise<BackupStop> {
  const [row] = await connection.query('select * from pg_backup_stop(false)')
  const [endLsn, label, tablespaceMap] = row ?? []
  const from = /^START WAL LOCATION: ([0-9A-F]+\/[0-9A-F]+) /m.exec(label ?? '')?.[1]
  const timeline = /^START TIMELINE: ([0-9]+)$/m.exec(label ?? '')?.[1]
  if (from === undefined || parseLsn(from) !== start.lsn || Number(timeline) !== start.timeline) {
    throw new ProtocolError('BACKUP_MANIFEST_MISMATCH', 'the server ended another backup')
  }
  return { endLsn: parseLsn(endLsn ?? ''), label: label ?? '', tablespaceMap: tablespaceMap ?? '' }
}

export async function listFiles(
  connection: ReplicationConnection,
  spaceVersion: string,
): Promise<Listing> {
  connection.send(listCommand)
  const rows: ListRow[] = []
  let refused: FaultError | undefined
  for (;;) {
    const frame = await connection.take()
    if (frame.name === 'ReadyForQuery') break
    if (frame.name === 'ErrorResponse') refused = faultFrom(decodeReport(frame.body))
    else if (frame.name === 'DataRow') rows.push(decodeRow(frame.body))
    else if (frame.name !== 'RowDescription' && frame.name !== 'CommandComplete') {
      throw unexpected(frame, 'the list of files')
    }
    if (rows.length > FILES_MAX) throw impossible(`it has more than ${FILES_MAX} files`)
  }
  if (refused) throw refused
  return listingOf(rows, spaceVersion)
}
