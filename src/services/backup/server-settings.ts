/**
 * What the protected PostgreSQL must be set to, so that a backup can follow it.
 *
 * @module
 */

/** PostgreSQL summarises its WAL, which incremental backups need, from this major version on. */
const SUMMARIES_SINCE_MAJOR = 17

/**
 * Settings of a server of this major version, for `postgresql.conf` or `-c name=value`. All but
 * the first three take effect on reload.
 */
export function serverSettingsFor(major: number): Readonly<Record<string, string>> {
  return {
    wal_level: 'replica',
    // One sender streams the log, one sends a backup; the rest is for standbys and restarts.
    max_wal_senders: '10',
    max_replication_slots: '10',
    // With every region gone the log waits on the server's disk, up to here and not further: we
    // would rather lose the backup's continuity, and say so, than stop the application.
    max_slot_wal_keep_size: '4GB',
    // Enough to bridge a moment in which the slot was dropped by mistake.
    wal_keep_size: '256MB',
    // PostgreSQL's defaults, stated because a backup is worth nothing without them.
    full_page_writes: 'on',
    fsync: 'on',
    ...(major >= SUMMARIES_SINCE_MAJOR ? { summarize_wal: 'on' } : {}),
  }
}

/** For the embedded server. */
export const requiredServerSettings: Readonly<Record<string, string>> = serverSettingsFor(18)
