/**
 * Brings one database of a restored server beside the live one, under a name of its own.
 *
 * All it holds comes: schemas, tables, indexes, functions, rights, large objects. It is filled in
 * one transaction, and counted on both sides; if anything fails, it is dropped.
 *
 * @module
 */
import pg from 'pg'
import { FaultError, UsageError, VeiligError } from '#lib/errors.ts'
import { pour } from './pour.ts'
import type { DatabaseTools } from './tools.ts'

export type DatabaseReport = {
  /** Its name on the live server. */
  readonly database: string
  readonly tables: number
  readonly rows: number
}

export type DatabaseCopy = {
  /** The restored server; `database` is any of its databases. */
  readonly source: pg.ClientConfig
  /** Connection string of the live server; its password may come from PGPASSWORD. */
  readonly live: string
  /** As the restored server names it. */
  readonly name: string
  readonly tools: DatabaseTools
  /** Of the text that carries it; the total is the size of the database, and so a guess. */
  readonly progress: (doneBytes: number, totalBytes: number) => void
  readonly signal?: AbortSignal | undefined
}

/** PostgreSQL's NAMEDATALEN - 1. */
const NAME_MAX_BYTES = 63
const SUFFIX = '_restored'
const DUPLICATE_DATABASE = '42P04'

/** @throws {UsageError} OPTION_INVALID when the name would not fit. */
export function besideDatabase(name: string): string {
  const made = `${name}${SUFFIX}`
  if (name !== '' && !name.includes('\0') && Buffer.byteLength(made) <= NAME_MAX_BYTES) return made
  throw new UsageError('OPTION_INVALID', `'${name}' is no name of a database, or too long a one`)
}

/**
 * To be asked before the work begins.
 *
 * @throws {UsageError} OPTION_INVALID, RESTORE_DATABASE_EXISTS. @throws As node-postgres.
 */
export async function refuseDatabase(live: pg.Client, name: string): Promise<void> {
  const made = besideDatabase(name)
  const { rows } = await live.query('select 1 from pg_database where datname = $1', [made])
  if (rows.length > 0) throw exists(made)
}

/**
 * @param admin Connected to any database of the live server.
 * @throws {UsageError} RESTORE_DATABASE_UNKNOWN, RESTORE_DATABASE_EXISTS.
 * @throws {FaultError} RESTORE_DATABASE_FAILED: nothing is left behind.
 */
export async function copyDatabase(admin: pg.Client, copy: DatabaseCopy): Promise<DatabaseReport> {
  const made = besideDatabase(copy.name)
  await using source = await connected(copy.source)
  const { create, size } = await shapeOf(source.client, copy.name, made)
  try {
    await admin.query(create)
  } catch (cause) {
    throw (cause as { code?: string }).code === DUPLICATE_DATABASE ? exists(made) : failed(cause)
  }
  try {
    const to = addressOf(copy.live, made)
    const from = { ...copy.source, database: copy.name }
    await pour(copy.tools, from, to, (bytes) => copy.progress(bytes, size), copy.signal)
    return { database: made, ...(await counted(from, to)) }
  } catch (cause) {
    await admin.query(`drop database if exists ${pg.escapeIdentifier(made)} with (force)`)
    throw failed(cause)
  }
}

/** The live server's URL, for another database of it. */
function addressOf(live: string, database: string): string {
  const url = new URL(live)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** A row of pg_database, whatever the version calls its columns. */
type Described = {
  readonly encoding: string
  readonly size: string
  readonly row: Readonly<Record<string, unknown>>
}

const PROVIDERS: Readonly<Record<string, string>> = { b: 'builtin', c: 'libc', i: 'icu' }

async function shapeOf(
  source: pg.Client,
  name: string,
  made: string,
): Promise<{ create: string; size: number }> {
  const { rows } = await source.query<Described>(
    `select pg_encoding_to_char(encoding) as encoding, pg_database_size(oid) as size,
            to_jsonb(d) as row from pg_database d where datname = $1 and datallowconn`,
    [name],
  )
  const [found] = rows
  if (!found) {
    const message = `there was no database ${pg.escapeIdentifier(name)} at that moment`
    throw new UsageError('RESTORE_DATABASE_UNKNOWN', message)
  }
  const { row } = found
  const text = (column: string): string | undefined =>
    typeof row[column] === 'string' ? row[column] : undefined
  const provider = PROVIDERS[text('datlocprovider') ?? 'c'] ?? 'libc'
  const locale = text('datlocale') ?? text('daticulocale')
  const options: readonly (readonly [string, string | undefined])[] = [
    ['encoding', found.encoding],
    ['locale_provider', provider],
    ['lc_collate', text('datcollate')],
    ['lc_ctype', text('datctype')],
    ['icu_locale', provider === 'icu' ? locale : undefined],
    ['builtin_locale', provider === 'builtin' ? locale : undefined],
    ['icu_rules', text('daticurules')],
  ]
  const said = options.flatMap(([option, value]) =>
    value === undefined ? [] : [`${option} = ${pg.escapeLiteral(value)}`],
  )
  const create = `create database ${pg.escapeIdentifier(made)} template template0 ${said.join(' ')}`
  return { create, size: Number(found.size) }
}

const TABLES = `select format('%I.%I', nspname, relname) as name
    from pg_class join pg_namespace on pg_namespace.oid = relnamespace
   where relkind = 'r' and relpersistence <> 't'
     and nspname <> 'information_schema' and nspname !~ '^pg_'
   order by 1`

/** @throws {FaultError} RESTORE_DATABASE_FAILED when the two sides differ. */
async function counted(
  from: pg.ClientConfig,
  to: string,
): Promise<{ tables: number; rows: number }> {
  await using source = await connected(from)
  await using target = await connected({ connectionString: to })
  const { rows: tables } = await source.client.query<{ name: string }>(TABLES)
  let sum = 0
  for (const { name } of tables) {
    const [sent, taken] = await Promise.all(
      [source, target].map(async ({ client }) => {
        const { rows } = await client.query<{ rows: string }>(
          `select count(*) as rows from ${name}`,
        )
        return Number(rows[0]?.rows)
      }),
    )
    if (sent === undefined || sent !== taken) {
      throw new Error(`${name} had ${sent} rows, and ${taken} came`)
    }
    sum += sent
  }
  return { tables: tables.length, rows: sum }
}

async function connected(
  config: pg.ClientConfig,
): Promise<AsyncDisposable & { readonly client: pg.Client }> {
  const client = new pg.Client({ ...config, application_name: 'veilig restore' })
  client.on('error', () => undefined) // told by the query under way
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end().catch(() => undefined) }
}

function exists(made: string): UsageError {
  const message = `${made} is there already; rename or drop it, and run this again`
  return new UsageError('RESTORE_DATABASE_EXISTS', message)
}

function failed(cause: unknown): Error {
  if (cause instanceof VeiligError) return cause
  const { message } = cause as Error
  return new FaultError('RESTORE_DATABASE_FAILED', `${message}; nothing was left behind`, { cause })
}
