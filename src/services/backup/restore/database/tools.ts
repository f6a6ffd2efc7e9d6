/**
 * PostgreSQL's own pg_dump and psql: only they know everything that a database can hold.
 *
 * @module
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UsageError } from '#lib/errors.ts'

export type DatabaseTools = { readonly dump: string; readonly psql: string }

const ANSWER_MS = 10_000

/**
 * @param folders Tried in this order; '' is the PATH.
 * @param major Of the server they are to read: older programs cannot.
 * @throws {UsageError} RESTORE_TOOLS_MISSING.
 */
export async function findTools(folders: readonly string[], major: number): Promise<DatabaseTools> {
  for (const folder of folders) {
    const [dump, psql] = ['pg_dump', 'psql'].map((name) => (folder ? join(folder, name) : name))
    if (!dump || !psql) continue
    const majors = await Promise.all([majorOf(dump), majorOf(psql)])
    if (majors.every((found) => found >= major)) return { dump, psql }
  }
  const message =
    `pg_dump and psql of PostgreSQL ${major} or newer are needed (the package ` +
    `postgresql-client-${major}, for example); if they are there, name their folder with --tools`
  throw new UsageError('RESTORE_TOOLS_MISSING', message)
}

async function majorOf(program: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: ANSWER_MS })
    return Number(/ (\d+)/.exec(stdout)?.[1] ?? 0)
  } catch {
    return 0 // not there, or nothing of PostgreSQL's
  }
}
