/**
 * What the backup's role must be allowed so that a difference can be read through SQL. They show
 * what BASE_BACKUP, which REPLICATION allows, sends already: files below the data directory.
 *
 * @module
 */
import { quoteName } from '#protocol/postgres/replication/messages.ts'

/** All that is called, and that is not everybody's. Signatures of PostgreSQL 15 and 16. */
export const READING_FUNCTIONS = [
  'pg_backup_start(text, boolean)',
  'pg_backup_stop(boolean)',
  'pg_ls_dir(text, boolean, boolean)',
  'pg_stat_file(text, boolean)',
  'pg_read_binary_file(text, bigint, bigint, boolean)',
] as const

/** To be said by a superuser, in the database that the backup connects to. */
export function readingGrants(role: string): string {
  return `grant execute on function ${READING_FUNCTIONS.join(', ')} to ${quoteName(role)};`
}

/** Asks which are missing; one row, one value: null when none is. */
export const missingRightsCommand: string = `select string_agg(name, ', ')
  from unnest(array['${READING_FUNCTIONS.join("', '")}']) as name
  where not has_function_privilege('pg_catalog.' || name, 'execute')`
