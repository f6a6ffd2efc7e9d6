/**
 * Composes the trust page: the log it reads, and what it remembers of it.
 *
 * @module
 */
import { fromKept, toKept } from '#lib/claims/history.ts'
import { serveTrust } from '#services/trust/serve.ts'
import type { HistoryStore, SeenStore } from '#services/trust/ports.ts'
import type { Seen } from '#storage/evidence/reader.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import type { ServiceContext } from '../context.ts'
import { customerSets } from '../customer-sets.ts'

export function runTrust(context: ServiceContext): Promise<RunningService> {
  const { paths, clock, trail } = context
  return serveTrust(context.config.trust, {
    place: { disk: systemDisk, folder: paths.evidence },
    seen: seenIn(paths.secret('trust', 'seen.json')),
    customers: () => customerSets(paths),
    history: historyIn(paths.secret('trust', 'history.json')),
    clock,
    trail,
    socket: paths.socket('trust'),
  })
}

/** Beside the process's secrets, where nobody else writes: it is what makes a rollback visible. */
function seenIn(file: string): SeenStore {
  return {
    load: async () => (await readJson(file)) as Seen | undefined,
    save: (seen) => writeJson(file, seen),
  }
}

function historyIn(file: string): HistoryStore {
  return {
    // A file that is no history is worth less than the page: it begins anew.
    load: async () => fromKept(await readJson(file).catch(() => undefined)),
    save: (history) => writeJson(file, toKept(history)),
  }
}

async function readJson(file: string): Promise<unknown> {
  if ((await systemDisk.size(file)) === undefined) return undefined
  return JSON.parse(Buffer.from(await systemDisk.read(file)).toString())
}

function writeJson(file: string, value: object): Promise<void> {
  return systemDisk.replace(file, Buffer.from(`${JSON.stringify(value)}\n`))
}
