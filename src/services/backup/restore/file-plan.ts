/**
 * Which files a restore writes, from the manifests of a chain of backups.
 *
 * @module
 */
import { basename, dirname, join } from 'node:path'
import { ahead } from '#lib/ahead.ts'
import { IntegrityError } from '#lib/errors.ts'
import { release } from '#lib/release.ts'
import type { BackupEntry } from '../repository/entries.ts'
import { ManifestReader, type ManifestFile } from '../repository/manifest.ts'
import { manifestName } from '../repository/names.ts'
import type { RepositoryReader } from '../repository/open-reader.ts'
import { openSealed } from '../repository/sealing.ts'
import { FileBlocks, type ChainLink } from './blocks.ts'
import type { DirectoryPlan, FilePlan } from './data-directory.ts'

/** Files that must not come along: the restore writes its own, or they would mislead the server. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'standby.signal',
  'recovery.signal',
  'tablespace_map',
  'postmaster.pid',
  'postmaster.opts',
])

export type FilesPlan = DirectoryPlan & {
  /** OID → folder. */
  readonly tablespaces: Record<string, string>
}

/** What a manifest says. */
export type ReadManifest = ChainLink & {
  readonly directories: readonly { readonly path: string; readonly mode: number }[]
  readonly links: readonly { readonly path: string; readonly target: string }[]
  readonly tablespaces: readonly { readonly oid: number; readonly location: string }[]
  readonly damaged: readonly { readonly path: string; readonly blocks: readonly number[] }[]
}

/** A chain of backups as one: every byte from the newest that has it. */
export type ChainFiles = {
  /** Blocks that were damaged when a backup was taken, newest first. */
  readonly damaged: readonly ReadManifest['damaged'][]
  readonly files: readonly (FilePlan & { readonly modifiedMs: number })[]
}

/** Manifests read before their turn. */
const MANIFESTS_AHEAD = 2

/**
 * Of each manifest only what is wanted is kept: all of them together would be most of the memory.
 *
 * @param chain Newest first. @throws {IntegrityError} BACKUP_MANIFEST_DAMAGED; as the reader.
 */
export async function chainFiles(
  reader: RepositoryReader,
  chain: readonly BackupEntry[],
): Promise<ChainFiles & { readonly newest: ReadManifest }> {
  let newest: ReadManifest | undefined
  const damaged: ReadManifest['damaged'][] = []
  const blocks = new Map<string, FileBlocks>()
  const read = ahead(chain, MANIFESTS_AHEAD, ({ id }) => readManifest(reader, id))
  for await (const manifest of read) {
    if (!newest) {
      newest = manifest
      for (const { path, size } of manifest.files.values()) {
        if (!LEFT_OUT.has(path)) blocks.set(path, new FileBlocks(path, size))
      }
    }
    for (const file of blocks.values()) file.add(manifest)
    damaged.push(manifest.damaged)
  }
  if (!newest) throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', 'an empty chain of backups')
  const known = newest.files
  const files = [...blocks].map(([path, file]) => {
    const { size, mode, modifiedMs } = known.get(path)!
    return { path, size, mode, modifiedMs, extents: file.extents() }
  })
  return { damaged, newest, files }
}

/** @param chain Newest first. @throws As `chainFiles`. */
export async function planFiles(
  reader: RepositoryReader,
  chain: readonly BackupEntry[],
  into: string,
): Promise<FilesPlan> {
  const { newest, files } = await chainFiles(reader, chain)
  const tablespaces: Record<string, string> = {}
  for (const { oid } of newest.tablespaces) tablespaces[oid] = folderOf(into, oid)
  return { directories: newest.directories, files, tablespaces, locate: locator(into, tablespaces) }
}

export async function readManifest(reader: RepositoryReader, id: string): Promise<ReadManifest> {
  const name = manifestName(id)
  const bytes = await reader.read(name)
  const files = new Map<string, ManifestFile>()
  const directories: { path: string; mode: number }[] = []
  const links: { path: string; target: string }[] = []
  const tablespaces: { oid: number; location: string }[] = []
  const damaged: { path: string; blocks: readonly number[] }[] = []
  let sources: readonly string[] = []
  const lines = new ManifestReader(name)
  const { root, dataKeys } = reader
  for await (const chunk of openSealed(name, bytes, ['manifest'], root.repositoryId, dataKeys)) {
    for (const line of lines.push(chunk)) {
      if (line.line === 'file') files.set(line.path, line)
      else if (line.line === 'directory') directories.push({ path: line.path, mode: line.mode })
      else if (line.line === 'link') links.push(line)
      else if (line.line === 'tablespace') tablespaces.push(line)
      else if (line.line === 'damaged') damaged.push(line)
      else if (line.line === 'manifest') {
        if (line.id !== id)
          throw new IntegrityError('BACKUP_MANIFEST_DAMAGED', `${name} is of ${line.id}`)
        sources = line.sources
      }
    }
    release(chunk)
  }
  release(bytes)
  lines.end()
  return { sources, files, directories, links, tablespaces, damaged }
}

/** A path below the data directory, or below a tablespace's own folder. */
function locator(
  into: string,
  tablespaces: Readonly<Record<string, string>>,
): (path: string) => string {
  return (path: string): string => {
    const [first, oid = '', ...rest] = path.split('/')
    const folder = first === 'pg_tblspc' ? tablespaces[oid] : undefined
    return folder === undefined ? join(into, path) : join(folder, ...rest)
  }
}

/** Beside the data directory: never where the original may still live. */
function folderOf(into: string, oid: number): string {
  return join(dirname(into), `${basename(into)}-tablespaces`, String(oid))
}
