/**
 * What the console's timeline shows: the living branch of the repository, and how far it reaches.
 *
 * Needs no key: the catalogue is signed, not secret.
 *
 * @module
 */
import { VeiligError } from '#lib/errors.ts'
import type { KnownChains, RepositoryReader } from '#services/backup/repository/open-reader.ts'
import { askBackup } from '#services/backup/control/client.ts'
import { livingBranch } from '#services/backup/restore/branch.ts'
import { RetentionMeter } from '#services/backup/retention/measure.ts'
import type { Recovery } from '#services/staff/ports.ts'
import type { Context } from '../context.ts'
import { lastDrills } from '../receipts.ts'
import { openForReading } from '../repository.ts'

const STATUS_TIMEOUT_MS = 3_000
/** Finding gaps takes a listing of every region: so seldom, however often the page is read. */
const GAPS_EVERY_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** @throws {VeiligError} When no region can be read. */
export function recoveryOf(context: Context): () => Promise<Recovery> {
  const known: KnownChains = new Map() // each look reads only what is new
  const gapsIn = gapFinder(context)
  return async () => {
    const [reader, drilled, untilMs] = await Promise.all([
      openForReading(context, context.config.backup.regions, undefined, known),
      lastDrills(context.paths),
      reachOf(context),
    ])
    const { state } = reader.chain
    const { backups, uncertain } = livingBranch(state)
    const receipts = [...state.expiries.values()].filter(({ receipt }) => receipt !== undefined)
    const before = receipts.filter((expiry) => expiry.backups > 0)
    const destroyedMs = Math.max(...before.map(({ entry }) => entry.windowFromMs))
    return {
      uncertain,
      untilMs,
      gaps: await gapsIn(reader),
      holds: [...state.holds.values()].map(({ id, fromMs, reason }) => ({ id, fromMs, reason })),
      destroyed:
        before.length === 0
          ? undefined
          : { untilMs: destroyedMs, receipts: state.destroyed + receipts.length },
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

/** What a stranger finds missing; the page goes without it where a region does not answer. */
function gapFinder({
  config,
  clock,
}: Context): (reader: RepositoryReader) => Promise<Recovery['gaps']> {
  const meter = new RetentionMeter()
  const { regions, retainDays } = config.backup
  const required = new Set(regions.filter((region) => region.required).map(({ name }) => name))
  let lookedMs = -Infinity
  let gaps: Recovery['gaps'] = []
  return async (reader) => {
    if (clock.monotonicMs() - lookedMs < GAPS_EVERY_MS) return gaps
    const bounds = { nowMs: clock.nowMs(), retainMs: retainDays * DAY_MS, graceMs: HOUR_MS }
    try {
      ;({ gaps } = await meter.measure(reader, bounds, required))
      lookedMs = clock.monotonicMs()
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error // what was found last is shown
    }
    return gaps
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
