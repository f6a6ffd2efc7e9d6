/**
 * The server's own backup manifest, as it was kept: for PostgreSQL's tools, and for the server, who
 * wants it back before an incremental backup.
 *
 * @module
 */
import { concatBytes } from '#lib/byte-fields.ts'
import { IntegrityError } from '#lib/errors.ts'
import { CHUNK_SIZE } from '#crypto/sealed-chunks.ts'
import { ManifestReader, type Extent } from './manifest.ts'
import { manifestName, packName } from './names.ts'
import type { RepositoryReader } from './open-reader.ts'
import { openSealed } from './sealing.ts'

/** @returns Its bytes. @throws {IntegrityError} BACKUP_MANIFEST_DAMAGED, and as the reader. */
export async function readServerManifest(
  reader: RepositoryReader,
  backupId: string,
): Promise<Uint8Array> {
  const { sources, extents } = await findExtents(reader, backupId)
  const parts: Uint8Array[] = []
  for (const extent of extents) {
    const source = sources[extent.source]
    if (source === undefined) throw invalid(backupId, 'names a source it does not have')
    parts.push(await readExtent(reader, source, extent))
  }
  return concatBytes(parts)
}

async function findExtents(
  reader: RepositoryReader,
  backupId: string,
): Promise<{ sources: readonly string[]; extents: readonly Extent[] }> {
  const name = manifestName(backupId)
  const lines = new ManifestReader(name)
  let sources: readonly string[] = []
  let extents: readonly Extent[] | undefined
  const bytes = await reader.read(name)
  const { root, dataKeys } = reader
  for await (const chunk of openSealed(name, bytes, ['manifest'], root.repositoryId, dataKeys)) {
    for (const line of lines.push(chunk)) {
      if (line.line === 'manifest') sources = line.sources
      else if (line.line === 'serverManifest') extents = line.extents
    }
  }
  lines.end()
  if (!extents) throw invalid(backupId, "lacks the server's manifest")
  return { sources, extents }
}

/** Chunk n of a pack's plaintext begins at n times the chunk size. */
async function readExtent(
  reader: RepositoryReader,
  source: string,
  extent: Extent,
): Promise<Uint8Array> {
  const name = packName(source, extent.pack)
  const bytes = await reader.read(name)
  const end = extent.offset + extent.length
  const parts: Uint8Array[] = []
  let at = 0
  const { root, dataKeys } = reader
  for await (const chunk of openSealed(name, bytes, ['pack'], root.repositoryId, dataKeys)) {
    const from = Math.max(extent.offset - at, 0)
    const to = Math.min(end - at, chunk.length)
    if (from < to) parts.push(chunk.slice(from, to))
    at += CHUNK_SIZE
  }
  return concatBytes(parts)
}

function invalid(backupId: string, what: string): IntegrityError {
  return new IntegrityError('BACKUP_MANIFEST_DAMAGED', `the manifest of ${backupId} ${what}`)
}
