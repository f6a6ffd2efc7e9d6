/**
 * A secret in a file that may be renewed at any moment, and how those who use it go over.
 *
 * `FILE` holds the secret in use. While it is renewed, `FILE.next` holds the one that takes over:
 * first it is written, then whoever checks it learns of it, then it takes the place of the old one.
 * Whoever shows a secret in between tries both, so nothing fails, and a renewal that is killed at
 * any point leaves a file whose secret works.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { systemDisk } from './disk.ts'

/** A password, or where it is asked for at each use because it may have been renewed. */
export type Password = string | (() => Promise<string>)

const PASSWORD_BYTES = 32
const ROUNDS_MAX = 40
const PAUSE_MS = 25

/** At random: printable ASCII, as a verifier and a URL take it. */
export function freshPassword(): string {
  return randomBytes(PASSWORD_BYTES).toString('base64url')
}

/**
 * What is kept in a file, made when there is none, or none young enough.
 *
 * @param madeAfterMs An older one is renewed: nothing may run yet that could have read it.
 * @throws {FaultError} DISK_FULL, DISK_DENIED.
 */
export async function ensureSecret(
  file: string,
  make: () => Uint8Array | Promise<Uint8Array>,
  madeAfterMs: number = -Infinity,
): Promise<Uint8Array> {
  const made = await stat(file).catch(() => undefined)
  if (made === undefined || made.mtimeMs < madeAfterMs) await systemDisk.replace(file, await make())
  return systemDisk.read(file)
}

/** Where the secret stands that takes over. */
export function nextOf(file: string): string {
  return `${file}.next`
}

/** Secrets that once were in the file, one a line: for old copies of what they opened. */
export function formerOf(file: string): string {
  return `${file}.former`
}

/** The secret now. @throws {FaultError} DISK_MISSING. */
export async function secretIn(file: string): Promise<string> {
  return Buffer.from(await systemDisk.read(file))
    .toString('utf8')
    .trim()
}

/** The secret in use first, then the one that takes over. @throws {FaultError} DISK_MISSING. */
export async function secretsIn(file: string): Promise<readonly string[]> {
  const current = await secretIn(file)
  const taking = await read(nextOf(file))
  return taking === undefined || taking === current ? [current] : [current, taking]
}

/** What a `Password` is at this moment. */
export function passwordNow(password: Password): Promise<string> | string {
  return typeof password === 'string' ? password : password()
}

/**
 * Does something with the secret of a file, and with the one that takes over when it is refused.
 *
 * @param file Read again for a second: a renewal changes both ends, and not in one instant.
 * @param isRefused Whether an error says that the secret is not the right one.
 */
export async function withSecret<T>(
  file: string,
  work: (secret: string) => Promise<T>,
  isRefused: (error: unknown) => boolean,
): Promise<T> {
  for (let round = 1; ; round++) {
    let refused: unknown
    for (const secret of await secretsIn(file)) {
      try {
        return await work(secret)
      } catch (error) {
        if (!isRefused(error)) throw error
        refused = error
      }
    }
    if (round === ROUNDS_MAX) throw refused
    await delay(PAUSE_MS)
  }
}

/**
 * Renews the secret of a file.
 *
 * @param apply Makes the new one valid for whoever checks it; the old one may stay valid or not.
 * @throws What `apply` throws; the file then holds the old one, and `FILE.next` the new one.
 */
export async function renewSecret(
  file: string,
  fresh: string,
  apply: (fresh: string) => Promise<void>,
): Promise<void> {
  await systemDisk.replace(nextOf(file), Buffer.from(fresh))
  await apply(fresh)
  await systemDisk.replace(file, Buffer.from(fresh))
  await systemDisk.remove(nextOf(file))
}

async function read(file: string): Promise<string | undefined> {
  // Read at once instead of looked for first: it may go between the two.
  const bytes = await systemDisk.read(file).catch((error: { code?: string }) => {
    if (error.code === 'DISK_MISSING') return undefined
    throw error
  })
  return bytes && Buffer.from(bytes).toString('utf8').trim()
}
