/**
 * Closed segments as Parquet, so that questions read columns and not records.
 *
 * A packed segment stands beside its segment, which stays: the segment is what was written and is
 * verified. A question believes its Parquet as far as that names the hash its segment ends with;
 * `verify-packed.ts` proves it.
 * Source: docs/formats/audit.md §11.
 *
 * @module
 */
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { IntegrityError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { BookFiles } from './book-files.ts'
import { liveChunks, liveTable, wideRecords } from './query-schema.ts'
import type { RawRecord } from './read.ts'
import { RecordCursor } from './record.ts'
import { decodeHeader, segmentName, type Previous, type SegmentHeader } from './segment.ts'

const MEMORY_MAX = '512MB'
const BATCH = 20_480

/** A closed segment, and where its book goes on after it. */
export type Closed = {
  readonly segment: number
  readonly end: Previous
  /** The sequence number after its last record. */
  readonly next: number
}

/** The file of a packed segment. @param folder Absolute path of the audit folder. */
export function packedPath(folder: string, process: string, segment: number): string {
  return join(folder, process, segmentName(segment).replace('.segment', '.parquet'))
}

/** The segments of a book that a later one continues, in order. @throws {FaultError} DISK_…. */
export async function closedSegments(folder: string, process: string): Promise<Closed[]> {
  const files = new BookFiles(systemDisk, join(folder, process))
  const headers: SegmentHeader[] = []
  for (const number of await files.numbers()) {
    try {
      headers.push((await files.header(number)).header)
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error // being created, or a verifier's matter
    }
  }
  const leftOut = new Set(headers.flatMap(({ cut }) => cut?.segments ?? []))
  return headers.flatMap(({ segment, sequence, previous }) => {
    if (!previous || leftOut.has(segment)) return []
    return [{ segment: previous.segment, end: previous, next: sequence }]
  })
}

/**
 * Packs one closed segment, record by record verified.
 *
 * @returns Its records.
 * @throws {IntegrityError} AUDIT_BOOK_DAMAGED: it is not what was written, and nothing is packed.
 */
export async function packSegment(
  folder: string,
  process: string,
  closed: Closed,
): Promise<number> {
  const path = packedPath(folder, process, closed.segment)
  try {
    const records = await writePacked(folder, process, closed, `${path}.tmp`)
    await rename(`${path}.tmp`, path)
    return records
  } finally {
    await rm(`${path}.tmp`, { force: true })
  }
}

/** The same into a file of that path: the same segment always makes the same bytes. */
export async function writePacked(
  folder: string,
  process: string,
  { segment, end }: Closed,
  path: string,
): Promise<number> {
  const files = new BookFiles(systemDisk, join(folder, process))
  const bytes = (await files.segment(segment)).subarray(0, end.bytes)
  const { header, size } = decodeHeader(bytes)
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: MEMORY_MAX,
    threads: '1',
  })
  try {
    const connection = await instance.connect()
    await connection.run(liveTable)
    const cursor = new RecordCursor(bytes, size, header.sequence)
    await fill(connection, process, cursor)
    const ends = bytes.toString('hex', bytes.length - 32)
    if (cursor.at !== bytes.length || ends !== end.hash) throw damaged(files.path(segment))
    await connection.run(
      `COPY (${wideRecords}) TO ${quoted(path)} ` +
        `(FORMAT parquet, COMPRESSION zstd, KV_METADATA {ends: '${ends}'})`,
    )
    return cursor.expected - header.sequence
  } finally {
    instance.closeSync()
  }
}

async function fill(
  connection: DuckDBConnection,
  process: string,
  cursor: RecordCursor,
): Promise<void> {
  const appender = await connection.createAppender('live')
  const types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at))
  let batch: RawRecord[] = []
  const give = (): void => {
    for (const chunk of liveChunks(types, process, batch)) appender.appendDataChunk(chunk)
    batch = []
  }
  while (cursor.next() === undefined) {
    batch.push({ sequence: cursor.sequence, timeMs: cursor.timeMs, json: cursor.json() })
    if (batch.length === BATCH) give()
  }
  give()
  appender.closeSync()
}

/**
 * The packed segments of a book that are those of its segments, from the first on without a gap.
 *
 * @returns Their files, and the first sequence number after them.
 */
export async function packedSegments(
  connection: DuckDBConnection,
  folder: string,
  process: string,
): Promise<{ readonly paths: readonly string[]; readonly next: number }> {
  const paths: string[] = []
  let next = 0
  for (const { segment, end, next: after } of await closedSegments(folder, process)) {
    const path = packedPath(folder, process, segment)
    if ((await systemDisk.size(path)) === undefined) break
    if ((await endOf(connection, path)) !== end.hash) break
    paths.push(path)
    next = after
  }
  return { paths, next }
}

async function endOf(connection: DuckDBConnection, path: string): Promise<string | undefined> {
  try {
    const sql = `SELECT value::VARCHAR FROM parquet_kv_metadata(${quoted(path)}) WHERE key = 'ends'`
    const [row] = (await connection.runAndReadAll(sql)).getRowsJS()
    return typeof row?.[0] === 'string' ? row[0] : undefined
  } catch {
    return undefined // cut, or no Parquet: the segment itself is read
  }
}

/** A text in SQL. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function damaged(path: string): IntegrityError {
  const message = `${path} is not what was written; 'veilig audit verify' tells more`
  return new IntegrityError('AUDIT_BOOK_DAMAGED', message)
}
