/**
 * The web-gateway's own files: keys made once, certificates.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'

const KEY_SIZE = 32

/** A key of the gateway, made at the first start. */
export async function keyIn(file: string): Promise<Uint8Array> {
  if ((await systemDisk.size(file)) === undefined) {
    await systemDisk.createOnce(file, randomBytes(KEY_SIZE)).catch((error: unknown) => {
      const another = error instanceof FaultError && error.code === 'DISK_EXISTS'
      if (!another) throw error // else another process was faster: its key serves all
    })
  }
  return systemDisk.read(file)
}

/** @throws {FaultError} TLS_CERTIFICATE_INVALID. */
export async function readText(file: string): Promise<string> {
  try {
    return Buffer.from(await systemDisk.read(file)).toString('utf8')
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`
    throw new FaultError('TLS_CERTIFICATE_INVALID', message, { cause })
  }
}
