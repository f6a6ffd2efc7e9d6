/**
 * Asking the books questions in SQL, with DuckDB.
 *
 * The books are read, as they are now, into a database in memory; then every way out of it (files,
 * network, extensions, settings) is closed, and the question is asked. Nothing can be changed.
 *
 * @module
 */
import {
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
  StatementType,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api'
import { IntegrityError, UsageError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import { listBooks } from './book-files.ts'
import { readRecords, type RawRecord } from './read.ts'
import { eventsTable, views } from './query-schema.ts'
import { decodeEvent } from './record.ts'
import { reveal, type Revealing } from './reveal.ts'

export type QueryOptions = {
  /** Absolute path of the audit folder. */
  readonly folder: string
  readonly sql: string
  /** Rows given at most; there may be more. */
  readonly rowsMax: number
  /** Values of the question's named parameters: what a person typed is never part of the text. */
  readonly parameters?: Readonly<Record<string, string | bigint>>
  /** Only records of this time, and no more than so many. Milliseconds since the Unix epoch. */
  readonly window?: { readonly fromMs: number; readonly toMs: number; readonly recordsMax: number }
  /** Gives up the reading of the books. */
  readonly signal?: AbortSignal
  /** Only the book of this process. */
  readonly process?: string
  /** Who may read recorded values: they stand in the table `parameters`. */
  readonly reveal?: Revealing
  readonly disk?: Disk
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

type Loaded = { readonly records: number; readonly warnings: string[] }

const MEMORY_MAX = '2GB'
const SQL_SIZE_MAX = 1024 * 1024
/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048

/** @throws {UsageError} AUDIT_QUERY_INVALID with DuckDB's message, which names the place. */
export async function queryBooks(options: QueryOptions): Promise<QueryResult> {
  if (options.sql.length > SQL_SIZE_MAX) throw invalid('the query is longer than 1 MiB')
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_MAX })
  try {
    const connection = await instance.connect()
    await connection.run(eventsTable)
    const { records, warnings } = await load(connection, options)
    for (const view of views) await connection.run(view)
    if (options.reveal) warnings.push(...closedOnes(await reveal(connection, options.reveal)))
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    return { ...(await ask(connection, options)), records, warnings }
  } finally {
    instance.closeSync()
  }
}

async function load(connection: DuckDBConnection, options: QueryOptions): Promise<Loaded> {
  const { folder, disk } = options
  const books = options.process === undefined ? await listBooks(folder, disk) : [options.process]
  const warnings: string[] = []
  let records = 0
  const appender = await connection.createAppender('events')
  const types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at))
  for (const process of books) {
    try {
      for await (const read of readRecords({ folder, process, ...(disk ? { disk } : {}) })) {
        options.signal?.throwIfAborted()
        const batch = within(read, options)
        if (records + batch.length > (options.window?.recordsMax ?? Infinity))
          throw invalid('too much was recorded in this time; ask for a shorter one')
        for (let at = 0; at < batch.length; at += CHUNK_ROWS)
          appender.appendDataChunk(chunkOf(types, process, batch.slice(at, at + CHUNK_ROWS)))
        records += batch.length
      }
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error
      warnings.push(`${process}: ${error.message}`)
    }
  }
  appender.closeSync()
  return { records, warnings }
}

function closedOnes(closed: number): string[] {
  if (closed === 0) return []
  return [`values of ${closed} statements stay closed: no key given opens them, or they were large`]
}

function within(records: readonly RawRecord[], { window }: QueryOptions): readonly RawRecord[] {
  if (!window) return records
  const { fromMs, toMs } = window
  return records.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
}

function chunkOf(
  types: readonly DuckDBType[],
  process: string,
  records: readonly RawRecord[],
): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(types, records.length)
  const events = records.map(({ json }) => split(json))
  chunk.setColumns([
    records.map(({ timeMs }) => new DuckDBTimestampValue(BigInt(timeMs) * 1000n)),
    records.map(() => process),
    records.map(({ sequence }) => BigInt(sequence)),
    events.map(([code]) => code),
    events.map(([, detail]) => detail),
  ])
  return chunk
}

/** Code and detail of an event, without parsing what is canonical. */
function split(json: string): readonly [code: string, detail: string] {
  const [head, code] = /^\{"code":"([A-Z][A-Z0-9_]*)","detail":\{/.exec(json) ?? []
  if (head !== undefined && code !== undefined) return [code, json.slice(head.length - 1, -1)]
  const event = decodeEvent(json)
  return [event.code, JSON.stringify(event.detail)]
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
