/**
 * Paths of a data directory, from a server or a repository: neither is trusted with our disk.
 *
 * A hostile server once could write anywhere through `../` in its tar (CVE-2026-6475).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import type { DataPath } from './repository.ts'

export const DATA_PATH_MAX = 1024

/** @throws {ProtocolError} BACKUP_PATH_UNSAFE. */
export function checkDataPath(path: string): DataPath {
  const parts = path.split('/')
  const safe =
    Buffer.byteLength(path) <= DATA_PATH_MAX &&
    !/[\0\\]/.test(path) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  if (safe) return path
  const shown = JSON.stringify(path.slice(0, 100))
  throw new ProtocolError('BACKUP_PATH_UNSAFE', `a path that could leave its folder: ${shown}`)
}
