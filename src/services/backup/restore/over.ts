/**
 * Restoring over a directory that is there: what may be, and what must go.
 *
 * pg_control goes first: from then on the directory cannot be started until the restore is whole.
 * A link is taken away, never followed.
 *
 * @module
 */
import { open, readdir, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UsageError } from '#lib/errors.ts'
import { FOLDERS, PG_CONTROL, type DirectoryPlan } from './data-directory.ts'
import { syncEach, writing } from './output-files.ts'
import { RESTORE_FOLDER } from './recovery-files.ts'

/**
 * Before anything is touched.
 *
 * @throws {UsageError} RESTORE_FOLDER_FOREIGN, RESTORE_SERVER_RUNS.
 */
export async function checkOver(into: string, systemIdentifier: bigint): Promise<void> {
  const names = await readdir(into)
  if (names.length === 0) return
  if (!names.includes('PG_VERSION')) {
    throw foreign(`${into} is no data directory of PostgreSQL; name one, or an empty folder`)
  }
  if (names.includes('postmaster.pid')) {
    const message = `PostgreSQL runs on ${into}: stop it, or if it crashed remove postmaster.pid`
    throw new UsageError('RESTORE_SERVER_RUNS', message)
  }
  const found = await systemIdentifierOf(into)
  if (found === undefined || found === systemIdentifier) return
  throw foreign(
    `${into} is another cluster (${found}, not ${systemIdentifier}); nothing was touched`,
  )
}

function foreign(message: string): UsageError {
  return new UsageError('RESTORE_FOLDER_FOREIGN', message)
}

/** The first eight bytes of pg_control; undefined after a restore that was cut short. */
async function systemIdentifierOf(folder: string): Promise<bigint | undefined> {
  let file: FileHandle
  try {
    file = await open(join(folder, PG_CONTROL), 'r')
  } catch {
    return undefined
  }
  await using handle = file
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(8), 0, 8, 0)
  return bytesRead === 8 ? buffer.readBigUInt64LE() : undefined // where we run, it is little-endian
}

/** Takes away what an earlier restore left for its server. */
export function clearSpool(into: string): Promise<void> {
  return writing(() => rm(join(into, RESTORE_FOLDER), { recursive: true, force: true }))
}

/** Takes away pg_control, then everything that the restored directory does not have. */
export function clearOver(plan: DirectoryPlan, into: string, spaces: string[]): Promise<void> {
  return writing(async () => {
    const control = plan.locate(PG_CONTROL)
    await rm(control, { force: true })
    await syncEach((await exists(dirname(control))) ? [dirname(control)] : [])
    const files = new Set(plan.files.map(({ path }) => plan.locate(path)))
    const folders = new Set([...FOLDERS, ...plan.directories.map(({ path }) => path)])
    const kept = new Set<string>()
    for (const path of [...folders, ...plan.files.map((file) => file.path)]) {
      for (let at = plan.locate(path); !kept.has(at); at = dirname(at)) kept.add(at)
    }
    for (const root of [into, ...spaces]) await clearFolder(root, files, kept)
  })
}

async function clearFolder(
  folder: string,
  files: ReadonlySet<string>,
  kept: ReadonlySet<string>,
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.name === RESTORE_FOLDER) continue // laid ready just now
    const stays = entry.isDirectory() ? kept.has(path) && !files.has(path) : entry.isFile()
    if (!stays || (entry.isFile() && !files.has(path))) {
      await rm(path, { recursive: true, force: true })
    } else if (entry.isDirectory()) await clearFolder(path, files, kept)
  }
}

async function exists(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  )
}
