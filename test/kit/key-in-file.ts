/** A signing key of a test in a file, as a service keeps it. */
import type { KeyObject } from 'node:crypto'
import { systemDisk } from '#system/disk.ts'
import { SuccessiveKey } from '#system/successive-key.ts'

/** @param file Written unless it is there: a key that took over stays. */
export async function keyInFile(file: string, privateKey: KeyObject): Promise<SuccessiveKey> {
  const pem = Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  if ((await systemDisk.size(file)) === undefined) await systemDisk.createOnce(file, pem)
  return SuccessiveKey.open(file, () => false)
}
