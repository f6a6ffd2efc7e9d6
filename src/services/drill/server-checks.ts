/**
 * Reads a restored server whole, and says what does not hold.
 *
 * Every page of every relation is read into the server's buffers (which verifies its checksum),
 * every row of every table is put into words (which opens what is stored apart), every B-tree is
 * compared with its table, and what was noted at the source is looked for.
 *
 * @module
 */
import pg from 'pg'
import { FAILURES_MAX, type ReceiptFailure } from '#crypto/receipt.ts'
import type { Assertion } from './config.ts'
import type { Canary } from './ports.ts'

export type Checked = {
  databases: number
  tables: number
  rows: number
  indexes: number
  pages: number
  canaries: number
  assertions: number
  amcheck: boolean
  checksums: boolean
  readonly failures: ReceiptFailure[]
}

export type CheckOptions = {
  readonly connection: pg.ClientConfig
  readonly targetMs: number
  /** Noted at the source around the target. */
  readonly canaries: readonly Canary[]
  readonly assertions: readonly Assertion[]
  readonly signal: AbortSignal
}

const CANARY_DATABASE = 'veilig_probe'
const SCHEMA = 'veilig_drill'
const ASSERTION_TIMEOUT_MS = 600_000

export async function checkServer(options: CheckOptions): Promise<Checked> {
  const checked: Checked = {
    databases: 0,
    tables: 0,
    rows: 0,
    indexes: 0,
    pages: 0,
    canaries: 0,
    assertions: 0,
    amcheck: true,
    checksums: true,
    failures: [],
  }
  const names = await withDatabase(options, 'postgres', async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where datallowconn order by 1',
    )
    const setting = await client.query<{ data_checksums: string }>('show data_checksums')
    checked.checksums = setting.rows[0]?.data_checksums === 'on'
    return rows.map(({ name }) => name)
  })
  for (const name of names) {
    options.signal.throwIfAborted()
    const check = `database ${name}`
    await guarded(checked, check, () =>
      withDatabase(options, name, (client) => checkDatabase(client, name, checked, options)),
    )
    checked.databases++
  }
  await checkCanaries(options, names, checked)
  for (const assertion of options.assertions) await checkAssertion(options, assertion, checked)
  return checked
}

/** Notes a failure; no word of a table's content comes along. */
function note(checked: Checked, check: string, message: string): void {
  if (checked.failures.length < FAILURES_MAX) {
    checked.failures.push({ check: check.slice(0, 200), message: message.slice(0, 300) })
  }
}

async function guarded(checked: Checked, check: string, act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    const { code } = error as { code?: unknown }
    note(checked, check, typeof code === 'string' ? `error ${code}` : 'broke off')
  }
}

async function withDatabase<T>(
  { connection, signal }: CheckOptions,
  database: string,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  // As a replica's worker: no trigger of the copied database runs, whatever is done here.
  const options = '-c session_replication_role=replica -c search_path=pg_catalog'
  const client = new pg.Client({ ...connection, database, options })
  client.on('error', () => undefined) // said by the query in progress
  const abort = (): void => void client.end().catch(() => undefined)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    return await act(client)
  } finally {
    signal.removeEventListener('abort', abort)
    await client.end().catch(() => undefined)
  }
}

type Relation = {
  readonly oid: number
  readonly name: string
  readonly kind: string
  readonly btree: boolean
}

async function checkDatabase(
  client: pg.Client,
  database: string,
  checked: Checked,
  { signal }: CheckOptions,
): Promise<void> {
  const prewarm = await extension(client, 'pg_prewarm')
  const amcheck = await extension(client, 'amcheck')
  if (amcheck === undefined) checked.amcheck = false
  const { rows } = await client.query<Relation>(`
    select c.oid::int8::float8 as oid, c.oid::regclass::text as name, c.relkind as kind,
      coalesce(a.amname = 'btree' and i.indisvalid and i.indisready, false) as btree
    from pg_class c left join pg_index i on i.indexrelid = c.oid
      left join pg_am a on a.oid = c.relam and c.relkind = 'i'
    where c.relkind in ('r', 'm', 't', 'i', 'S') and c.relpersistence <> 't'
      and c.relnamespace <> coalesce(to_regnamespace('${SCHEMA}')::oid, 0::oid)
    order by c.oid`)
  for (const relation of rows) {
    signal.throwIfAborted()
    const check = `${database}: ${relation.name}`
    await guarded(checked, check, async () => {
      if (prewarm !== undefined) await readPages(client, prewarm, relation, checked)
      if ('rm'.includes(relation.kind)) await readRows(client, relation, checked)
      if (amcheck !== undefined) await checkStructure(client, amcheck, relation, check, checked)
    })
  }
}

