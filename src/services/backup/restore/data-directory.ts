/**
 * Writes a data directory from packs: each pack read once, global/pg_control last.
 *
 * Without pg_control no PostgreSQL starts, so a restore that was cut short cannot be mistaken for
 * a whole one. Everything is on disk before pg_control is.
 *
 * @module
 */
import { chmod, mkdir, open, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { concatBytes } from '#lib/byte-fields.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { packName } from '../repository/names.ts'
import { openSealed } from '../repository/sealing.ts'
import type { PlacedExtent } from './blocks.ts'

export const PG_CONTROL = 'global/pg_control'
const OPEN_FILES_MAX = 32
const SYNCS_AT_ONCE = 8

/** Folders that a server needs though a backup leaves out what is in them. */
const FOLDERS = [
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
}

export type DirectoryPlan = {
  readonly directories: readonly { readonly path: string; readonly mode: number }[]
  readonly files: readonly FilePlan[]
  /** Where a path goes; tablespaces lie elsewhere. */
  readonly locate: (path: string) => string
}

/**
 * @returns Finishes the directory by writing pg_control; to be called when all else is done.
 * @throws {IntegrityError} As the reader. @throws {FaultError} RESTORE_WRITE_FAILED.
 */
export async function writeDirectory(
  reader: RepositoryReader,
  plan: DirectoryPlan,
  progress: (bytes: number) => void,
): Promise<() => Promise<void>> {
  const { locate } = plan
  await writing(() => makeFolders(plan))
  const control = plan.files.find(({ path }) => path === PG_CONTROL)
  if (!control)
    throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', 'the backup has no global/pg_control')
  const files = plan.files.filter((file) => file !== control)
  const output = new OutputFiles(locate)
  try {
    for (const file of files) if (file.extents.length === 0) await output.create(file)
    await copyPacks(reader, files, output, progress)
    await output.close()
  } finally {
    await output.abandon()
  }
  const controlBytes = await readPlanned(reader, control)
  await writing(() => syncAll(plan, files))
  return () => writing(() => writeControl(locate(PG_CONTROL), control.mode, controlBytes))
}

async function makeFolders({ directories, locate }: DirectoryPlan): Promise<void> {
  for (const path of FOLDERS) await mkdir(locate(path), { recursive: true, mode: 0o700 })
  for (const { path, mode } of directories) {
    await mkdir(locate(path), { recursive: true, mode: 0o700 })
    await chmod(locate(path), mode)
  }
}

type Job = { readonly file: FilePlan; readonly extent: PlacedExtent }

/** Extents by pack, in the order of the packs and of their bytes. */
function jobsByPack(files: readonly FilePlan[]): Job[][] {
  const packs = new Map<string, Job[]>()
  for (const file of files) {
    for (const extent of file.extents) {
      const name = packName(extent.backupId, extent.pack)
      const jobs = packs.get(name)
      if (jobs) jobs.push({ file, extent })
      else packs.set(name, [{ file, extent }])
    }
  }
  const sorted = [...packs].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([, jobs]) => jobs.sort((a, b) => a.extent.offset - b.extent.offset))
}

async function copyPacks(
  reader: RepositoryReader,
  files: readonly FilePlan[],
  output: OutputFiles,
  progress: (bytes: number) => void,
): Promise<void> {
  const packs = jobsByPack(files)
  let next = packs[0] && fetchPack(reader, packs[0])
  for (const [at, jobs] of packs.entries()) {
    const pack = await next
    const following = packs[at + 1]
    next = following && fetchPack(reader, following)
    next?.catch(() => {}) // awaited in its turn
    if (pack) await copyPack(reader, pack, jobs, output, progress)
  }
}

type FetchedPack = { readonly name: string; readonly bytes: Uint8Array }

async function fetchPack(reader: RepositoryReader, jobs: readonly Job[]): Promise<FetchedPack> {
  const { backupId = '', pack = 0 } = jobs[0]?.extent ?? {}
  const name = packName(backupId, pack)
  return { name, bytes: await reader.read(name) }
}

