/**
 * The DKIM keys and the token key: made at the first run, kept in the gateway's secrets.
 *
 * @module
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import type { DkimKey } from '#protocol/mail/dkim.ts'
import type { Disk } from '#system/disk.ts'

const RSA_BITS = 2048
const TOKEN_KEY_SIZE = 32

/** Selectors of the first pair. Rotation adds a second pair beside it. */
export const selectors = { rsa: 'veilig-r1', ed25519: 'veilig-e1' } as const

const generate = promisify(generateKeyPair)

/**
 * Reads the two keys of each domain, making those that are missing.
 *
 * @param place Where a file of the gateway's secrets lies.
 * @throws {FaultError} As the disk.
 */
export async function ensureDkimKeys(
  disk: Disk,
  place: (file: string) => string,
  domains: readonly string[],
): Promise<readonly DkimKey[]> {
  const keys: DkimKey[] = []
  for (const domain of domains) {
    for (const type of ['rsa', 'ed25519'] as const) {
      const selector = selectors[type]
      const file = place(`dkim-${domain}-${selector}.pem`)
      if ((await disk.size(file)) === undefined) await disk.createOnce(file, await newKey(type))
      const pem = Buffer.from(await disk.read(file))
      keys.push({ domain, selector, privateKey: createPrivateKey(pem) })
    }
  }
  return keys
}

async function newKey(type: 'rsa' | 'ed25519'): Promise<Uint8Array> {
  const { privateKey } =
    type === 'rsa' ? await generate('rsa', { modulusLength: RSA_BITS }) : await generate('ed25519')
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
}

export function publicHalf(key: DkimKey): { selector: string; publicKey: KeyObject } {
  return { selector: key.selector, publicKey: createPublicKey(key.privateKey) }
}

/** The key of tokens and address hashes. Losing it breaks every unsubscribe link sent so far. */
export async function ensureTokenKey(disk: Disk, file: string): Promise<Uint8Array> {
  if ((await disk.size(file)) === undefined)
    await disk.createOnce(file, randomBytes(TOKEN_KEY_SIZE))
  return disk.read(file)
}
