/**
 * Writes a backup manifest as PostgreSQL does, for files that were put together elsewhere.
 *
 * Each file stands on a line of its own: that is how the server writes it and readers expect it.
 *
 * Source: PostgreSQL documentation, "Backup Manifest Format"; backup_manifest.c.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { formatLsn } from './lsn.ts'
import type { ManifestFile, ManifestWal } from './manifest.ts'

export type ManifestContents = {
  /** From 17 on the manifest names the system. */
  readonly pgMajor: number
  readonly systemIdentifier: bigint
  readonly files: Iterable<ManifestFile & { readonly modifiedMs: number }>
  readonly wal: ManifestWal
}

const NAMES_SYSTEM_SINCE = 17

export function encodeManifest(contents: ManifestContents): Uint8Array {
  const { pgMajor, systemIdentifier, files, wal } = contents
  const named = pgMajor >= NAMES_SYSTEM_SINCE
  const head = [
    `{ "PostgreSQL-Backup-Manifest-Version": ${named ? 2 : 1},\n`,
    ...(named ? [`"System-Identifier": ${systemIdentifier},\n`] : []),
    '"Files": [',
  ]
  const lines: string[] = []
  for (const file of files) lines.push(fileLine(file))
  const range =
    `{ "Timeline": ${wal.timeline}, "Start-LSN": "${formatLsn(wal.startLsn)}", ` +
    `"End-LSN": "${formatLsn(wal.endLsn)}" }`
  const before = Buffer.from(
    `${head.join('')}${lines.length > 0 ? '\n' : ''}${lines.join(',\n')}\n],\n` +
      `"WAL-Ranges": [\n${range}\n],\n`,
  )
  const checksum = createHash('sha256').update(before).digest('hex')
  return Buffer.concat([before, Buffer.from(`"Manifest-Checksum": "${checksum}"}\n`)])
}

function fileLine(file: ManifestFile & { readonly modifiedMs: number }): string {
  const modified = new Date(file.modifiedMs).toISOString()
  const words = [
    `"Path": ${JSON.stringify(file.path)}`,
    `"Size": ${file.sizeBytes}`,
    `"Last-Modified": "${modified.slice(0, 19).replace('T', ' ')} GMT"`,
  ]
  if (file.crc32c !== undefined) {
    words.push('"Checksum-Algorithm": "CRC32C"', `"Checksum": "${checksumHex(file.crc32c)}"`)
  }
  return `{ ${words.join(', ')} }`
}

/** The server writes the number as it lies in memory: the lowest byte first. */
function checksumHex(crc: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(crc)
  return bytes.toString('hex')
}