async function copyPack(
  reader: RepositoryReader,
  { name, bytes }: FetchedPack,
  jobs: readonly Job[],
  output: OutputFiles,
  progress: (bytes: number) => void,
): Promise<void> {
  const { repositoryId } = reader.root
  let from = 0
  let job = 0
  for await (const chunk of openSealed(name, bytes, ['pack'], repositoryId, reader.dataKeys)) {
    const to = from + chunk.length
    let written = 0
    for (let at = job; at < jobs.length; at++) {
      const { file, extent } = jobs[at] as Job
      if (extent.offset >= to) break
      const start = Math.max(extent.offset, from)
      const end = Math.min(extent.offset + extent.length, to)
      if (extent.offset + extent.length <= to) job = at + 1
      if (start >= end) continue
      const part = chunk.subarray(start - from, end - from)
      await output.write(file, extent.at + (start - extent.offset), part)
      written += part.length
    }
    progress(written)
    from = to
  }
  if (job < jobs.length) throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', `${name} is too short`)
}

/** A small file, in memory. @throws As the reader. */
export async function readPlanned(reader: RepositoryReader, file: FilePlan): Promise<Uint8Array> {
  const whole = new Uint8Array(file.size)
  const { repositoryId } = reader.root
  for (const extent of file.extents) {
    const name = packName(extent.backupId, extent.pack)
    const bytes = await reader.read(name)
    const first = Math.floor(extent.offset / CHUNK_SIZE)
    const last = Math.floor((extent.offset + extent.length - 1) / CHUNK_SIZE)
    const kept: Uint8Array[] = []
    let number = 0
    for await (const chunk of openSealed(name, bytes, ['pack'], repositoryId, reader.dataKeys)) {
      if (number >= first && number <= last) kept.push(chunk)
      number++
    }
    const start = extent.offset - first * CHUNK_SIZE
    whole.set(concatBytes(kept).subarray(start, start + extent.length), extent.at)
  }
  return whole
}

/** Files being written; few are open at once. */
class OutputFiles {
  readonly #locate: (path: string) => string
  readonly #open = new Map<FilePlan, FileHandle>()
  readonly #begun = new Set<FilePlan>()

  constructor(locate: (path: string) => string) {
    this.#locate = locate
  }

  async create(file: FilePlan): Promise<void> {
    await this.#handle(file)
    await this.#closeOldest(OPEN_FILES_MAX)
  }

  write(file: FilePlan, at: number, bytes: Uint8Array): Promise<void> {
    return writing(async () => {
      const handle = await this.#handle(file)
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, at + done)).bytesWritten
      }
      await this.#closeOldest(OPEN_FILES_MAX)
    })
  }

  close(): Promise<void> {
    return writing(() => this.#closeOldest(0))
  }

  /** Closes what an error left open. */
  async abandon(): Promise<void> {
    for (const handle of this.#open.values()) await handle.close().catch(() => {})
    this.#open.clear()
  }

  async #handle(file: FilePlan): Promise<FileHandle> {
    const known = this.#open.get(file)
    if (known) return known
    const path = this.#locate(file.path)
    const begun = this.#begun.has(file)
    if (!begun) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const handle = await open(path, begun ? 'r+' : 'wx+', file.mode)
    this.#open.set(file, handle)
    if (begun) return handle
    this.#begun.add(file)
    await handle.chmod(file.mode)
    await handle.truncate(file.size) // what no extent covers is zero
    return handle
  }

  async #closeOldest(openMax: number): Promise<void> {
    for (const [file, handle] of this.#open) {
      if (this.#open.size <= openMax) return
      this.#open.delete(file)
      await handle.close()
    }
  }
}

async function syncAll(plan: DirectoryPlan, files: readonly FilePlan[]): Promise<void> {
  const paths = new Set(files.map(({ path }) => plan.locate(path)))
  const folders = new Set<string>()
  for (const path of paths) folders.add(dirname(path))
  for (const { path } of plan.directories) folders.add(plan.locate(path))
  for (const path of FOLDERS) folders.add(plan.locate(path))
  const above = [...folders].map((folder) => dirname(folder))
  for (const folder of above) folders.add(folder)
  await syncEach([...paths])
  await syncEach([...folders])
}

async function syncEach(paths: string[]): Promise<void> {
  const worker = async (): Promise<void> => {
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      await using handle = await open(path, 'r')
      await handle.sync()
    }
  }
  await Promise.all(Array.from({ length: SYNCS_AT_ONCE }, worker))
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

async function writing<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    if (cause.syscall === undefined) throw error
    const advice =
      cause.code === 'ENOSPC'
        ? 'the disk is full; make room, empty the folder and run it again'
        : `${cause.message}; mend that, empty the folder and run it again`
    throw new FaultError('RESTORE_WRITE_FAILED', advice, { cause })
  }
}
