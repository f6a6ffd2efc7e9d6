/**
 * Brings one table of a restored server beside the live one, without touching what lives.
 *
 * The copy is a table of its own, in one transaction: columns, rows, primary key and unique
 * constraints. Nothing refers to it and it refers to nothing; what becomes of its rows is for
 * people to decide.
 *
 * @module
 */
import pg from 'pg'
import { FaultError, UsageError } from '#lib/errors.ts'
import { copyBetween } from './copy.ts'

export type TableName = { readonly schema: string; readonly name: string }

export type BesideReport = {
  /** What was made, as SQL names it. */
  readonly table: string
  readonly rows: number
}

/** PostgreSQL's NAMEDATALEN - 1. */
const NAME_MAX_BYTES = 63
const SUFFIX = '_restored'

/** @param text As the catalogue spells it. @throws {UsageError} OPTION_INVALID. */
export function parseTableName(text: string): TableName {
  const parts = text.split('.')
  const [schema = '', name = ''] = parts.length === 1 ? ['public', text] : parts
  const sound = [schema, name].every(
    (part) => part !== '' && Buffer.byteLength(part) <= NAME_MAX_BYTES,
  )
  if (sound && parts.length <= 2 && !text.includes('\0')) return { schema, name }
  throw new UsageError('OPTION_INVALID', `'${text}' is no table; write name or schema.name`)
}

/**
 * @param source Connected to the restored server. @param target Connected to the live one.
 * @throws {UsageError} RESTORE_TABLE_UNKNOWN, RESTORE_TABLE_EXISTS.
 * @throws {FaultError} RESTORE_TABLE_FAILED: nothing is left behind.
 */
export async function copyBeside(
  source: pg.Client,
  target: pg.Client,
  table: TableName,
  progress: (rows: number) => void,
): Promise<BesideReport> {
  const shape = await shapeOf(source, table)
  const made = quoted({ schema: table.schema, name: besideName(table.name) })
  try {
    await target.query('begin')
    await target.query(`create schema if not exists ${pg.escapeIdentifier(table.schema)}`)
    await target.query(`create table ${made} (${shape.columns.map(definition).join(', ')})`)
    const names = shape.columns.map(({ name }) => pg.escapeIdentifier(name)).join(', ')
    const from = `copy (select ${names} from ${quoted(table)}) to stdout`
    const to = `copy ${made} (${names}) from stdin`
    const { sent, taken } = await copyBetween(source, from, target, to, progress)
    for (const constraint of shape.constraints) {
      await target.query(`alter table ${made} add ${constraint}`)
    }
    const counted = await target.query<{ rows: string }>(`select count(*) as rows from ${made}`)
    if (sent !== taken || Number(counted.rows[0]?.rows) !== sent) {
      throw new Error(`${sent} rows were sent and ${counted.rows[0]?.rows} are there`)
    }
    await target.query('commit')
    return { table: made, rows: sent }
  } catch (cause) {
    await target.query('rollback').catch(() => undefined) // the connection is gone, and all with it
    throw failureOf(cause, made)
  }
}

type Column = { readonly name: string; readonly type: string; readonly required: boolean }
type Shape = { readonly columns: readonly Column[]; readonly constraints: readonly string[] }

async function shapeOf(source: pg.Client, table: TableName): Promise<Shape> {
  const { rows: columns } = await source.query<Column>(
    `select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as required
       from pg_attribute join pg_class on pg_class.oid = attrelid
       join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = $1 and relname = $2 and relkind in ('r', 'p') and attnum > 0
        and not attisdropped order by attnum`,
    [table.schema, table.name],
  )
  if (columns.length === 0) {
    const message = `there was no table ${quoted(table)} at that moment`
    throw new UsageError('RESTORE_TABLE_UNKNOWN', message)
  }
  const { rows } = await source.query<{ text: string }>(
    `select pg_get_constraintdef(pg_constraint.oid) as text from pg_constraint
       join pg_class on pg_class.oid = conrelid
       join pg_namespace on pg_namespace.oid = relnamespace
      where nspname = $1 and relname = $2 and contype in ('p', 'u') order by contype, conname`,
    [table.schema, table.name],
  )
  return { columns, constraints: rows.map(({ text }) => text) }
}

function definition({ name, type, required }: Column): string {
  return `${pg.escapeIdentifier(name)} ${type}${required ? ' not null' : ''}`
}

function quoted({ schema, name }: TableName): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`
}

/** Cut where PostgreSQL would cut off the suffix. */
function besideName(name: string): string {
  const kept = Buffer.from(name).subarray(0, NAME_MAX_BYTES - SUFFIX.length)
  return `${kept.toString('utf8').replace(/\ufffd+$/, '')}${SUFFIX}`
}

const DUPLICATE_TABLE = '42P07'

function failureOf(cause: unknown, made: string): Error {
  const { code, message } = cause as { code?: string; message: string }
  if (code === DUPLICATE_TABLE) {
    const advice = `${made} is there already; rename or drop it, and run this again`
    return new UsageError('RESTORE_TABLE_EXISTS', advice, { cause })
  }
  return new FaultError('RESTORE_TABLE_FAILED', `${message}; nothing was left behind`, { cause })
}
