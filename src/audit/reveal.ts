/**
 * Opens recorded values for a question: the table `parameters`, for who holds the classes' keys.
 *
 * @module
 */
import {
  DuckDBDataChunk,
  DuckDBTimestampValue,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { Identity } from '#crypto/key-wrap.ts'
import { ParameterOpener } from './parameters.ts'
import type { AuditDetail } from './trail.ts'

/** Who reads, and how what was sealed is read. */
export type Revealing = {
  readonly identities: readonly Identity[]
  readonly valuesIn: (sealed: Uint8Array) => readonly (string | null)[]
}

const parametersTable = `
  CREATE TABLE parameters (
    time TIMESTAMP,
    process VARCHAR,
    session VARCHAR,
    statement BIGINT,
    class VARCHAR,
    position INTEGER,
    value VARCHAR
  )`

const CHUNK_ROWS = 2048

const recorded = `
  SELECT epoch_ms(time), process, code, detail FROM events
  WHERE code IN ('DB_PARAMETERS', 'DB_PARAMETERS_KEY') ORDER BY process, sequence`

/**
 * Fills the table from the events that are loaded.
 *
 * @returns Values of so many statements for which no key was given, or which were not kept.
 * @throws {IntegrityError} KEY_DAMAGED, AUDIT_PARAMETERS_DAMAGED.
 */
export async function reveal(
  connection: DuckDBConnection,
  { identities, valuesIn }: Revealing,
): Promise<number> {
  await connection.run(parametersTable)
  const opener = new ParameterOpener(identities)
  const appender = await connection.createAppender('parameters')
  const types = Array.from({ length: appender.columnCount }, (_, at) => appender.columnType(at))
  let closed = 0
  let rows: DuckDBValue[][] = []
  const give = (): void => {
    if (rows.length === 0) return
    const chunk = DuckDBDataChunk.create(types, rows.length)
    chunk.setRows(rows)
    appender.appendDataChunk(chunk)
    rows = []
  }
  const asked = await connection.stream(recorded)
  for await (const batch of asked.yieldRows()) {
    for (const [timeMs, process, code, json] of batch) {
      const detail = JSON.parse(String(json)) as AuditDetail
      if (code === 'DB_PARAMETERS_KEY') {
        opener.learn(detail)
        continue
      }
      const opened = opener.open(detail)
      if (!opened) {
        closed++
        continue
      }
      const time = new DuckDBTimestampValue(BigInt(Number(timeMs)) * 1000n)
      const { session, sequence, classes } = detail
      const place = [time, String(process), String(session), BigInt(Number(sequence))] as const
      for (const [at, value] of valuesIn(opened).entries()) {
        rows.push([...place, String(classes), at + 1, value])
        if (rows.length === CHUNK_ROWS) give()
      }
    }
  }
  give()
  appender.closeSync()
  return closed
}
