/**
 * The columns of a database's own tables and views, by the numbers a result knows them by.
 *
 * Source: PostgreSQL manual, "System Catalogs": pg_class and pg_attribute, which every role reads.
 *
 * @module
 */
import type pg from 'pg'

export type NamedColumn = {
  /** The table's object id. */
  readonly table: number
  readonly attribute: number
  readonly schema: string
  readonly relation: string
  readonly column: string
}

const COLUMNS_MAX = 200_000

/** @throws {Error} What the server says. */
export async function tableColumns(pool: pg.Pool): Promise<readonly NamedColumn[]> {
  const sql = `
    select c.oid::int8::float8 as "table", a.attnum::int4 as attribute, n.nspname as schema,
      c.relname as relation, a.attname as column
    from pg_attribute a join pg_class c on c.oid = a.attrelid
      join pg_namespace n on n.oid = c.relnamespace
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    limit ${COLUMNS_MAX}`
  return (await pool.query<NamedColumn>(sql)).rows
}
