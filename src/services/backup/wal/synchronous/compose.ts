/**
 * Puts synchronous mode together from the service's parts, and says how it is.
 *
 * @module
 */
import { formatLsn } from '#protocol/postgres/replication/lsn.ts'
import type { AuditEvent } from '#audit/trail.ts'
import type { BackupConfig } from '../../config.ts'
import type { BackupPorts } from '../../ports.ts'
import { ReplicationConnection } from '../../replication/connection.ts'
import type { SynchronousStatus } from '../../status.ts'
import { ModeKeeper } from './keeper.ts'

type Parts = Pick<BackupPorts, 'clock' | 'login' | 'mode' | 'repository'>

export function composeMode(
  config: BackupConfig,
  { clock, login, mode, repository }: Parts,
  tell: (event: AuditEvent) => Promise<void>,
): ModeKeeper {
  const { applicationName, synchronous } = config
  const seconds = synchronous?.leaveAfterSeconds
  const required = config.regions.filter((region) => region.required).length
  const database = synchronous?.database ?? 'postgres'
  return new ModeKeeper({
    wanted: synchronous && {
      regions: Math.max(required, synchronous.regions ?? 0),
      leaveAfterMs: seconds === undefined ? undefined : seconds * 1000,
    },
    applicationName,
    connect: (signal) =>
      ReplicationConnection.open({ ...login, database }, `${applicationName}_mode`, signal),
    memory: mode,
    clock,
    tell,
    waitedMs: () => repository.wal.unsafeMs(),
    need: (regions) => repository.wal.need(regions),
  })
}

/** Null while nobody waits, nor shall. */
export function modeStatus(
  config: BackupConfig,
  { repository }: Pick<BackupPorts, 'repository'>,
  keeper: ModeKeeper,
): SynchronousStatus | null {
  if (!config.synchronous && !keeper.on) return null
  const safe = repository.wal.durablePosition()
  const { state, regions, reason } = keeper.state
  return {
    state,
    regions,
    safeLsn: safe ? formatLsn(safe.lsn) : null,
    waitedMs: repository.wal.unsafeMs() ?? null,
    reason: reason ?? null,
  }
}
