/**
 * Composes the notary: its key, its log, its door.
 *
 * @module
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { serveNotary } from '#services/notary/serve.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'

/** @throws {IntegrityError} When the log is not what this key signed. */
export async function runNotary(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail } = context
  return serveNotary(context.config.notary, {
    privateKey: await evidenceKey(paths.secret('notary', 'evidence.key')),
    place: { disk: systemDisk, folder: paths.evidence },
    clock,
    trail,
    socket: paths.socket('notary'),
  })
}

/** The key kept in a PKCS #8 file, made when there is none. */
async function evidenceKey(file: string): Promise<KeyObject> {
  if ((await systemDisk.size(file)) === undefined) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
    await systemDisk.createOnce(file, Buffer.from(pem))
  }
  return createPrivateKey(Buffer.from(await systemDisk.read(file)))
}
