/**
 * The append-only book of evidence: the only way a service tells the others what happened.
 *
 * Each process writes its own book. `audit/` holds the real one; services depend on this type only.
 *
 * @module
 */

/** What an event may carry: JSON, flat, small. No secret and no card number, ever. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>

/** One thing that happened. Codes are listed in docs/events.md. */
export type AuditEvent = {
  readonly code: string
  readonly detail: AuditDetail
  /** The canonical JSON of this event, from whoever has it: must be what record.ts makes. */
  readonly json?: string
}

export interface AuditTrail {
  /**
   * Appends events, in this order, all or none.
   *
   * Returns `undefined` when the promise of the configured mode already holds (`written`: the
   * operating system has them; `relaxed`), so that a hot path need not wait for a turn of the
   * event loop. Otherwise (`durable`) a promise that resolves once they are on disk.
   *
   * @throws {FaultError} AUDIT_WRITE_FAILED, thrown or as rejection. The caller then stops; it
   *   never goes on and hopes. After a failure every later append fails too.
   */
  append(events: readonly AuditEvent[]): Promise<void> | undefined
  /** Resolves once all appended so far is on disk. @throws {FaultError} AUDIT_WRITE_FAILED. */
  flush(): Promise<void>
}
