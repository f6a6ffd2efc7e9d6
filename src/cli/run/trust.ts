/**
 * Composes the trust page: the log it reads, and what it remembers of it.
 *
 * @module
 */
import { serveTrust } from '#services/trust/serve.ts'
import type { SeenStore } from '#services/trust/ports.ts'
import type { Seen } from '#storage/evidence/reader.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'

export function runTrust(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail } = context
  return serveTrust(context.config.trust, {
    place: { disk: systemDisk, folder: paths.evidence },
    seen: seenIn(paths.secret('trust', 'seen.json')),
    clock,
    trail,
    socket: paths.socket('trust'),
  })
}

/** Beside the process's secrets, where nobody else writes: it is what makes a rollback visible. */
function seenIn(file: string): SeenStore {
  return {
    load: async () => {
      if ((await systemDisk.size(file)) === undefined) return undefined
      return JSON.parse(Buffer.from(await systemDisk.read(file)).toString()) as Seen
    },
    save: (seen) => systemDisk.replace(file, Buffer.from(`${JSON.stringify(seen)}\n`)),
  }
}
