/**
 * Composes the notary: its key, its log, its door.
 *
 * @module
 */
import { noteSigner } from '#crypto/signed-note.ts'
import { serveNotary } from '#services/notary/serve.ts'
import { isSignedBy } from '#storage/evidence/writer.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { SuccessiveKey } from '#system/successive-key.ts'
import type { ServiceContext } from '../context.ts'

/** @throws {IntegrityError} When the log is not what this key signed. */
export async function runNotary(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail } = context
  const { notary: config } = context.config
  const place = { disk: systemDisk, folder: paths.evidence }
  return serveNotary(config, {
    key: await SuccessiveKey.open(paths.secret('notary', 'evidence.key'), (heir) =>
      isSignedBy(place, noteSigner(config.origin, heir)),
    ),
    place,
    clock,
    trail,
    socket: paths.socket('notary'),
  })
}
