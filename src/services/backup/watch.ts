/**
 * Turns the status into events: once when something becomes wrong, once when it is right again.
 * Pure.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import type { BackupStatus } from './status.ts'

export class Watch {
  readonly #lagAlertMs: number
  /** Until when a region that was never complete is only starting. */
  readonly #startedMs: number
  readonly #lagging = new Set<string>()
  readonly #overdue = new Set<string>()

  constructor(lagAlertMs: number, startedMs: number) {
    this.#lagAlertMs = lagAlertMs
    this.#startedMs = startedMs
  }

  /** What changed since the last look. */
  look(status: BackupStatus): readonly AuditEvent[] {
    return [...this.#lookAtRegions(status), ...this.#lookAtSchedule(status)]
  }

  *#lookAtRegions(status: BackupStatus): Generator<AuditEvent> {
    for (const region of status.regions) {
      const lagMs = region.lagMs ?? status.nowMs - this.#startedMs
      const lags = lagMs > this.#lagAlertMs
      if (lags === this.#lagging.has(region.name)) continue
      if (lags) this.#lagging.add(region.name)
      else this.#lagging.delete(region.name)
      const reason = region.fault ?? status.log.fault
      yield {
        code: lags ? 'REGION_LAGGING' : 'REGION_CURRENT',
        detail: { region: region.name, lagMs: Math.round(lagMs), reason: lags ? reason : null },
      }
    }
  }

  *#lookAtSchedule(status: BackupStatus): Generator<AuditEvent> {
    for (const kind of ['full', 'differential'] as const) {
      const { overdue, newest, everyMs } = status[kind]
      const since = newest ?? status.full.newest
      // A first backup takes its time: nothing is late before an interval has passed.
      const late = overdue && status.nowMs - (since?.startedMs ?? this.#startedMs) > everyMs
      if (late === this.#overdue.has(kind)) continue
      if (late) this.#overdue.add(kind)
      else this.#overdue.delete(kind)
      if (late) yield { code: 'BACKUP_OVERDUE', detail: { kind, newest: newest?.id ?? null } }
    }
  }
}
