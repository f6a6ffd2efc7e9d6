/**
 * What the access process needs from others.
 *
 * @module
 */
import type { AuditTrail } from '#audit/trail.ts'
import type { Clock } from '#system/clock.ts'
import type { PoolOptions } from '#system/postgres/pool.ts'

/** The application's credential, as its rotation sees it. */
export type ApplicationCredential = {
  /** Both roles, of which one is in use. */
  readonly roles: readonly [string, string]
  /** The one in use now. */
  readonly active: () => Promise<string>
  /** Keeps the password of a role where the next start of the ring finds it. */
  readonly keep: (role: string, password: string) => Promise<void>
  /** Tells the running application: from now on, this role. Returns when it is written. */
  readonly announce: (role: string, password: string) => Promise<void>
}

export type AccessPorts = {
  /** As the one role that may make roles. */
  readonly database: PoolOptions
  readonly clock: Clock
  readonly trail: AuditTrail
  readonly random: (size: number) => Uint8Array
  /** Brings rights and masks up to what the tables are now; undefined where there is no policy. */
  readonly mask?: ((database: string) => Promise<void>) | undefined
  /**
   * Names of the settings by which the application's row security knows whose rows are meant, such
   * as 'app.tenant': without them somebody sees empty tables. Empty when there are none.
   */
  readonly rowSettings?: ((database: string) => Promise<readonly string[]>) | undefined
  readonly application: ApplicationCredential | undefined
  /** Unix socket for our own account. */
  readonly socket: string
}
