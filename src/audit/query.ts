/**
 * Asking the books questions in SQL, with DuckDB.
 *
 * The books are read, as they are now, into a database in memory; then every way out of it (files,
 * network, extensions, settings) is closed, and the question is asked. Nothing can be changed.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance, StatementType, type DuckDBConnection } from '@duckdb/node-api'
import { IntegrityError, UsageError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import { listBooks } from './book-files.ts'
import { readRecords, type RawRecord } from './read.ts'
import { packedSegments, quoted } from './pack.ts'
import { liveChunks, liveTable, seesOrder, viewsOver } from './query-schema.ts'
import { reveal, type Revealing } from './reveal.ts'

export type QueryOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly sql: string
  /** Rows given at most; there may be more. */
  readonly rowsMax: number
  /** Values of the question's named parameters: what a person typed is never part of the text. */
  readonly parameters?: Readonly<Record<string, string | bigint>>
  /** Only records of this time. */
  readonly window?: Window
  /** Gives up the reading of the books. */
  readonly signal?: AbortSignal
  /** Only the book of this process. */
  readonly process?: string
  /** Only the books of processes with such names. */
  readonly isWanted?: (process: string) => boolean
  /** Who may read recorded values: they stand in the table `parameters`. */
  readonly reveal?: Revealing
  readonly disk?: Disk
}

/** A time that is asked about. Milliseconds since the Unix epoch. */
export type Window = {
  readonly fromMs: number
  readonly toMs: number
  /** Refused when it holds more. */
  readonly recordsMax?: number
  /** Ends of statements are looked for so long after it; what began then is not shown. */
  readonly tailMs?: number
}

/** What JSON can say; whole numbers beyond 2^53 come as text. */
export type Cell = string | number | boolean | null | readonly Cell[] | { [name: string]: Cell }

export type QueryResult = {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** Whether there are rows beyond `rowsMax`. */
  readonly more: boolean
  /** Records read. */
  readonly records: number
  /** Books that could not be read to their end, one sentence each. */
  readonly warnings: readonly string[]
}

type Loaded = {
  readonly records: number
  readonly warnings: string[]
  /** Files of packed segments, to be asked where they are. */
  readonly packed: readonly string[]
}

const MEMORY_MAX = '2GB'
const SQL_SIZE_MAX = 1024 * 1024

/** @throws {UsageError} AUDIT_QUERY_INVALID with DuckDB's message, which names the place. */
export async function queryBooks(options: QueryOptions): Promise<QueryResult> {
  if (options.sql.length > SQL_SIZE_MAX) throw invalid('the query is longer than 1 MiB')
  const spill = await mkdtemp(join(tmpdir(), 'veilig-query-'))
  const settings = { memory_limit: MEMORY_MAX, temp_directory: spill }
  const instance = await DuckDBInstance.create(':memory:', settings)
  try {
    const connection = await instance.connect()
    await connection.run(liveTable)
    const { records, warnings, packed } = await load(connection, options)
    const files = packed.length > 0 ? `[${packed.map(quoted).join(', ')}]` : ''
    const isOrdered = seesOrder(options.sql)
    const where = whereOf(options, options.window?.tailMs)
    const shown = whereOf(options)
    for (const view of viewsOver({ packed: files, where, shown, isOrdered }))
      await connection.run(view)
    if (options.reveal) warnings.push(...closedOnes(await reveal(connection, options.reveal)))
    if (packed.length > 0) await connection.run(`SET allowed_paths = ${files}`)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    return { ...(await ask(connection, options)), records, warnings }
  } finally {
    instance.closeSync()
    await rm(spill, { recursive: true, force: true })
  }
}

