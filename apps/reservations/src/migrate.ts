/**
 * Brings the database to the newest form: numbered SQL files, each applied once, in order, whole.
 *
 * Runs as the owner of the schema (`MIGRATION_DATABASE_URL`), never as the application. The owner
 * needs `CREATE` on the database for the extension btree_gist; it needs no superuser.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { codeOf, openDatabase, type Database } from './database.ts'

const folder = new URL('../migrations/', import.meta.url)
const LOCK = 71_000

/** @param appRole The role the application uses; it must exist. @returns Names applied now. */
export async function migrate(database: Database, appRole: string): Promise<string[]> {
  return await database.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${LOCK})`
    await tx.unsafe(`CREATE TABLE IF NOT EXISTS migrations (
      name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`)
    const done = await tx<{ name: string; sha256: string }[]>`SELECT name, sha256 FROM migrations`
    const [place] = await tx<{ schema: string; role: string }[]>`
      SELECT quote_ident(current_schema()) AS schema, quote_ident(${appRole}) AS role`
    const applied: string[] = []
    for (const name of readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .toSorted()) {
      const text = readFileSync(new URL(name, folder), 'utf8')
      const sha256 = createHash('sha256').update(text).digest('hex')
      const before = done.find((row) => row.name === name)
      if (before && before.sha256 !== sha256)
        throw new Error(`${name} changed after it was applied`)
      if (before) continue
      const sql = text
        .replaceAll(':schema', place?.schema ?? '')
        .replaceAll(':app', place?.role ?? '')
      await tx.unsafe(sql).simple()
      await tx`INSERT INTO migrations (name, sha256) VALUES (${name}, ${sha256})`
      applied.push(name)
    }
    return applied
  })
}

if (import.meta.main) {
  const url = process.env['MIGRATION_DATABASE_URL']
  if (!url) throw new Error('MIGRATION_DATABASE_URL is not set')
  const ca = process.env['DATABASE_CA']
  const database = openDatabase(url, ca ? readFileSync(ca, 'utf8') : undefined, 1)
  try {
    const applied = await migrate(database, process.env['APP_ROLE'] ?? 'reservations_app')
    console.log(applied.length > 0 ? `applied ${applied.join(', ')}` : 'nothing to apply')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(
      `reservations: the migration failed and changed nothing: ${reason}`,
      codeOf(error),
    )
    process.exitCode = 1
  } finally {
    await database.end({ timeout: 5 })
  }
}
