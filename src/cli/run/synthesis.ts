/**
 * Composes the making of synthetic full backups: read with the verifier's key, signed by the backup
 * service over its control socket.
 *
 * @module
 */
import { randomBytes } from 'node:crypto'
import { UsageError } from '#lib/errors.ts'
import type { KnownChains } from '#services/backup/repository/open-reader.ts'
import { dueSynthesis, newestDifference } from '#services/backup/synthetic/due.ts'
import { signerAt } from '#services/backup/synthetic/signing.ts'
import { synthesize } from '#services/backup/synthetic/synthesize.ts'
import type { Synthesis } from '#services/drill/ports.ts'
import type { Context } from '../context.ts'
import { keyFiles, openForReading, readKeyFile, regionPlaces } from '../repository.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

export function synthesisOf(context: Context): Synthesis {
  const { paths, clock } = context
  const { regions, retainDays, exactRetention, syntheticFullEveryMinutes } = context.config.backup
  const known: KnownChains = new Map()
  const everyMs =
    syntheticFullEveryMinutes === undefined ? undefined : syntheticFullEveryMinutes * MINUTE_MS
  return {
    due: async () => {
      const { chain } = await openForReading(context, regions, undefined, known)
      const schedule = { nowMs: clock.nowMs(), retainMs: retainDays * DAY_MS, everyMs }
      return dueSynthesis(chain.state, { ...schedule, exact: exactRetention })
    },
    make: async (from, progress, signal) => {
      const identity = await readKeyFile(paths, keyFiles(paths).verifier)
      return synthesize({
        from: from ?? (await newest(context)),
        open: () => openForReading(context, regions, identity),
        regions: regionPlaces(paths, regions),
        signer: signerAt(paths.socket('backup'), signal),
        random: randomBytes,
        clock,
        progress,
        signal,
      })
    },
  }
}

async function newest(context: Context): Promise<string> {
  const { chain } = await openForReading(context, context.config.backup.regions)
  const found = newestDifference(chain.state)
  if (found) return found.id
  const message = 'there is no differential backup, so nothing is to be put together'
  throw new UsageError('SYNTHETIC_NEEDLESS', message)
}
