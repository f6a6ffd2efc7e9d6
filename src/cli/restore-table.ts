/**
 * `veilig restore --table`: one table as it was, beside the live one.
 *
 * @module
 */
import type { RestoreOptions } from '#services/backup/restore/restore.ts'
import {
  copyBeside,
  parseTableName,
  type BesideReport,
} from '#services/backup/restore/table/beside.ts'
import type { Context } from './context.ts'
import { connectedTo, databaseOf, hasRecovered } from './live-database.ts'
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
  const database = databaseOf(request.live)
  await using live = await connectedTo({ connectionString: request.live })
  await using server = await startRestoredServer(context, options, hasRecovered)
  await using restored = await connectedTo({ ...server.connection, database })
  const report = await copyBeside(restored.client, live.client, table, request.onRows)
  const tookMs = context.clock.monotonicMs() - begunMs
  return { ...report, stop: server.stop, tookMs }
}
