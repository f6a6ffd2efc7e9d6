/**
 * Ed25519 keys that one process makes for itself at its first start, and keeps alone.
 *
 * @module
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { systemDisk } from '#system/disk.ts'

/** The key kept in a PKCS #8 file, made when there is none. @throws {FaultError} DISK_…. */
export async function ownKey(file: string): Promise<KeyObject> {
  if ((await systemDisk.size(file)) === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    await systemDisk.createOnce(file, Buffer.from(pem))
  }
  return createPrivateKey(Buffer.from(await systemDisk.read(file)))
}
