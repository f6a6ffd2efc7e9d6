/**
 * The key with which a process signs the checkpoints of its own audit book.
 *
 * Made at a start, kept among the secrets of that process alone. Who holds the data folder
 * holds the key: what a stranger can rely on is a checkpoint that somebody else keeps.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { originOf } from '#audit/segment.ts'
import { ed25519PrivateKey, noteSigner, type NoteSigner } from '#crypto/signed-note.ts'
import { FaultError, IntegrityError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { ensureSecret } from '#system/secret-file.ts'
import type { Context } from './context.ts'

const SEED_SIZE = 32
/** An older key is renewed when its book is opened. */
const YOUNG_MS = 30 * 86_400_000

/**
 * The key of a book that is being opened, another one when it is thirty days old: a
 * book begins a segment whenever it is opened, and each segment names its own.
 *
 * @throws {IntegrityError} AUDIT_KEY_INVALID. {FaultError} DISK_*.
 */
export async function auditSigner(
  { paths, clock }: Pick<Context, 'paths' | 'clock'>,
  process: string,
  node: string,
): Promise<NoteSigner> {
  const file = paths.secret(process, 'audit.key')
  if ((await systemDisk.size(file)) === undefined) await createKey(file)
  await ensureSecret(file, freshKey, clock.nowMs() - YOUNG_MS)
  const text = Buffer.from(await systemDisk.read(file)).toString()
  const seed = Buffer.from(text.trim(), 'hex')
  if (seed.length !== SEED_SIZE || seed.toString('hex') !== text.trim()) {
    const message = `${file} holds no key; remove it, and a new one is made at the next start`
    throw new IntegrityError('AUDIT_KEY_INVALID', message)
  }
  return noteSigner(originOf({ node, process }), ed25519PrivateKey(seed))
}

function freshKey(): Uint8Array {
  return Buffer.from(`${randomBytes(SEED_SIZE).toString('hex')}\n`)
}

async function createKey(file: string): Promise<void> {
  try {
    await systemDisk.createOnce(file, freshKey())
  } catch (error) {
    if (!(error instanceof FaultError) || error.code !== 'DISK_EXISTS') throw error
  }
}
