/** PostgreSQL 18's own client tools, which `.ci/postgresql-18-tools` unpacks. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder of psql, pg_dump, pgbench and their kin; undefined where they are not unpacked. */
export function postgres18Tools(): string | undefined {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const bin = join(cache, 'veilig-tests/postgresql-18/bin')
  return existsSync(join(bin, 'pg_dump')) ? bin : undefined
}
