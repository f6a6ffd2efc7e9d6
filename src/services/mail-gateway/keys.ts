/**
 * The key of tokens, address hashes and sealed content: made at the first run, kept in the
 * gateway's secrets.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import type { Disk } from '#system/disk.ts'

const TOKEN_KEY_SIZE = 32

/** Losing it breaks every unsubscribe link sent so far. @throws {FaultError} As the disk. */
export async function ensureTokenKey(disk: Disk, file: string): Promise<Uint8Array> {
  if ((await disk.size(file)) === undefined)
    await disk.createOnce(file, randomBytes(TOKEN_KEY_SIZE))
  return disk.read(file)
}
