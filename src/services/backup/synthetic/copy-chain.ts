/**
 * Copies a chain of backups into one: every byte from the newest that has it, sealed anew.
 *
 * Each pack of the chain is read once, in its order; chunks of which nothing is wanted any more are
 * not even opened. What was copied is told by pieces, so the new packs follow the old.
 *
 * @module
 */
import { ahead } from '#lib/ahead.ts'
import { release } from '#lib/release.ts'
import { encodeManifest } from '#protocol/postgres/replication/manifest-writer.ts'
import type { BackupEntry, ObjectProof } from '../repository/entries.ts'
import type { Extent, ManifestLine } from '../repository/manifest.ts'
import { manifestName, packName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { PackRow, storeManifest, type PackRowPorts } from '../repository/pack-row.ts'
import type { SyntheticContents } from '../repository/synthetic-backups.ts'
import type { FilePlan } from '../restore/data-directory.ts'
import { chainFiles, type ChainFiles } from '../restore/file-plan.ts'
import { openedPieces } from '../restore/opened-pieces.ts'
import { packsOf } from '../restore/pack-source.ts'
import { CopiedFile, type CopiedPiece } from './copied-files.ts'

export type CopyProgress = { readonly doneBytes: number; readonly totalBytes: number }

export type CopyOptions = {
  readonly reader: RepositoryReader
  /** Newest first; the last is a full backup. */
  readonly chain: readonly [BackupEntry, ...BackupEntry[]]
  /** Of the new backup. */
  readonly id: string
  readonly ports: PackRowPorts
  readonly progress: (progress: CopyProgress) => void
  readonly signal: AbortSignal
}

export type Copied = SyntheticContents & { readonly packs: readonly ObjectProof[] }

/** Chunks of 1 MiB decrypted and decompressed before their turn. */
const CHUNKS_AHEAD = 4

/**
 * @returns What required regions hold now.
 * @throws {IntegrityError} As the reader. @throws {FaultError} As the stores.
 */
export async function copyChain(options: CopyOptions): Promise<Copied> {
  const { reader, chain, id, ports, signal } = options
  const found = await chainFiles(reader, chain)
  const row = new PackRow((number) => packName(id, number), 'pack', ports)
  const copies = await copyFiles(options, row, found.files)
  const plainBytes = row.length
  const manifestStart = row.length
  const serverManifest = manifestOf(options, found, copies)
  await row.writeAll(serverManifest)
  const packs = await row.finish()
  signal.throwIfAborted()
  const damaged = stillDamaged(options, found)
  const lines = function* (): Generator<ManifestLine> {
    yield { line: 'manifest', id, sources: [id] }
    for (const [pack, chunkSizes] of row.chunkSizes.entries()) {
      yield { line: 'pack', pack, chunkSizes }
    }
    const { directories, links, tablespaces } = found.newest
    for (const one of directories) yield { line: 'directory', ...one }
    for (const { path, target } of links) yield { line: 'link', path, target }
    for (const { oid, location } of tablespaces) yield { line: 'tablespace', oid, location }
    for (const file of found.files) {
      const { path, size, mode, modifiedMs } = file
      const extents = extentsOf(row, copies.get(file)?.pieces ?? [])
      yield { line: 'file', path, size, mode, modifiedMs, inherits: 0, extents }
    }
    yield { line: 'serverManifest', extents: row.extents(manifestStart, serverManifest.length) }
    for (const [path, blocks] of damaged) yield { line: 'damaged', path, blocks }
  }
  const manifest = await storeManifest(manifestName(id), lines(), ports)
  const damagedPageCount = [...damaged.values()].reduce((sum, { length }) => sum + length, 0)
  return { packs, manifest, fileCount: found.files.length, plainBytes, damagedPageCount }
}

async function copyFiles(
  { reader, progress, signal }: CopyOptions,
  row: PackRow,
  files: ChainFiles['files'],
): Promise<ReadonlyMap<FilePlan, CopiedFile>> {
  const copies = new Map<FilePlan, CopiedFile>(files.map((file) => [file, new CopiedFile()]))
  const totalBytes = files
    .flatMap(({ extents }) => extents)
    .reduce((sum, { length }) => sum + length, 0)
  const wanted = openedPieces(packsOf(reader), files)
  const opened = ahead(wanted, CHUNKS_AHEAD, async ({ pieces, open }) => {
    return { pieces, chunk: await open() }
  })
  for await (const { pieces, chunk } of opened) {
    signal.throwIfAborted()
    for (const { file, from, to, at } of pieces) {
      const bytes = chunk.subarray(from, to)
      copies.get(file)?.add(at, row.length, bytes)
      await row.write(bytes)
    }
    release(chunk)
    progress({ doneBytes: row.length, totalBytes })
  }
  return copies
}

function extentsOf(row: PackRow, pieces: readonly CopiedPiece[]): Extent[] {
  return pieces.flatMap(({ at, start, length }) =>
    row.extents(start, length).map((extent) => ({ ...extent, at: at + extent.at })),
  )
}

/** What the server would have written of these files. */
function manifestOf(
  { reader, chain: [newest] }: CopyOptions,
  { files }: ChainFiles,
  copies: ReadonlyMap<FilePlan, CopiedFile>,
): Uint8Array {
  const { pgMajor, systemIdentifier } = reader.cluster()
  const { timeline, startLsn, endLsn } = newest
  return encodeManifest({
    pgMajor,
    systemIdentifier,
    wal: { timeline, startLsn, endLsn },
    files: files.map((file) => ({
      path: file.path,
      sizeBytes: file.size,
      modifiedMs: file.modifiedMs,
      crc32c: copies.get(file)?.checksum(file.size),
    })),
  })
}

/** Blocks that were damaged in the backup of the chain from which they come. */
function stillDamaged(
  { reader, chain }: CopyOptions,
  { damaged, files }: ChainFiles,
): ReadonlyMap<string, number[]> {
  const { blockSize } = reader.cluster()
  const plans = new Map(files.map((file) => [file.path, file]))
  const found = new Map<string, number[]>()
  for (const [index, pages] of damaged.entries()) {
    for (const { path, blocks } of pages) {
      const extents = plans.get(path)?.extents ?? []
      const left = blocks.filter((block) => {
        const at = block * blockSize
        const extent = extents.find((one) => one.at <= at && at < one.at + one.length)
        return extent?.backupId === chain[index]?.id
      })
      if (left.length > 0) found.set(path, [...(found.get(path) ?? []), ...left])
    }
  }
  return found
}
