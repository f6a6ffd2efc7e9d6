/**
 * Where the server is told to stop, from what was asked and what the log holds. Pure.
 *
 * @module
 */
import { IntegrityError, UsageError } from '#lib/errors.ts'
import { formatLsn, type Lsn } from '#protocol/postgres/replication/lsn.ts'
import type { BackupEntry } from '../repository/entries.ts'
import type { LogFindings } from './log-spool.ts'
import type { RecoveryStop } from './recovery-files.ts'
import type { RestoreTarget } from './target.ts'

/** Where the server shall stop, and what to tell the operator about it. */
export type Stop = { readonly stop: RecoveryStop; readonly note: string | undefined }

/**
 * Turns the target into the setting that makes PostgreSQL end exactly there, or fail.
 *
 * PostgreSQL stops at a time only when a later transaction follows, and at a position only when a
 * record begins there or later. Where the log simply ends, the stop is its last record.
 *
 * A time becomes the last transaction that ended by then. Told the time itself PostgreSQL would
 * stop where the next one ends, and have done by then what no transaction undoes: what DROP
 * DATABASE removes would be gone at the moment before it.
 *
 * @throws {UsageError} RESTORE_TARGET_BEYOND. @throws {IntegrityError} WAL_MISSING.
 */
export function stopFor(target: RestoreTarget, log: LogFindings, backup: BackupEntry): Stop {
  const { found, last } = log
  if (!last || last.endLsn < alignedDown(backup.endLsn)) {
    const message = `the log of backup ${backup.id} itself is not complete`
    throw new IntegrityError('WAL_MISSING', message)
  }
  const atEnd = { kind: 'lsn', lsn: last.startLsn, inclusive: true } as const
  switch (target.kind) {
    case 'latest':
      return { stop: atEnd, note: undefined }
    case 'time': {
      if (found) {
        const { text } = target
        return { stop: { kind: 'time', text, after: log.lastEnd?.startLsn }, note: undefined }
      }
      const ends =
        log.lastCommitMs === undefined ? 'none' : new Date(log.lastCommitMs).toISOString()
      const note =
        `no transaction after ${target.text} is in the archive (the last: ${ends}); ` +
        'everything that is kept is restored'
      return { stop: atEnd, note }
    }
    case 'lsn':
      if (found)
        return { stop: { kind: 'lsn', lsn: target.lsn, inclusive: false }, note: undefined }
      if (target.lsn <= last.endLsn + 7n) return { stop: atEnd, note: undefined }
      throw new UsageError(
        'RESTORE_TARGET_BEYOND',
        `the archive ends at ${formatLsn(last.endLsn)}, before ${formatLsn(target.lsn)}`,
      )
    case 'name':
      if (found) return { stop: { kind: 'name', name: target.name }, note: undefined }
      throw notKept(target)
    case 'xid':
      if (found) return { stop: { kind: 'xid', xid: target.xid }, note: undefined }
      throw notKept(target)
    case 'immediate':
      return { stop: { kind: 'immediate' }, note: undefined }
  }
}

/**
 * What a region that is away means for a restore of all there is: it may hold the last seconds
 * alone, where they had come to it and not yet to the others.
 *
 * @returns Undefined where it means nothing.
 */
export function awayNote(target: RestoreTarget, away: ReadonlySet<string>): string | undefined {
  if (target.kind !== 'latest' || away.size === 0) return undefined
  const names = [...away].sort().join(', ')
  return (
    `${names} did not answer: changes of the last seconds that only it holds are not restored; ` +
    'when it is back, restore again to have them'
  )
}

/** A record's end is told aligned to 8 bytes, but ends where its bytes end. */
function alignedDown(lsn: Lsn): Lsn {
  return lsn - 7n
}

/** What was searched in the log is not in it. */
export function notKept(target: RestoreTarget): UsageError {
  const message =
    target.kind === 'name'
      ? `no restore point '${target.name}' is kept; a moment is written 2026-11-23T14:05:00Z`
      : target.kind === 'xid'
        ? `transaction ${target.xid} ends nowhere in the log that is kept after a backup`
        : 'no such moment is kept'
  return new UsageError('RESTORE_TARGET_BEYOND', message)
}
