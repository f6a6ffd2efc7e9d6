/**
 * The door to PostgreSQL: connections, and the one way to run anything for a club.
 *
 * Nothing reads or writes outside `inClub`, which names the club to row security for exactly one
 * transaction. The queries name the club too: two guards, and either holds alone.
 *
 * @module
 */
import { checkServerIdentity, type ConnectionOptions, type PeerCertificate } from 'node:tls'
import postgres from 'postgres'

export type Database = postgres.Sql
export type Transaction = postgres.TransactionSql

/** SQLSTATE of what the application answers with a sentence rather than a fault. */
const EXCLUSION_VIOLATION = '23P01'
const tryAgain: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/** SQLSTATE classes and codes of the driver that mean: the database is away, come back later. */
const awayClasses: ReadonlySet<string> = new Set(['08', '53', '57'])
const awayCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
])

const ATTEMPTS_MAX = 3
const STATEMENT_TIMEOUT_MS = 10_000
const CONNECT_TIMEOUT_SECONDS = 5
const IDLE_TIMEOUT_SECONDS = 60

/**
 * Opens a pool; connections are made when first needed, and made again when lost.
 *
 * @param url As libpq takes it. `sslmode=require` or stronger always verifies the certificate and
 *   the name in it; `?host=/folder` names a local socket.
 * @param ca Authority to trust, in PEM, in place of Node's list.
 */
export function openDatabase(url: string, ca: string | undefined, poolMax: number): Database {
  const parsed = new URL(url)
  const sslmode = parsed.searchParams.get('sslmode') ?? (ca === undefined ? 'disable' : 'require')
  const socketFolder = parsed.searchParams.get('host')
  const port = Number(parsed.port || '5432')
  const host = parsed.hostname.replace(/^\[|\]$/g, '')
  return postgres({
    host: socketFolder ?? host,
    port,
    ...(socketFolder ? { path: `${socketFolder}/.s.PGSQL.${port}` } : {}),
    user: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)),
    ssl: ['disable', 'allow', 'prefer'].includes(sslmode) ? false : tlsOptions(host, ca),
    max: poolMax,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    idle_timeout: IDLE_TIMEOUT_SECONDS,
    fetch_types: false, // arrays are never sent, and the catalogue is none of our business
    onnotice: () => undefined,
    // Each connection would plan each statement five times before it keeps a plan; none of ours is
    // better for knowing its parameters.
    connection: { application_name: 'reservations', plan_cache_mode: 'force_generic_plan' },
  })
}

/** The driver hands over a socket, not a name: without this Node would ask for `localhost`. */
function tlsOptions(host: string, ca: string | undefined): ConnectionOptions {
  const checked = {
    checkServerIdentity: (_: string, cert: PeerCertificate) => checkServerIdentity(host, cert),
  }
  return ca === undefined ? checked : { ...checked, ca }
}

/**
 * Runs `work` in one transaction that sees only this club. Runs it again when PostgreSQL asks for
 * that (deadlock, serialisation), so `work` does nothing but talk to the transaction.
 *
 * @throws {TakenError} When a booking would overlap another.
 */
export async function inClub<T>(
  database: Database,
  clubId: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      const result = await database.begin(async (tx) => {
        // The connection keeps the order: this is sent first, and what follows need not wait for it.
        const named = tx`SELECT set_config('app.club', ${clubId}, true),
          set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`.execute()
        const [value] = await Promise.all([work(tx), named])
        return { value }
      })
      return result.value
    } catch (error) {
      const code = codeOf(error)
      if (code === EXCLUSION_VIOLATION) throw new TakenError({ cause: error })
      if (!tryAgain.has(code)) throw error
      if (attempt === ATTEMPTS_MAX) throw new BusyError({ cause: error })
    }
  }
}

/** Somebody else has the court for that time. */
export class TakenError extends Error {
  override readonly name = 'TakenError'
  constructor(options?: ErrorOptions) {
    super('the court is taken', options)
  }
}

/** Many act on the same thing at once; the same act a moment later will do. */
export class BusyError extends Error {
  override readonly name = 'BusyError'
  constructor(options?: ErrorOptions) {
    super('too many at once', options)
  }
}

/** Whether the error says that the database cannot be reached or is not serving. */
export function isAway(error: unknown): boolean {
  const code = codeOf(error)
  return awayCodes.has(code) || (/^[0-9A-Z]{5}$/.test(code) && awayClasses.has(code.slice(0, 2)))
}

/** The SQLSTATE or the driver's code; '' when there is none. Safe to log: it holds no data. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}
