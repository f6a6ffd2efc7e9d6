/**
 * The gateway's way to the audit trail: what must be recorded first, and what may follow at once.
 *
 * What precedes a statement is appended before anything moves. What is known after it (rows,
 * SQLSTATE) gates nothing: it waits for the end of this turn of the event loop, so that the
 * sessions of a busy turn share one append. The order of events is always the order they were
 * given in.
 *
 * @module
 */
import type { AuditEvent, AuditTrail } from '#audit/trail.ts'
import { batchesOf } from './batches.ts'

/** Events kept for the end of the turn; with more the append is made at once. */
const WAITING_MAX = 1_000

export class Journal {
  readonly #trail: AuditTrail
  readonly #broken: (error: unknown) => void
  #waiting: AuditEvent[] = []
  #scheduled = false

  /** @param broken Told of every failure, after whoever caused the append has heard of it. */
  constructor(trail: AuditTrail, broken: (error: unknown) => void) {
    this.#trail = trail
    this.#broken = broken
  }

  /** As AuditTrail.append, for any number of events. @throws {FaultError} AUDIT_WRITE_FAILED. */
  append(events: readonly AuditEvent[]): Promise<void> | undefined {
    if (events.length === 0) return undefined
    const all = this.#waiting.length === 0 ? events : [...this.#waiting, ...events]
    this.#waiting = []
    try {
      let appended: Promise<void> | undefined
      for (const batch of batchesOf(all)) {
        const kept = this.#trail.append(batch)
        kept?.catch(this.#broken)
        appended = appended && kept ? appended.then(() => kept) : (kept ?? appended)
      }
      return appended
    } catch (error) {
      queueMicrotask(() => this.#broken(error))
      throw error
    }
  }

  /** Appends events at the end of this turn at the latest. A failure is told to `broken` alone. */
  later(events: readonly AuditEvent[]): void {
    if (events.length === 0) return
    this.#waiting.push(...events)
    if (this.#waiting.length >= WAITING_MAX) return this.flush()
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.flush()
    })
  }

  /** Appends what waits. */
  flush(): void {
    const events = this.#waiting
    this.#waiting = []
    try {
      void this.append(events)
    } catch {
      // Told to `broken`, which ends everything.
    }
  }
}
