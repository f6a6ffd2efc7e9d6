/**
 * What must exist before anything runs: folders, passwords, certificates, keys. Made once, kept.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultError, UsageError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { barrierFor, type Account } from '#system/postgres/user.ts'
import type { Context } from '../context.ts'
import { controlServices } from '../control.ts'
import { FREE_BYTES_MIN } from './disk-room.ts'

const PASSWORD_BYTES = 32

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

/** The password kept in a file, made at random when there is none. */
export async function ensurePassword(file: string): Promise<string> {
  if ((await systemDisk.size(file)) === undefined) {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url')
    await systemDisk.createOnce(file, Buffer.from(password))
  }
  return readFile(file, 'utf8')
}

/** Every password the ring makes for itself, by the process that may read it. */
export async function ensurePasswords(context: Context): Promise<void> {
  for (const owner of passwordOwners) {
    await ensurePassword(context.paths.secret(owner, 'database-password'))
  }
  for (const service of controlServices) {
    await ensurePassword(context.paths.secret(service, 'control-password'))
  }
  await ensurePassword(context.paths.secret('application', 'session-secret'))
  await ensurePassword(context.paths.secret('prober', 'staff-password'))
  const senders = ['application', 'prober', 'status', 'console']
  for (const sender of senders) await ensureSubmissionPassword(context, sender)
}

/** One password at both ends of submission: the sender's, and the gateway's to compare. */
async function ensureSubmissionPassword({ paths }: Context, sender: string): Promise<void> {
  const password = await ensurePassword(paths.secret(sender, 'submission-password'))
  const compared = paths.secret('mail-gateway', `${sender}-submission-password`)
  await systemDisk.replace(compared, Buffer.from(password))
}

const passwordOwners = [
  'supervisor', // superuser of both clusters
  'access',
  'application',
  'application-b',
  'application-owner',
  'backup',
  'detection',
  'prober',
  'sql-gateway',
] as const
