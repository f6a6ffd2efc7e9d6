/**
 * Reckons whose data an account read: the statements from the audit trail, asked again of the
 * protected server, or of a copy restored to that moment.
 *
 * @module
 */
import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { queryBooks, type Cell } from '#audit/query.ts'
import { languages } from '#lib/claims/claim.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import { isStatementBook } from '#lib/statement-books.ts'
import { loadSqlParser } from '#protocol/sql/parse.ts'
import type { BreachConfig } from '#services/status/config.ts'
import {
  exposureOf,
  type Exposure,
  type ExposurePorts,
  type Recorded,
} from '#services/status/breach/exposure.ts'
import type { BreachExposure, CustomerExposure } from '#services/status/breach/register.ts'
import { inTransaction } from '#system/postgres/transaction.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { Paths } from './paths.ts'

const STATEMENTS_MAX = 100_000
const STATEMENT_TIMEOUT_MS = 30_000
/** The end of a statement may be recorded this long after its beginning. */
const TAIL_MS = 3_600_000

/** What an account did, from where and when. */
export type Suspect = {
  readonly account: string
  /** '' for any. */
  readonly address: string
  readonly fromMs: number
  readonly toMs: number
}

/** The protected server as its superuser, who alone may act as any role; or whatever is named. */
export async function protectedServer(
  { clusterSocket, secret }: Paths,
  database: string,
  url?: string,
): Promise<pg.ClientConfig> {
  if (url !== undefined) return { connectionString: url }
  try {
    const password = await readFile(secret('supervisor', 'database-password'), 'utf8')
    return { host: clusterSocket('protected'), port: 5432, user: 'postgres', password, database }
  } catch (cause) {
    const message = 'there is no ring in this data folder; name the server with --url'
    throw new FaultError('DATABASE_UNREADABLE', message, { cause })
  }
}

const recordedSql = `
  SELECT epoch_ms(time), session, coalesce(sql, ''), coalesce(parameters, 0), "rows",
    coalesce(database, ''), coalesce(sql_bytes, 0)
  FROM statements
  WHERE "user" = $account AND ($address = '' OR address = $address) AND kind <> 'parse'
    AND session IN (SELECT session FROM statements WHERE "user" = $account
      AND time BETWEEN make_timestamp($from::BIGINT * 1000) AND make_timestamp($to::BIGINT * 1000))
  ORDER BY process, session, statement`

/** Statements of the account's sessions of that time, from their beginning: settings come first. */
export async function recordedStatements(
  folder: string,
  { account, address, fromMs, toMs }: Suspect,
): Promise<{ readonly statements: readonly Recorded[]; readonly database: string }> {
  const { rows, more } = await queryBooks({
    folder,
    sql: recordedSql,
    rowsMax: STATEMENTS_MAX,
    isWanted: isStatementBook,
    parameters: { account, address, from: BigInt(fromMs), to: BigInt(toMs) },
    window: { fromMs: 0, toMs: toMs + TAIL_MS, recordsMax: Number.MAX_SAFE_INTEGER },
  })
  if (more) {
    const message = `more than ${STATEMENTS_MAX} statements; take a shorter time`
    throw new UsageError('OPTION_INVALID', message)
  }
  const word = (cell: Cell | undefined): string => (typeof cell === 'string' ? cell : '')
  const database = word(rows[0]?.[5])
  const statements = rows.map(([time, session, sql, parameters, sent, , bytes]) => ({
    timeMs: Number(time),
    session: word(session),
    // A text that was not recorded whole is none that could be asked again.
    sql: Number(bytes) > Buffer.byteLength(word(sql)) ? `${word(sql)} (cut off` : word(sql),
    parameters: Number(parameters),
    rows: typeof sent === 'number' ? sent : undefined,
  }))
  return { statements, database }
}

export type Assessed = { readonly exposure: BreachExposure; readonly unclear: Exposure['unclear'] }

