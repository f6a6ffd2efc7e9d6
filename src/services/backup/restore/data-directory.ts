/**
 * Writes a data directory from packs: each chunk opened once, global/pg_control last.
 *
 * Packs are fetched ahead, chunks are decrypted, decompressed and written side by side, and the
 * disk works meanwhile. Without pg_control no PostgreSQL starts, so a restore that was cut short
 * cannot be mistaken for a whole one. Everything is on disk before pg_control is.
 *
 * @module
 */
import { chmod, mkdir, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ahead, eachAtOnce } from '#lib/ahead.ts'
import { IntegrityError } from '#lib/errors.ts'
import { release } from '#lib/release.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { sealedChunks } from '../repository/sealing.ts'
import type { PlacedExtent } from './blocks.ts'
import { Donors, tooShort } from './donors.ts'
import { OutputFiles, syncEach, writing } from './output-files.ts'
import { packPlans, type PackPlan, type Piece } from './pack-chunks.ts'

export const PG_CONTROL = 'global/pg_control'
/** Packs fetched and authenticated before their turn: of some 17 MiB each, or many small ones. */
const AHEAD_BYTES = 24 * 1024 * 1024
/** Chunks of 1 MiB decompressed and written at once. */
const CHUNKS_AT_ONCE = 6
/** For newer blocks that are put into the chunks of older backups. */
const HELD_MAX = { chunksMax: 36, packBytesMax: 40 * 1024 * 1024 }

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

/**
 * @param over Whether files may be there already: only what differs is then written.
 * @throws {IntegrityError} As the reader. @throws {FaultError} RESTORE_WRITE_FAILED.
 */
export async function writeDirectory(
  reader: RepositoryReader,
  plan: DirectoryPlan,
  over: boolean,
  progress: (bytes: number) => void,
): Promise<WrittenDirectory> {
  const { locate } = plan
  await writing(() => makeFolders(plan))
  const planned = plan.files.find(({ path }) => path === PG_CONTROL)
  if (!planned)
    throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', 'the backup has no global/pg_control')
  const control = await readPlanned(reader, planned)
  const files = plan.files.filter((file) => file !== planned)
  const output = new OutputFiles(locate, over)
  await writing(async () => {
    try {
      for (const file of files) if (file.extents.length === 0) output.empty(file)
      await eachAtOnce(openedPieces(reader, files), CHUNKS_AT_ONCE, async ({ pieces, open }) => {
        const chunk = await open()
        let bytes = 0
        for (const piece of pieces) {
          await output.write(piece, chunk)
          bytes += piece.to - piece.from
        }
        release(chunk)
        progress(bytes)
      })
      await output.settle()
    } finally {
      await output.abandon()
    }
    await syncFolders(plan)
  })
  return {
    writtenBytes: output.writtenBytes,
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

/** One chunk, and where its bytes go. */
export type WantedChunk = {
  readonly pieces: readonly Piece[]
  readonly open: () => Promise<Uint8Array>
}

/** The wanted chunks of all packs, one pack after the other; the next ones are being fetched. */
export async function* openedPieces(
  reader: RepositoryReader,
  files: readonly FilePlan[],
): AsyncGenerator<WantedChunk> {
  const { root, dataKeys } = reader
  const packSize = (name: string): number => reader.proofs.get(name)?.size ?? 0
  const { packs, patches: all } = packPlans(files, { ...HELD_MAX, packSize })
  const donors = new Donors(reader, all)
  const fetch = async (plan: PackPlan): Promise<[PackPlan, Uint8Array]> => [
    plan,
    await reader.read(plan.name),
  ]
  const sizeOf = ({ name }: PackPlan): number => packSize(name)
  for await (const [{ name, chunks }, bytes] of ahead(packs, AHEAD_BYTES, fetch, sizeOf)) {
    const sealed = await sealedChunks(name, bytes, ['pack'], root.repositoryId, dataKeys)
    let left = chunks.size
    for (const [number, { pieces, patches }] of chunks) {
      const open = async (): Promise<Uint8Array> => {
        const chunk = await opened(name, sealed.open(number), pieces)
        if (--left === 0) release(bytes) // nobody else reads a pack that was fetched for us
        await donors.patch(chunk, patches)
        return chunk
      }
      yield { pieces, open }
    }
  }
}

/** @throws {IntegrityError} BACKUP_MANIFEST_DAMAGED when the chunk is too short for its pieces. */
async function opened(
  name: string,
  chunk: Promise<Uint8Array>,
  pieces: readonly Piece[],
): Promise<Uint8Array> {
  const bytes = await chunk
  if (pieces.every(({ to }) => to <= bytes.length)) return bytes
  throw tooShort(name)
}

/** A small file, in memory. @throws As the reader. */
async function readPlanned(reader: RepositoryReader, file: FilePlan): Promise<Uint8Array> {
  const whole = new Uint8Array(file.size)
  for await (const { pieces, open } of openedPieces(reader, [file])) {
    const chunk = await open()
    for (const { from, to, at } of pieces) whole.set(chunk.subarray(from, to), at)
  }
  return whole
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
