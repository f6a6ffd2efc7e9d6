/**
 * Writes a data directory from packs: each chunk opened once, global/pg_control last.
 *
 * Packs are fetched ahead, threads write the files, and the disk works meanwhile. Without
 * pg_control no PostgreSQL starts, so a restore that was cut short cannot be mistaken for a whole
 * one. Everything is on disk before pg_control is.
 *
 * @module
 */
import { chmod, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { IntegrityError } from '#lib/errors.ts'
import type { PlacedExtent } from './blocks.ts'
import { threadsFor, writeContents } from './crew.ts'
import { readPlanned } from './opened-pieces.ts'
import { syncEach, writing } from './output-files.ts'
import type { PackSource } from './pack-source.ts'

export const PG_CONTROL = 'global/pg_control'

/** Folders that a server needs though a backup leaves out what is in them. */
export const FOLDERS: readonly string[] = [
  'base',
  'global',
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_logical/mappings',
  'pg_logical/snapshots',
  'pg_multixact/members',
  'pg_multixact/offsets',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_tblspc',
  'pg_twophase',
  'pg_wal/archive_status',
  'pg_xact',
]

export type FilePlan = {
  readonly path: string
  readonly size: number
  readonly mode: number
  readonly extents: readonly PlacedExtent[]
  /** Others write parts of it too: it is there already, and somebody else sees to its size. */
  readonly shared?: true
}

export type DirectoryPlan = {
  readonly directories: readonly { readonly path: string; readonly mode: number }[]
  readonly files: readonly FilePlan[]
  /** Where a path goes; tablespaces lie elsewhere. */
  readonly locate: (path: string) => string
}

export type WrittenDirectory = {
  /** Bytes that were not there already. */
  readonly writtenBytes: number
  /** The control file's bytes, not yet written. */
  readonly control: Uint8Array
  /** Writes pg_control; to be called when all else is done. */
  readonly finish: () => Promise<void>
}

export type DirectoryOptions = {
  /** Whether files may be there already: only what differs is then written. */
  readonly over: boolean
  /** How many threads write, where it is much. Default: one for each processor, up to 4. */
  readonly threadsMax?: number | undefined
  readonly progress: (bytes: number) => void
}

/** @throws As the source, `writeContents` and `progress`. */
export async function writeDirectory(
  source: PackSource,
  plan: DirectoryPlan,
  { over, threadsMax, progress }: DirectoryOptions,
): Promise<WrittenDirectory> {
  const { locate } = plan
  await writing(() => makeFolders(plan))
  const planned = plan.files.find(({ path }) => path === PG_CONTROL)
  if (!planned)
    throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', 'the backup has no global/pg_control')
  const control = await readPlanned(source, planned)
  const files = plan.files.filter((file) => file !== planned)
  const threads = threadsFor(files, threadsMax)
  const writtenBytes = await writeContents({ source, files, locate, over, threads, progress })
  await writing(() => syncFolders(plan))
  return {
    writtenBytes,
    control,
    finish: () => writing(() => writeControl(locate(PG_CONTROL), planned.mode, control)),
  }
}

async function makeFolders({ directories, locate }: DirectoryPlan): Promise<void> {
  for (const path of FOLDERS) await mkdir(locate(path), { recursive: true, mode: 0o700 })
  for (const { path, mode } of directories) {
    await mkdir(locate(path), { recursive: true, mode: 0o700 })
    await chmod(locate(path), mode)
  }
}

async function syncFolders({ directories, files, locate }: DirectoryPlan): Promise<void> {
  const folders = new Set<string>()
  for (const { path } of files) folders.add(dirname(locate(path)))
  for (const { path } of directories) folders.add(locate(path))
  for (const path of FOLDERS) folders.add(locate(path))
  const above = [...folders].map((folder) => dirname(folder))
  await syncEach(new Set([...folders, ...above]))
}

async function writeControl(path: string, mode: number, bytes: Uint8Array): Promise<void> {
  {
    await using handle = await open(path, 'wx', mode)
    await handle.writeFile(bytes)
    await handle.chmod(mode)
    await handle.sync()
  }
  await syncEach([dirname(path), join(dirname(path), '..')])
}
