/**
 * What the backup service needs from others; `cli` supplies it.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { ModeMemory } from './wal/synchronous/keeper.ts'
import type { Login } from './replication/connection.ts'
import type { Repository } from './repository/repository.ts'

/**
 * The server's manifest of the newest full backup, outside the repository: we write there and
 * cannot read, and the server wants it back. It names files and no contents. Who loses it takes a
 * full backup.
 */
export type ManifestMemory = {
  load(): Promise<Uint8Array | undefined>
  save(serverManifest: Uint8Array): Promise<void>
}

export type BackupPorts = {
  readonly login: Login
  /** Opened; the service closes it. */
  readonly repository: Repository
  readonly trail: AuditTrail
  readonly clock: Clock
  readonly manifest: ManifestMemory
  /** Whether synchronous mode was given up. */
  readonly mode: ModeMemory
  /** Path of the Unix socket on which the service answers. */
  readonly controlSocket: string
}
