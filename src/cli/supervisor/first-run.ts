/**
 * What must exist before anything runs: folders, passwords, certificates, keys. Made once, kept.
 *
 * @module
 */
import { mkdir, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError, UsageError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { ensureSecret, freshPassword, nextOf, secretIn } from '#system/secret-file.ts'
import { barrierFor, type Account } from '#system/postgres/user.ts'
import type { Context } from '../context.ts'
import { controlServices } from '../control.ts'
import { FREE_BYTES_MIN } from './disk-room.ts'

const DAY_MS = 86_400_000

/**
 * Checks that the data folder can hold what we put there.
 *
 * @throws {UsageError} DATA_FOLDER_UNREACHABLE, {FaultError} DISK_FULL, DISK_DENIED.
 */
export async function prepareDataFolder(data: string, account: Account | undefined): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o711 }).catch((cause: Error) => {
    const message = `cannot make the data folder ${data}: ${cause.message}; choose another, --data`
    throw new FaultError('DISK_DENIED', message, { cause })
  })
  // PostgreSQL's own account passes through here.
  await mkdir(join(data, 'postgres'), { recursive: true, mode: 0o711 })
  const barrier = account && (await barrierFor(data, account))
  if (account && barrier !== undefined) {
    const message =
      `PostgreSQL does not run as root, and the account ${account.name} may not enter ` +
      `${barrier}; choose another data folder, for example --data /var/lib/veilig`
    throw new UsageError('DATA_FOLDER_UNREACHABLE', message)
  }
  const free = await freeBytes(data)
  if (free < FREE_BYTES_MIN) {
    const freeMb = Math.floor(free / 1024 / 1024)
    const message = `${data} has ${freeMb} MB free and needs 512 MB to start; free some space`
    throw new FaultError('DISK_FULL', message)
  }
}

/** Bytes that this process may still write where the folder lies. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** The password kept in a file, as `ensureSecret` keeps it. */
export async function ensurePassword(file: string, madeAfterMs?: number): Promise<string> {
  await ensureSecret(file, () => Buffer.from(freshPassword()), madeAfterMs)
  return secretIn(file)
}

/** A copy for the process at the other end; written only when it is another: its age is real. */
export async function keepCopy(file: string, bytes: Uint8Array): Promise<void> {
  const known = (await systemDisk.size(file)) !== undefined && (await systemDisk.read(file))
  if (!known || !Buffer.from(known).equals(bytes)) await systemDisk.replace(file, bytes)
}

/** Every password the ring makes for itself, by the process that may read it. */
export async function ensurePasswords(context: Context): Promise<void> {
  const { paths, clock, config } = context
  const youngMs = clock.nowMs() - config.access.rotateDays * DAY_MS
  await ensurePassword(paths.secret('supervisor', 'database-password'))
  for (const owner of passwordOwners)
    await ensurePassword(paths.secret(owner, 'database-password'), youngMs)
  for (const service of controlServices)
    await ensurePassword(paths.secret(service, 'control-password'), youngMs)
  // Another one would sign everybody out of the application.
  await ensurePassword(paths.secret('application', 'session-secret'))
  await ensurePassword(paths.secret('prober', 'staff-password'), youngMs)
  for (const sender of senders) {
    // One password at both ends of submission: the sender's, and the gateway's to compare.
    const password = await ensurePassword(paths.secret(sender, 'submission-password'), youngMs)
    const compared = paths.secret('mail-gateway', `${sender}-submission-password`)
    await keepCopy(compared, Buffer.from(password))
    await systemDisk.remove(nextOf(compared))
  }
}

/** Programs of the ring that hand in mail. */
export const senders = ['application', 'prober', 'status', 'console', 'payments'] as const

/** With a role of their own in the protected cluster. */
const passwordOwners = [
  'access',
  'application',
  'application-b',
  'application-owner',
  'backup',
  'detection',
  'prober',
  'sql-gateway',
] as const
