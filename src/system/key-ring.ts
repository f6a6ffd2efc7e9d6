/**
 * Signing keys in a file that are renewed while they are used: two are accepted, then one.
 *
 * `FILE` holds the key that signs. A renewal first puts the one that takes over into `FILE.next`,
 * where whoever checks signatures learns of it; when all have, it signs, and the one before goes on
 * to be accepted from `FILE.former`, until the renewal after this one or its sixtieth day.
 * A renewal that is cut short leaves a file whose key signs, and nothing that was signed is lost.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { stat, utimes } from 'node:fs/promises'
import { FaultError } from '#lib/errors.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import { systemDisk } from './disk.ts'
import { formerOf, nextOf } from './secret-file.ts'

const KEY_SIZE = 32

/** An older key signs nothing and proves nothing, whatever became of its renewal. */
const LIFE_MS = 60 * 86_400_000

/**
 * The keys as they stand, made when there are none.
 *
 * @throws {FaultError} DISK_….
 */
export async function readKeyRing(file: string, nowMs: number): Promise<KeyRing> {
  const signing = (await keyIn(file)) ?? (await makeIn(file))
  const others = await Promise.all([nextOf(file), formerOf(file)].map((one) => young(one, nowMs)))
  return [signing, ...others.filter((key) => key !== undefined)]
}

/**
 * Puts another key in the place of the one that signs.
 *
 * @param tell Makes everybody who uses the file read it again; resolves when they have.
 * @throws {FaultError} What `tell` threw, or DISK_…; the old key then signs on.
 */
export async function renewKey(file: string, tell: () => Promise<void>): Promise<void> {
  const old = (await keyIn(file)) ?? (await makeIn(file))
  const { mtime } = await stat(file)
  const fresh = (await keyIn(nextOf(file))) ?? randomBytes(KEY_SIZE)
  await systemDisk.replace(nextOf(file), fresh)
  await tell()
  await systemDisk.replace(formerOf(file), old)
  await utimes(formerOf(file), mtime, mtime) // its age goes on
  await systemDisk.replace(file, fresh)
  await systemDisk.remove(nextOf(file))
  await tell()
}

async function young(file: string, nowMs: number): Promise<Uint8Array | undefined> {
  const made = await stat(file).catch(() => undefined)
  return made && nowMs - made.mtimeMs < LIFE_MS ? keyIn(file) : undefined
}

async function keyIn(file: string): Promise<Uint8Array | undefined> {
  return systemDisk.read(file).catch((error: { code?: string }) => {
    if (error.code === 'DISK_MISSING') return undefined
    throw error
  })
}

async function makeIn(file: string): Promise<Uint8Array> {
  await systemDisk.createOnce(file, randomBytes(KEY_SIZE)).catch((error: unknown) => {
    // Another process was faster: its key serves all.
    if (!(error instanceof FaultError) || error.code !== 'DISK_EXISTS') throw error
  })
  return systemDisk.read(file)
}
