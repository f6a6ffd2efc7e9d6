/**
 * `veilig restore --database`: one database as it was, beside the live one.
 *
 * @module
 */
import {
  besideDatabase,
  copyDatabase,
  refuseDatabase,
  type DatabaseReport,
} from '#services/backup/restore/database/beside.ts'
import { findTools } from '#services/backup/restore/database/tools.ts'
import type { RestoreOptions } from '#services/backup/restore/restore.ts'
import type { Context } from './context.ts'
import { connectedTo, databaseOf, hasRecovered } from './live-database.ts'
import { startRestoredServer } from './restored-server.ts'

export type DatabaseRestored = DatabaseReport & {
  /** What it was restored to, for people. */
  readonly stop: string
  readonly tookMs: number
}

export type DatabaseRequest = {
  readonly name: string
  /** URL of any database of the live server; its password may come from PGPASSWORD. */
  readonly live: string
  /** Where pg_dump and psql are; undefined: where they usually are. */
  readonly tools: string | undefined
  readonly onCopy: (doneBytes: number, totalBytes: number) => void
}

/**
 * @throws {UsageError} OPTION_INVALID, RESTORE_DATABASE_EXISTS, RESTORE_TOOLS_MISSING,
 *   RESTORE_DATABASE_UNKNOWN; as `restore`.
 * @throws {FaultError} DATABASE_UNREACHABLE, RESTORE_NOT_REACHED, RESTORE_DATABASE_FAILED.
 */
export async function restoreDatabase(
  context: Context,
  request: DatabaseRequest,
  options: Omit<RestoreOptions, 'into' | 'action'>,
): Promise<DatabaseRestored> {
  const begunMs = context.clock.monotonicMs()
  const { name, live: url, onCopy: progress } = request
  besideDatabase(name)
  databaseOf(url)
  // All that can be refused is refused before the long part.
  const { pgMajor } = options.reader.cluster()
  const tools = await findTools(foldersFor(context, request.tools, pgMajor), pgMajor)
  await using live = await connectedTo({ connectionString: url })
  await refuseDatabase(live.client, name)
  await using server = await startRestoredServer(context, options, hasRecovered)
  const source = server.connection
  const copy = { source, live: url, name, tools, progress, signal: options.signal }
  const report = await copyDatabase(live.client, copy)
  return { ...report, stop: server.stop, tookMs: context.clock.monotonicMs() - begunMs }
}

function foldersFor(
  { config }: Context,
  tools: string | undefined,
  major: number,
): readonly string[] {
  if (tools !== undefined) return [tools]
  const { postgresBin } = config.drill
  return [
    ...(postgresBin === undefined ? [] : [postgresBin]),
    `/usr/lib/postgresql/${major}/bin`,
    '',
  ]
}
