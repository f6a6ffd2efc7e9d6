/**
 * Composes the notary: its key, its log, its door.
 *
 * @module
 */
import { serveNotary } from '#services/notary/serve.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { ownKey } from '../own-key.ts'

/** @throws {IntegrityError} When the log is not what this key signed. */
export async function runNotary(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail } = context
  return serveNotary(context.config.notary, {
    privateKey: await ownKey(paths.secret('notary', 'evidence.key')),
    place: { disk: systemDisk, folder: paths.evidence },
    clock,
    trail,
    socket: paths.socket('notary'),
  })
}
