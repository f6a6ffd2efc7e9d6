/**
 * Composes a witness: its key, its memory, its door. It runs on somebody else's machine.
 *
 * @module
 */
import { join } from 'node:path'
import { serveWitness } from '#services/witness/serve.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { ownKey } from '../own-key.ts'

/** @throws {IntegrityError} When its memory is not what it wrote. {FaultError} LISTEN_FAILED. */
export async function runWitness(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail, log } = context
  const witness = await serveWitness(context.config.witness, {
    privateKey: await ownKey(paths.secret('witness', 'witness.key')),
    disk: systemDisk,
    folder: join(paths.data, 'witness'),
    clock,
    trail,
  })
  const { listen } = context.config.witness
  log.info({ port: witness.port, key: witness.verifierKey }, 'the witness listens')
  if (!process.send) {
    process.stdout.write(`http://${listen}:${witness.port}\n${witness.verifierKey}\n`)
  }
  return witness
}
