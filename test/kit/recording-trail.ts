/** An audit trail in memory, for tests: what was appended can be read, and it can be made to fail. */
import { FaultError } from '#lib/errors.ts'
import type { AuditDetail, AuditEvent, AuditTrail } from '#audit/trail.ts'
import { eventually } from './eventually.ts'

export class RecordingTrail implements AuditTrail {
  readonly events: AuditEvent[] = []
  /** Once set, every append fails, as on a broken disk. */
  broken = false
  /** Set to make every append wait so long, as in mode `durable`. */
  delayMs: number | undefined

  append(events: readonly AuditEvent[]): Promise<void> | undefined {
    const failure = new FaultError('AUDIT_WRITE_FAILED', 'the disk is gone')
    if (this.broken && this.delayMs === undefined) throw failure
    if (this.delayMs === undefined) return void this.events.push(...events)
    return new Promise((resolve, reject) => {
      setTimeout(() => {
        if (this.broken) return reject(failure)
        this.events.push(...events)
        resolve()
      }, this.delayMs)
    })
  }

  flush(): Promise<void> {
    return Promise.resolve()
  }

  /** Details of the events with this code, in order. */
  of(code: string): AuditDetail[] {
    return this.events.filter((event) => event.code === code).map((event) => event.detail)
  }

  clear(): void {
    this.events.length = 0
  }

  /** Clears once every session opened since the last time has said its last: none will intrude. */
  async clearSettled(): Promise<void> {
    await eventually('the end of all sessions', () => {
      const open = this.of('DB_SESSION_OPENED').length - this.of('DB_SESSION_CLOSED').length
      return open === 0 || undefined
    })
    this.clear()
  }
}