async function load(connection: DuckDBConnection, options: QueryOptions): Promise<Loaded> {
  const { folder, disk } = options
  const { isWanted = () => true } = options
  const all = options.process === undefined ? await listBooks(folder, disk) : [options.process]
  const books = all.filter(isWanted)
  const warnings: string[] = []
  const packed: string[] = []
  let records = 0
  const appender = await connection.createAppender('live')
  const types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at))
  for (const process of books) {
    try {
      const { paths, next } = disk ? NONE : await packedSegments(connection, folder, process)
      packed.push(...paths)
      records += await countOf(connection, paths, options, next)
      const from = { folder, process, from: next, ...(disk ? { disk } : {}) }
      for await (const read of readRecords(from)) {
        options.signal?.throwIfAborted()
        const batch = within(read, options)
        records += batch.length
        if (records > (options.window?.recordsMax ?? Infinity))
          throw invalid('too much was recorded in this time; ask for a shorter one')
        for (const chunk of liveChunks(types, process, batch)) appender.appendDataChunk(chunk)
      }
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      warnings.push(`${process}: ${error.message}`)
    }
  }
  appender.closeSync()
  return { records, warnings, packed }
}

/** Of another disk than the system's DuckDB can read nothing. */
const NONE = { paths: [], next: 0 }

/** Packed records of the time that is asked for. */
async function countOf(
  connection: DuckDBConnection,
  paths: readonly string[],
  options: QueryOptions,
  all: number,
): Promise<number> {
  if (paths.length === 0 || !options.window) return all
  const files = `[${paths.map(quoted).join(', ')}]`
  const where = whereOf(options, options.window.tailMs)
  const sql = `SELECT count(*) FROM read_parquet(${files}) ${where}`
  const [row] = (await connection.runAndReadAll(sql)).getRowsJS()
  return Number(row?.[0])
}

function whereOf({ window }: QueryOptions, tailMs = 0): string {
  if (!window) return ''
  const [from, to] = [window.fromMs, window.toMs + tailMs].map((ms) => Math.trunc(ms) * 1000)
  return `WHERE time BETWEEN make_timestamp(${from}) AND make_timestamp(${to})`
}

function closedOnes(closed: number): string[] {
  if (closed === 0) return []
  return [`values of ${closed} statements stay closed: no key given opens them, or they were large`]
}

function within(records: readonly RawRecord[], { window }: QueryOptions): readonly RawRecord[] {
  if (!window) return records
  const { fromMs, toMs, tailMs = 0 } = window
  return records.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs + tailMs)
}

async function ask(
  connection: DuckDBConnection,
  { sql, rowsMax, parameters }: QueryOptions,
): Promise<Pick<QueryResult, 'columns' | 'rows' | 'more'>> {
  try {
    const statements = await connection.extractStatements(sql)
    if (statements.count !== 1) throw invalid('one statement is asked at a time')
    const prepared = await statements.prepare(0)
    if (prepared.statementType !== StatementType.SELECT && !isExplain(prepared.statementType))
      throw invalid('the audit trail is read only: SELECT, DESCRIBE and EXPLAIN')
    if (parameters) prepared.bind({ ...parameters })
    const result = await prepared.streamAndReadUntil(rowsMax + 1)
    const isJson = result.columnTypes().map((type) => type.alias === 'JSON')
    const rows = result.getRowsJS().slice(0, rowsMax + 1)
    return {
      columns: result.deduplicatedColumnNames(),
      rows: rows.slice(0, rowsMax).map((row) => row.map((value, at) => cell(value, isJson[at]))),
      more: rows.length > rowsMax,
    }
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw invalid(error instanceof Error ? error.message : String(error))
  }
}

function isExplain(type: StatementType): boolean {
  return type === StatementType.EXPLAIN
}

/** A value of DuckDB's as JSON has it. Times are UTC. */
function cell(value: unknown, isJson = false): Cell {
  if (value === null || value === undefined) return null
  if (typeof value === 'string') return isJson ? (JSON.parse(value) as Cell) : value
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (value instanceof Array) return value.map((item) => cell(item))
  if (Object.getPrototypeOf(value) === Object.prototype)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, cell(item)]))
  return (value as { toString(): string }).toString() // DuckDB's own: intervals, decimals, …
}

function invalid(why: string): UsageError {
  return new UsageError('AUDIT_QUERY_INVALID', why)
}
