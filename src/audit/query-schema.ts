/**
 * What `audit query` offers: the events, and views that save people from JSON.
 *
 * A view is tolerant: what an event does not carry is NULL, and a statement that has no end yet
 * (or whose gateway was killed) has no rows, bytes or duration.
 *
 * @module
 */

import { DuckDBDataChunk, DuckDBTimestampValue, type DuckDBType } from '@duckdb/node-api'
import type { RawRecord } from './read.ts'
import { decodeEvent } from './record.ts'

/** Records as they are read from segments. */
export const liveTable = `
  CREATE TABLE live (
    time TIMESTAMP,
    process VARCHAR,
    sequence BIGINT,
    code VARCHAR,
    detail JSON
  )`

/** Members of details that have a column of their own: name, type, column where it differs. */
const members: readonly (readonly [name: string, type: string, column?: string])[] = [
  ['session', 'VARCHAR'],
  ['sequence', 'BIGINT', 'statement'],
  ['user', 'VARCHAR', '"user"'],
  ['database', 'VARCHAR'],
  ['address', 'VARCHAR'],
  ['application', 'VARCHAR'],
  ['kind', 'VARCHAR'],
  ['sql', 'VARCHAR'],
  ['sqlBytes', 'BIGINT', 'sql_bytes'],
  ['sha256', 'VARCHAR'],
  ['parameters', 'BIGINT'],
  ['outcome', 'VARCHAR'],
  ['tag', 'VARCHAR'],
  ['rows', 'BIGINT', '"rows"'],
  ['bytesOut', 'BIGINT', 'bytes'],
  ['bytesIn', 'BIGINT', 'bytes_in'],
  ['durationMs', 'DOUBLE', 'duration_ms'],
  ['sqlstate', 'VARCHAR'],
  ['personal', 'VARCHAR'],
  ['personalRows', 'BIGINT', 'personal_rows'],
]

/** All columns of a record: those of the table `live` (as `e`), then the members. */
const wideColumns: string = [
  'e.time, e.process, e.sequence, e.code, e.detail',
  ...members.map(
    ([name, type, column = name]) => `TRY_CAST(e.detail->>'${name}' AS ${type}) AS ${column}`,
  ),
].join(', ')

/**
 * The same columns of all records of `live`, in order. Each detail is parsed once, not for every
 * member: that halves what packing costs. A view cannot, as it is asked for a few columns only.
 */
export const wideRecords: string = `
  SELECT ${[
    'time, process, sequence, code, detail',
    ...members.map(
      ([name, type, column = name], at) => `TRY_CAST(read[${at + 1}] AS ${type}) AS ${column}`,
    ),
  ].join(', ')}
  FROM (
    SELECT *,
      json_extract_string(detail, [${members.map(([name]) => `'$.${name}'`).join(', ')}]) AS read
    FROM live
  )
  ORDER BY sequence`

const columnNames = [
  'time, process, sequence, code, detail::JSON AS detail',
  ...members.map(([name, , column = name]) => column),
].join(', ')

/** Who orders, counts or groups what he asks for cannot see the order it was in. */
const REORDERS = /\b(?:order|group)\s+by\b|\b(?:count|sum|avg|min|max)\s*\(/i

/**
 * Whether statements are put in order before a question is asked of them: of many millions that
 * takes more memory and time than all the rest.
 */
export function seesOrder(question: string): boolean {
  return !REORDERS.test(question)
}

/** How the views are to be. */
export type ViewOptions = {
  /** A list of Parquet files in SQL; '' for none. */
  readonly packed: string
  /** Which of the packed records. */
  readonly where: string
  /** Which records are shown; ends of statements may lie beyond. '' for all. */
  readonly shown: string
  /** Whether statements stand in the order in which they were said. */
  readonly isOrdered: boolean
}

/** The views, over what was read and over packed segments. */
export function viewsOver({ packed, where, shown, isOrdered }: ViewOptions): readonly string[] {
  const rest = packed && ` UNION ALL SELECT ${columnNames} FROM read_parquet(${packed}) ${where}`
  const events = 'time, process, sequence, code, detail'
  return [
    `CREATE VIEW recorded AS SELECT ${wideColumns} FROM live e${rest}`,
    `CREATE VIEW records AS SELECT * FROM recorded ${shown}`,
    `CREATE VIEW events AS SELECT ${events} FROM records`,
    isOrdered ? `${statements} ORDER BY begun.time, begun.process, begun.sequence` : statements,
    personal,
    activity,
  ]
}

const statements = `
  CREATE VIEW statements AS
  WITH begun AS (
    SELECT time, process, sequence, session, statement, "user", database, address, application,
      kind, sql, sql_bytes, sha256, parameters
    FROM records WHERE code = 'DB_STATEMENT'
  ), done AS (
    SELECT process, session, statement, outcome, tag, "rows", bytes, bytes_in, duration_ms, sqlstate
    FROM recorded WHERE code = 'DB_STATEMENT_DONE'
  )
  SELECT begun.*, done.* EXCLUDE (process, session, statement)
  FROM begun LEFT JOIN done USING (process, session, statement)`

/** Who was given how many values of which column about people; one row a statement and column. */
const personal = `
  CREATE VIEW personal AS
  WITH done AS (
    SELECT process, session, statement, unnest(string_split(personal, ' ')) AS "column",
      personal_rows AS "values"
    FROM recorded WHERE code = 'DB_STATEMENT_DONE' AND personal IS NOT NULL
  )
  SELECT statements.time, done.process, "user", database, address, application,
    done."column", done."values", sql
  FROM done JOIN statements USING (process, session, statement)`

/** When each process wrote: how many events of each kind, from when to when. */
const activity = `
  CREATE VIEW activity AS
  SELECT process, code, count(*) AS events, min(time) AS first, max(time) AS last
  FROM events GROUP BY process, code ORDER BY process, code`

/** DuckDB's own vector size. */
const CHUNK_ROWS = 2048

/** Records as rows of the table `live`. */
export function* liveChunks(
  types: readonly DuckDBType[],
  process: string,
  records: readonly RawRecord[],
): Generator<DuckDBDataChunk> {
  for (let at = 0; at < records.length; at += CHUNK_ROWS)
    yield chunkOf(types, process, records.slice(at, at + CHUNK_ROWS))
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
