/**
 * What the backup service needs from others; `cli` supplies it.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { Login } from './replication/connection.ts'
import type { Repository } from './repository/repository.ts'

export type BackupPorts = {
  readonly login: Login
  /** Opened; the service closes it. */
  readonly repository: Repository
  readonly trail: AuditTrail
  readonly clock: Clock
  /** Path of the Unix socket on which the service answers. */
  readonly controlSocket: string
}
