/**
 * What the console's timeline shows: the living branch of the repository, and how far it reaches.
 *
 * Needs no key: the catalogue is signed, not secret.
 *
 * @module
 */
import type { KnownChains } from '#services/backup/repository/open-reader.ts'
import { askBackup } from '#services/backup/control/client.ts'
import { livingBranch } from '#services/backup/restore/branch.ts'
import type { Recovery } from '#services/staff/ports.ts'
import type { Context } from '../context.ts'
import { lastDrills } from '../receipts.ts'
import { openForReading } from '../repository.ts'

const STATUS_TIMEOUT_MS = 3_000

/** @throws {VeiligError} When no region can be read. */
export function recoveryOf(context: Context): () => Promise<Recovery> {
  const known: KnownChains = new Map() // each look reads only what is new
  return async () => {
    const [reader, drilled, untilMs] = await Promise.all([
      openForReading(context, context.config.backup.regions, undefined, known),
      lastDrills(context.paths),
      reachOf(context),
    ])
    const { backups, uncertain } = livingBranch(reader.chain.state)
    return {
      uncertain,
      untilMs,
      backups: backups.map(({ id, kind, parent, finishedMs, storedBytes, damagedPageCount }) => ({
        id,
        kind,
        parentId: parent ?? undefined,
        finishedMs,
        storedBytes,
        damagedPages: damagedPageCount,
        drilledMs: drilled.get(id),
      })),
    }
  }
}

/** The moment up to which every required region has everything. */
async function reachOf({ paths, clock, config }: Context): Promise<number | undefined> {
  const required = new Set(
    config.backup.regions.filter((region) => region.required).map(({ name }) => name),
  )
  try {
    const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS)
    for await (const answer of askBackup(paths.socket('backup'), { request: 'status' }, signal)) {
      if (answer.answer !== 'status') continue
      const lags = answer.status.regions
        .filter(({ name }) => required.has(name))
        .map(({ lagMs }) => lagMs ?? Infinity)
      const reachMs = clock.nowMs() - Math.max(0, ...lags)
      return Number.isFinite(reachMs) ? reachMs : undefined
    }
  } catch {
    // The backup does not answer: the line then ends nowhere that could be vouched for.
  }
  return undefined
}