/** The schema in which the extension is, made if need be; undefined where it is not shipped. */
async function extension(client: pg.Client, name: string): Promise<string | undefined> {
  const found = await client.query<{ schema: string }>(
    `select extnamespace::regnamespace::text as schema from pg_extension where extname = $1`,
    [name],
  )
  if (found.rows[0]) return found.rows[0].schema
  const shipped = await client.query('select from pg_available_extensions where name = $1', [name])
  if (shipped.rowCount === 0) return undefined
  await client.query(`create schema if not exists ${SCHEMA}`)
  await client.query(`create extension ${name} schema ${SCHEMA}`)
  return SCHEMA
}

async function readPages(
  client: pg.Client,
  schema: string,
  { oid }: Relation,
  checked: Checked,
): Promise<void> {
  const { rows } = await client.query<{ pages: number }>(
    `select coalesce(sum(${schema}.pg_prewarm($1::oid::regclass, 'buffer', fork)), 0)::float8
       as pages
     from unnest(array['main', 'fsm', 'vm']) as fork
     where pg_relation_size($1::oid::regclass, fork) > 0`,
    [oid],
  )
  checked.pages += rows[0]?.pages ?? 0
}

/** Puts every row into words and throws them away: a row that cannot be read cannot be said. */
async function readRows(client: pg.Client, { name }: Relation, checked: Checked): Promise<void> {
  const result = await client.query(`copy (select * from only ${name}) to '/dev/null'`)
  checked.tables++
  checked.rows += result.rowCount ?? 0
}

async function checkStructure(
  client: pg.Client,
  schema: string,
  { oid, kind, btree }: Relation,
  check: string,
  checked: Checked,
): Promise<void> {
  if (btree) {
    await client.query(`select ${schema}.bt_index_check($1::oid::regclass, true)`, [oid])
    checked.indexes++
  } else if ('rmt'.includes(kind)) {
    const sql = `select count(*)::int as wrong from ${schema}.verify_heapam($1::oid::regclass)`
    const { rows } = await client.query<{ wrong: number }>(sql, [oid])
    if (rows[0]?.wrong) note(checked, check, `amcheck names ${rows[0].wrong} rows or pages`)
  }
}

async function checkCanaries(
  options: CheckOptions,
  databases: readonly string[],
  checked: Checked,
): Promise<void> {
  const { targetMs } = options
  const due = options.canaries.filter(({ committedMs }) => committedMs <= targetMs)
  if (!databases.includes(CANARY_DATABASE)) {
    if (due.length > 0) note(checked, 'canary', `there is no database ${CANARY_DATABASE}`)
    return
  }
  await guarded(checked, 'canary', () =>
    withDatabase(options, CANARY_DATABASE, async (client) => {
      const { rows: known } = await client.query(
        `select where to_regclass('public.canary') is null`,
      )
      if (known.length > 0) {
        if (due.length > 0) note(checked, 'canary', 'there is no table of canaries')
        return
      }
      const newest = due.at(-1)
      const { rows } = await client.query<{ nonce: string; late: boolean }>(
        `select nonce, at > to_timestamp($1::float8 / 1000) as late from public.canary
         where at > to_timestamp($1::float8 / 1000) or nonce = any($2)`,
        [targetMs, due.map(({ nonce }) => nonce)],
      )
      const found = new Set(rows.map(({ nonce }) => nonce))
      const missing = due.filter(({ nonce }) => !found.has(nonce))
      const late = rows.filter((row) => row.late).length
      checked.canaries += due.length
      const last = newest && missing.includes(newest) ? ', the newest among them' : ''
      if (missing.length > 0) note(checked, 'canary', `${missing.length} are missing${last}`)
      if (late > 0) note(checked, 'canary', `${late} were written after the moment restored to`)
    }),
  )
}

async function checkAssertion(
  options: CheckOptions,
  { name, database, sql }: Assertion,
  checked: Checked,
): Promise<void> {
  const check = `assertion ${name}`
  await guarded(checked, check, () =>
    withDatabase(options, database, async (client) => {
      await client.query(`set statement_timeout = ${ASSERTION_TIMEOUT_MS}`)
      await client.query('set search_path = public, pg_catalog')
      await client.query('begin read only')
      const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' })
      checked.assertions++
      if (rows[0]?.[0] !== true) note(checked, check, 'did not answer true')
    }),
  )
}
