/**
 * Which backup a restore begins with. Pure.
 *
 * @module
 */
import { IntegrityError, UsageError } from '#lib/errors.ts'
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { BackupEntry } from '../repository/entries.ts'
import type { RestoreTarget } from './target.ts'
import { isOnPath, type PathPart } from './timelines.ts'

/**
 * Backups from which the target can be reached, best first.
 *
 * @throws {UsageError} RESTORE_NO_BACKUP.
 */
export function candidates(
  backups: readonly BackupEntry[],
  path: readonly PathPart[],
  target: RestoreTarget,
): readonly BackupEntry[] {
  const onPath = backups.filter((backup) => isOnPath(path, backup.endTimeline, backup.endLsn))
  const early = onPath.filter((backup) => isBefore(backup, target))
  if (early.length > 0) return early.toSorted(newestFirst)
  const first = onPath.reduce<BackupEntry | undefined>(
    (best, backup) => (!best || backup.endLsn < best.endLsn ? backup : best),
    undefined,
  )
  const message = first
    ? `the oldest backup that could be used ended at ${new Date(first.finishedMs).toISOString()} ` +
      `(${formatLsn(first.endLsn)}); nothing before that can be restored`
    : 'no backup of this timeline is finished yet'
  throw new UsageError('RESTORE_NO_BACKUP', message)
}

/** Of two of the same state, the one that builds on nothing. */
function newestFirst(a: BackupEntry, b: BackupEntry): number {
  if (a.endLsn !== b.endLsn) return a.endLsn > b.endLsn ? -1 : 1
  return byEnd(b, a)
}

function isBefore(backup: BackupEntry, target: RestoreTarget): boolean {
  if (target.kind === 'time') return backup.finishedMs <= target.atMs
  if (target.kind === 'lsn') return backup.endLsn <= target.lsn
  return true
}

/**
 * A backup and those it builds on, newest first.
 *
 * @throws {IntegrityError} BACKUP_PARENT_MISSING.
 */
export function chainOf(
  backups: readonly BackupEntry[],
  newest: BackupEntry,
): readonly BackupEntry[] {
  return new Chains(backups).of(newest)
}

/** Who builds on whom. */
export class Chains {
  readonly #byId = new Map<string, BackupEntry>()
  /** Id of a backup → synthetic ones that others can build on in its place. */
  readonly #inPlaceOf = new Map<string, BackupEntry[]>()

  constructor(backups: readonly BackupEntry[]) {
    for (const backup of backups) {
      this.#byId.set(backup.id, backup)
      for (const id of backup.synthetic?.inPlaceOf ?? []) {
        const known = this.#inPlaceOf.get(id)
        if (known) known.push(backup)
        else this.#inPlaceOf.set(id, [backup])
      }
    }
  }

  /**
   * A backup and those it builds on, newest first.
   *
   * @param standIns Whether a synthetic backup is preferred to a parent that is still there.
   * @throws {IntegrityError} BACKUP_PARENT_MISSING.
   */
  of(newest: BackupEntry, standIns = false): readonly BackupEntry[] {
    const chain = new Set<BackupEntry>()
    for (let next: BackupEntry | undefined = newest; next; next = this.parentOf(next, standIns)) {
      if (chain.has(next)) throw parentMissing(next)
      chain.add(next)
    }
    return [...chain]
  }

  /**
   * What a difference leaves out did not change since its parent; so any state between the two has
   * the same bytes there. Source: docs/formats/repository.md §4.3.
   *
   * @returns Undefined of what builds on nothing. @throws {IntegrityError} BACKUP_PARENT_MISSING.
   */
  parentOf(child: BackupEntry, standIns: boolean): BackupEntry | undefined {
    const { parent, timeline, startLsn } = child
    if (parent === null) return undefined
    const own = this.#byId.get(parent)
    if (own && !standIns) return own
    let best = own
    for (const other of this.#inPlaceOf.get(parent) ?? []) {
      const between = other.timeline === timeline && other.endTimeline === timeline
      if (!between || other.startLsn > startLsn) continue
      if (!best || best.startLsn <= other.startLsn) best = other
    }
    if (best) return best
    throw parentMissing(child)
  }
}

function parentMissing({ id, parent }: BackupEntry): IntegrityError {
  const message = `${id} builds on ${parent}, which is not in the catalogue`
  return new IntegrityError('BACKUP_PARENT_MISSING', message)
}

/** By their end, oldest first; of two of the same state, the one that builds on nothing is last. */
export function byEnd(a: BackupEntry, b: BackupEntry): number {
  return a.finishedMs - b.finishedMs || Number(a.parent === null) - Number(b.parent === null)
}
