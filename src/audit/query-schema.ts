/**
 * What `audit query` offers: one table, and views that save people from JSON.
 *
 * A view is tolerant: what an event does not carry is NULL, and a statement that has no end yet
 * (or whose gateway was killed) has no rows, bytes or duration.
 *
 * @module
 */

export const eventsTable = `
  CREATE TABLE events (
    time TIMESTAMP,
    process VARCHAR,
    sequence BIGINT,
    code VARCHAR,
    detail JSON
  )`

/** `name` and its type, of the detail of an event called `alias`. */
function member(alias: string, name: string, type: string, as: string): string {
  return `TRY_CAST(${alias}.detail->>'${name}' AS ${type}) AS ${as}`
}

const statements = `
  CREATE VIEW statements AS
  WITH begun AS (
    SELECT time, process, sequence,
      ${member('e', 'session', 'VARCHAR', 'session')},
      ${member('e', 'sequence', 'BIGINT', 'statement')},
      ${member('e', 'user', 'VARCHAR', '"user"')},
      ${member('e', 'database', 'VARCHAR', 'database')},
      ${member('e', 'address', 'VARCHAR', 'address')},
      ${member('e', 'application', 'VARCHAR', 'application')},
      ${member('e', 'kind', 'VARCHAR', 'kind')},
      ${member('e', 'sql', 'VARCHAR', 'sql')},
      ${member('e', 'sqlBytes', 'BIGINT', 'sql_bytes')},
      ${member('e', 'sha256', 'VARCHAR', 'sha256')},
      ${member('e', 'parameters', 'BIGINT', 'parameters')}
    FROM events e WHERE code = 'DB_STATEMENT'
  ), done AS (
    SELECT process,
      ${member('e', 'session', 'VARCHAR', 'session')},
      ${member('e', 'sequence', 'BIGINT', 'statement')},
      ${member('e', 'outcome', 'VARCHAR', 'outcome')},
      ${member('e', 'tag', 'VARCHAR', 'tag')},
      ${member('e', 'rows', 'BIGINT', '"rows"')},
      ${member('e', 'bytesOut', 'BIGINT', 'bytes')},
      ${member('e', 'bytesIn', 'BIGINT', 'bytes_in')},
      ${member('e', 'durationMs', 'DOUBLE', 'duration_ms')},
      ${member('e', 'sqlstate', 'VARCHAR', 'sqlstate')}
    FROM events e WHERE code = 'DB_STATEMENT_DONE'
  )
  SELECT begun.*, done.* EXCLUDE (process, session, statement)
  FROM begun LEFT JOIN done USING (process, session, statement)
  ORDER BY begun.time, begun.process, begun.sequence`

/** Who was given how many values of which column about people; one row a statement and column. */
const personal = `
  CREATE VIEW personal AS
  WITH done AS (
    SELECT process,
      ${member('e', 'session', 'VARCHAR', 'session')},
      ${member('e', 'sequence', 'BIGINT', 'statement')},
      unnest(string_split((e.detail->>'personal'), ' ')) AS "column",
      ${member('e', 'personalRows', 'BIGINT', '"values"')}
    FROM events e WHERE code = 'DB_STATEMENT_DONE' AND (e.detail->>'personal') IS NOT NULL
  )
  SELECT statements.time, done.process, "user", database, address, application,
    done."column", done."values", sql
  FROM done JOIN statements USING (process, session, statement)`

/** When each process wrote: how many events of each kind, from when to when. */
const activity = `
  CREATE VIEW activity AS
  SELECT process, code, count(*) AS events, min(time) AS first, max(time) AS last
  FROM events GROUP BY process, code ORDER BY process, code`

export const views: readonly string[] = [statements, personal, activity]
