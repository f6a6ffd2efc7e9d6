/**
 * Verifying packed segments: each must be, byte for byte, what its segment makes when it is packed
 * again. So rows, the columns that questions read, and the statistics and filters by which a
 * question skips rows are all proven at once. Where the bytes differ, rows say which records.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { IntegrityError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { Findings, records, type Finding } from './findings.ts'
import { closedSegments, packedPath, quoted, writePacked, type Closed } from './pack.ts'

export type PackedOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly process: string
  /** Called after each segment: so many of so many. */
  readonly onProgress?: ((segments: number, segmentsTotal: number) => void) | undefined
}

export type PackedReport = {
  /** Packed segments that were compared, and the records in them. */
  readonly segments: number
  readonly records: number
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

/**
 * @throws {FaultError} DISK_* when a segment cannot be read. A segment that is not what was written
 *   is the matter of `verifyBook`, and left out here.
 */
export async function verifyPacked(options: PackedOptions): Promise<PackedReport> {
  const { folder, process, onProgress } = options
  const findings = new Findings(process)
  const notes: string[] = []
  let [segments, count] = [0, 0]
  const packed: Closed[] = []
  for (const closed of await closedSegments(folder, process))
    if ((await systemDisk.size(packedPath(folder, process, closed.segment))) !== undefined)
      packed.push(closed)
  const workshop = await mkdtemp(join(tmpdir(), 'veilig-verify-packed-'))
  try {
    for (const closed of packed) {
      const again = join(workshop, 'again.parquet')
      const size = await packedAgain(folder, process, closed, again)
      if (size === undefined) continue
      const path = packedPath(folder, process, closed.segment)
      segments++
      count += size
      if ((await digestOf(path)) !== (await digestOf(again)))
        await explain(path, again, findings, notes)
      onProgress?.(segments, packed.length)
    }
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
  return { segments, records: count, findings: findings.list, notes }
}

/** @returns Its records; undefined when the segment itself is not what was written. */
async function packedAgain(
  folder: string,
  process: string,
  closed: Closed,
  path: string,
): Promise<number | undefined> {
  try {
    return await writePacked(folder, process, closed, path)
  } catch (error) {
    if (error instanceof IntegrityError) return undefined
    throw error
  }
}

async function digestOf(path: string): Promise<string> {
  const digest = createHash('sha256')
  await pipeline(createReadStream(path), digest)
  return digest.digest('hex')
}

/** Two files that are not the same: which of their records differ. */
async function explain(
  path: string,
  again: string,
  findings: Findings,
  notes: string[],
): Promise<void> {
  const file = basename(path)
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    const differing = await differingRecords(connection, path, again)
    if (differing === 'unreadable') {
      findings.add('AUDIT_PACKED_ALTERED', file, 'it is not readable as packed records')
    } else if (differing) {
      const { first, last, count } = differing
      const place = { first, last }
      const among = records(first, last)
      const message = `${count} rows are not the records of the segment, among ${among}`
      findings.add('AUDIT_PACKED_ALTERED', file, message, place)
    } else if ((await makerOf(connection, path)) === (await makerOf(connection, again))) {
      const message = 'its rows are the records, but what leads questions to them is not as packed'
      findings.add('AUDIT_PACKED_ALTERED', file, message)
    } else notes.push(`${file} was packed by another version: its rows are the records`)
  } finally {
    instance.closeSync()
  }
}

type Differing = { readonly first: number; readonly last: number; readonly count: number }

async function differingRecords(
  connection: DuckDBConnection,
  path: string,
  again: string,
): Promise<Differing | 'unreadable' | undefined> {
  const [one, other] = [path, again].map((name) => `SELECT * FROM read_parquet(${quoted(name)})`)
  const sql = `SELECT min(sequence), max(sequence), count(DISTINCT sequence) FROM (
      (${one} EXCEPT ALL ${other}) UNION ALL (${other} EXCEPT ALL ${one}))`
  try {
    const [row] = (await connection.runAndReadAll(sql)).getRowsJS()
    const [first, last, count] = (row ?? []).map(Number)
    return count ? { first: first ?? 0, last: last ?? 0, count } : undefined
  } catch {
    return 'unreadable' // no Parquet, or of other columns
  }
}

async function makerOf(connection: DuckDBConnection, path: string): Promise<unknown> {
  const sql = `SELECT created_by FROM parquet_file_metadata(${quoted(path)})`
  return (await connection.runAndReadAll(sql)).getRowsJS()[0]?.[0]
}
