/**
 * `veilig restore --table`: one table as it was, beside the live one.
 *
 * @module
 */
import pg from 'pg'
import { FaultError, UsageError } from '#lib/errors.ts'
import type { RestoreOptions } from '#services/backup/restore/restore.ts'
import {
  copyBeside,
  parseTableName,
  type BesideReport,
} from '#services/backup/restore/table/beside.ts'
import type { Context } from './context.ts'
import { startRestoredServer } from './restored-server.ts'

export type TableReport = BesideReport & {
  /** What the table was restored to, for people. */
  readonly stop: string
  readonly tookMs: number
}

export type TableRequest = {
  /** `name` or `schema.name`. */
  readonly table: string
  /** Connection string of the live database; its password may come from PGPASSWORD. */
  readonly live: string
  readonly onRows: (rows: number) => void
}

/**
 * @throws {UsageError} OPTION_INVALID, RESTORE_TABLE_UNKNOWN, RESTORE_TABLE_EXISTS; as `restore`.
 * @throws {FaultError} DATABASE_UNREACHABLE, RESTORE_NOT_REACHED, RESTORE_TABLE_FAILED.
 */
export async function restoreTable(
  context: Context,
  request: TableRequest,
  options: Omit<RestoreOptions, 'into' | 'action'>,
): Promise<TableReport> {
  const begunMs = context.clock.monotonicMs()
  const table = parseTableName(request.table)
  const { database } = addressOf(request.live)
  await using live = await connected({ connectionString: request.live })
  await using server = await startRestoredServer(context, options, hasRecovered)
  await using restored = await connected({ ...server.connection, database })
  const report = await copyBeside(restored.client, live.client, table, request.onRows)
  const tookMs = context.clock.monotonicMs() - begunMs
  return { ...report, stop: server.stop, tookMs }
}

function addressOf(live: string): { database: string } {
  const address = URL.parse(live)
  const database = decodeURIComponent(address?.pathname.slice(1) ?? '')
  if (address && /^postgres(ql)?:$/.test(address.protocol) && database !== '') return { database }
  const message = '--live is a URL such as postgresql://admin@db.example.org/club'
  throw new UsageError('OPTION_INVALID', message)
}

async function hasRecovered(connection: pg.ClientConfig): Promise<boolean> {
  await using server = await connected(connection)
  const { rows } = await server.client.query<{ on: boolean }>('select pg_is_in_recovery() as on')
  return rows[0]?.on === false
}

async function connected(
  config: pg.ClientConfig,
): Promise<AsyncDisposable & { readonly client: pg.Client }> {
  const client = new pg.Client({ ...config, application_name: 'veilig restore' })
  client.on('error', () => undefined) // told by the query under way
  try {
    await client.connect()
  } catch (cause) {
    const message = `${(cause as Error).message}; is the address right, and the server running?`
    throw new FaultError('DATABASE_UNREACHABLE', message, { cause })
  }
  return { client, [Symbol.asyncDispose]: () => client.end().catch(() => undefined) }
}
