/**
 * What the backup service says of itself: for people, for the probes of the trust page.
 *
 * JSON: positions as PostgreSQL writes them, times in Unix milliseconds, null for what is unknown.
 *
 * @module
 */

export type BackupStatus = {
  /** When this was true. */
  readonly nowMs: number
  readonly full: {
    readonly everyMs: number
    readonly newest: NewestBackup | null
    readonly nextMs: number
    readonly overdue: boolean
    /** Of either kind. */
    readonly running: RunningBackup | null
    readonly lastFailure: { readonly atMs: number; readonly code: string } | null
  }
  readonly differential: {
    readonly everyMs: number
    readonly newest: NewestBackup | null
    /** Null while there is no full backup to build on. */
    readonly nextMs: number | null
    /** No backup of either kind for one and a half intervals. */
    readonly overdue: boolean
    /** Why the last one was taken as a full backup instead; null when it was not. */
    readonly fullInstead: string | null
  }
  readonly log: {
    readonly phase: 'connecting' | 'streaming'
    readonly timeline: number | null
    readonly receivedLsn: string | null
    readonly serverEndLsn: string | null
    /** Why it does not stream, in words for the operator. */
    readonly fault: string | null
  }
  /** What a backup may read of the server, megabytes (2^20) a second; null: no limit. */
  readonly maxRateMib: number | null
  /** Null while commits wait for nobody, and are not meant to. */
  readonly synchronous: SynchronousStatus | null
  readonly regions: readonly RegionStatus[]
}

export type SynchronousStatus = {
  /**
   * `on`: commits wait for the regions. `waiting`: and hang just now. `off`: they do not wait yet.
   * `left`: given up. `hindered`: see the reason. `unknown`: the server has not been asked yet.
   */
  readonly state: 'unknown' | 'off' | 'on' | 'waiting' | 'left' | 'hindered'
  /** How many regions hold a commit before it is acknowledged. */
  readonly regions: number
  /** What is told to PostgreSQL as safe. */
  readonly safeLsn: string | null
  /** How long the oldest change waits that is not safe; null while nobody knows. */
  readonly waitedMs: number | null
  readonly reason: string | null
}

export type NewestBackup = {
  readonly id: string
  readonly kind: 'full' | 'differential'
  readonly startedMs: number
  readonly finishedMs: number
  readonly plainBytes: number
  readonly storedBytes: number
  /** Pages whose checksum the server found wrong. */
  readonly damagedPageCount: number
}

export type RunningBackup = {
  readonly kind: 'full' | 'differential'
  readonly startedMs: number
  readonly doneBytes: number
  readonly totalBytes: number
}

export type RegionStatus = {
  readonly name: string
  readonly required: boolean
  readonly timeline: number | null
  /** One past the last WAL byte it holds without a hole. */
  readonly durableLsn: string | null
  readonly lagBytes: number
  /** What may go to and from it, megabytes (2^20) a second; null: no limit. */
  readonly maxRateMib: number | null
  /** Every change up to this moment is in this region; null while nobody knows. */
  readonly completeUntilMs: number | null
  /** `nowMs - completeUntilMs`. */
  readonly lagMs: number | null
  readonly fault: string | null
}
