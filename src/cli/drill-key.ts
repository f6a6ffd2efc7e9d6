/**
 * The key that signs receipts of drills: private for the drill, public for who reads receipts.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { systemDisk } from '#system/disk.ts'
import type { Paths } from './paths.ts'

/** Makes the key when there is none. */
export async function ensureDrillKey(paths: Paths): Promise<void> {
  const file = privateFile(paths)
  if ((await systemDisk.size(file)) === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    await systemDisk.createOnce(file, Buffer.from(pem))
  }
  if ((await systemDisk.size(publicFile(paths))) !== undefined) return
  const pem = createPublicKey(await drillKey(paths)).export({ type: 'spki', format: 'pem' })
  await systemDisk.createOnce(publicFile(paths), Buffer.from(pem))
}

export async function drillKey(paths: Paths): Promise<KeyObject> {
  return createPrivateKey(Buffer.from(await systemDisk.read(privateFile(paths))))
}

/** @throws {FaultError} DISK_MISSING before the first start. */
export async function drillPublicKey(paths: Paths): Promise<KeyObject> {
  return createPublicKey(Buffer.from(await systemDisk.read(publicFile(paths))))
}

function privateFile(paths: Paths): string {
  return paths.secret('drill', 'receipt.key')
}

function publicFile(paths: Paths): string {
  return paths.secret('prober', 'drill-receipt.pub')
}
