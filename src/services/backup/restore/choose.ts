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
  if (early.length > 0) return early.toSorted((a, b) => (a.endLsn > b.endLsn ? -1 : 1))
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
  const chain = [newest]
  for (let last = newest; last.parent !== null;) {
    const parent = backups.find(({ id }) => id === last.parent)
    if (!parent || chain.includes(parent)) {
      const message = `${last.id} builds on ${last.parent}, which is not in the catalogue`
      throw new IntegrityError('BACKUP_PARENT_MISSING', message)
    }
    chain.push(parent)
    last = parent
  }
  return chain
}