/** @throws {FaultError} DATABASE_UNREADABLE, BREACH_CUSTOMERS_UNKNOWN. */
export async function assess(
  suspect: Suspect,
  parts: {
    readonly folder: string
    readonly config: BreachConfig
    readonly connect: (database: string) => Promise<pg.ClientConfig>
  },
): Promise<Assessed> {
  await loadSqlParser()
  const { folder, config } = parts
  const { statements, database } = await recordedStatements(folder, suspect)
  const pool = openPool({ ...(await parts.connect(database || 'postgres')), max: 1 })
  try {
    const found = await exposureOf(statements, config.data, askedAs(pool, suspect.account))
    const customers = found.tenants.length > 0 ? await customersOf(pool, config.customers) : []
    const known = new Map(customers.map((one) => [one.tenant, one]))
    const tenants = found.tenants.map((one): CustomerExposure => {
      const { name = one.tenant, language = 'en', mail = '' } = known.get(one.tenant) ?? {}
      return { ...one, name, language, mail }
    })
    const closedMs = await closedAt(folder, suspect)
    const { account, address, fromMs, toMs } = suspect
    return {
      unclear: found.unclear,
      exposure: {
        account,
        address,
        fromMs,
        toMs,
        statements: found.statements,
        unclear: found.unclear.length,
        ...(closedMs === undefined ? {} : { closedMs }),
        tenants,
      },
    }
  } finally {
    await pool.end()
  }
}

/** Read-only, as the account, under the settings its session had. */
function askedAs(pool: pg.Pool, account: string): ExposurePorts {
  const known = new Map<string, readonly string[] | undefined>()
  return {
    columnsOf: async (table) => {
      if (!known.has(table)) {
        const sql = `select attname from pg_attribute
          where attrelid = to_regclass($1) and attnum > 0 and not attisdropped order by attnum`
        const { rows } = await pool.query<{ attname: string }>(sql, [table])
        known.set(
          table,
          rows.map(({ attname }) => attname),
        )
      }
      return known.get(table)
    },
    ask: (settings, sql) =>
      inTransaction(
        pool,
        (cause) => cause as Error,
        async (client) => {
          await client.query('set transaction read only')
          await client.query(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`)
          for (const [name, value] of settings)
            await client.query('select set_config($1, $2, true)', [name, value])
          await client.query(`set local role ${pg.escapeIdentifier(account)}`)
          const { rows } = await client.query<(string | null)[]>({ text: sql, rowMode: 'array' })
          return rows.map(([tenant = null, person = null, record = null]) => [
            tenant,
            person,
            record,
          ])
        },
      ),
  }
}

type Customer = Pick<CustomerExposure, 'tenant' | 'name' | 'language' | 'mail'>

async function customersOf(pool: pg.Pool, sql: string): Promise<Customer[]> {
  try {
    const { rows } = await pool.query<Record<string, string | null>>(sql)
    return rows.map((row) => ({
      tenant: row['tenant'] ?? '',
      name: row['name'] ?? row['tenant'] ?? '',
      language: languages.find((one) => one === row['language']) ?? 'en',
      mail: row['mail'] ?? '',
    }))
  } catch (cause) {
    const message = `status.breach.customers cannot be asked: ${(cause as Error).message}`
    throw new FaultError('BREACH_CUSTOMERS_UNKNOWN', message, { cause })
  }
}

/** When the account's credential was replaced after what it did. */
async function closedAt(folder: string, { account, fromMs }: Suspect): Promise<number | undefined> {
  const sql = `SELECT epoch_ms(time) FROM events WHERE code = 'CREDENTIAL_ROTATED'
    AND (detail->>'from') = $account
    AND time > make_timestamp($from::BIGINT * 1000) ORDER BY time LIMIT 1`
  const parameters = { account, from: BigInt(fromMs) }
  const { rows } = await queryBooks({ folder, sql, rowsMax: 1, process: 'access', parameters })
  return rows[0] ? Number(rows[0][0]) : undefined
}
