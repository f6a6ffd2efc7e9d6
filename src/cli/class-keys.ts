/**
 * The private keys of classes of persons: made for the operator, read from his files.
 *
 * @module
 */
import { resolve } from 'node:path'
import { identityFromSeed, SEED_SIZE, type Identity } from '#crypto/key-wrap.ts'
import { printKey, readPrintedKey } from '#crypto/printed-key.ts'
import { FaultError, UsageError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'

const KIND = 'VEILIG-SUBJECTS-1'

/**
 * Makes a key, writes it to a file that must not exist, and gives the public one.
 *
 * @returns Hexadecimal, for `sqlGateway.subjects`.
 * @throws {UsageError} KEY_FILE_EXISTS. {FaultError} DISK_….
 */
export async function makeClassKey(
  file: string,
  random: (size: number) => Uint8Array,
): Promise<string> {
  const seed = random(SEED_SIZE)
  try {
    await systemDisk.createOnce(resolve(file), Buffer.from(`${printKey(KIND, seed)}\n`))
  } catch (error) {
    if (!(error instanceof FaultError) || error.code !== 'DISK_EXISTS') throw error
    throw new UsageError('KEY_FILE_EXISTS', `${file} exists; a key is never overwritten`)
  }
  return Buffer.from(identityFromSeed(seed).publicKey).toString('hex')
}

/**
 * @param files Joined by commas.
 * @throws {UsageError} KEY_FILE_MISSING, KEY_NOT_READABLE.
 */
export async function readClassKeys(files: string): Promise<Identity[]> {
  return Promise.all(
    files.split(',').map(async (file) => {
      const path = resolve(file.trim())
      if ((await systemDisk.size(path)) === undefined)
        throw new UsageError('KEY_FILE_MISSING', `there is no key in ${path}`)
      const text = Buffer.from(await systemDisk.read(path)).toString('utf8')
      return identityFromSeed(readPrintedKey(KIND, text))
    }),
  )
}
