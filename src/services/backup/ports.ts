/**
 * What the backup service needs from others; `cli` supplies it.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { TailMemory } from './wal/recogniser.ts'
import type { ModeMemory } from './wal/synchronous/keeper.ts'
import type { SummaryMemory } from './summary/keeper.ts'
import type { Login } from './replication/connection.ts'
import type { Repository } from './repository/repository.ts'

/**
 * The server's manifests of backups that others may build on, outside the repository: we write
 * there and cannot read, and the server wants them back. They name files and no contents. Who loses
 * them takes a full backup.
 */
export type ManifestMemory = {
  /** @param digest SHA-256 of the manifest, hex. */
  load(digest: string): Promise<Uint8Array | undefined>
  /** @param needed Digests of others that must stay. */
  save(digest: string, serverManifest: Uint8Array, needed: ReadonlySet<string>): Promise<void>
}

export type BackupPorts = {
  readonly login: Login
  /** Opened; the service closes it. */
  readonly repository: Repository
  readonly trail: AuditTrail
  readonly clock: Clock
  readonly manifest: ManifestMemory
  /** By what the server is known again. */
  readonly tail: TailMemory
  /** What changed since the last full backup, where the server does not know it. */
  readonly summary: SummaryMemory
  /** Whether synchronous mode was given up. */
  readonly mode: ModeMemory
  /** Path of the Unix socket on which the service answers. */
  readonly controlSocket: string
}
