/**
 * A secret that a process makes for itself at its first start.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { systemDisk } from '#system/disk.ts'

const SIZE = 32

/** 32 bytes, always the same for this file. @throws {FaultError} DISK_…. */
export async function ownSecret(file: string): Promise<Uint8Array> {
  if ((await systemDisk.size(file)) === undefined)
    await systemDisk.createOnce(file, randomBytes(SIZE))
  return systemDisk.read(file)
}
