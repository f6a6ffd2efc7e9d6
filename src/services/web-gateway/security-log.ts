/**
 * Security events to the audit trail, so that neither an attacker nor a fault can flood it.
 *
 * The first event of a kind is written at once. The same kind within the next ten seconds is only
 * counted, and the count is written when they are over.
 *
 * @module
 */
import type { AuditDetail, AuditTrail } from '#audit/trail.ts'

/** How long a kind stays quiet after it was written. */
const QUIET_MS = 10_000
/** Kinds that are told apart at one time; beyond, those of one code are counted together. */
const KINDS_MAX = 10_000

type Kind = { readonly code: string; detail: AuditDetail; untilMs: number; suppressed: number }

export class SecurityLog {
  readonly #trail: Pick<AuditTrail, 'append'>
  readonly #nowMs: () => number
  readonly #onFailure: (error: Error) => void
  readonly #kinds = new Map<string, Kind>()

  /** @param onFailure Told when the trail fails; the gateway then stops: no record, no passage. */
  constructor(
    trail: Pick<AuditTrail, 'append'>,
    nowMs: () => number,
    onFailure: (error: Error) => void,
  ) {
    this.#trail = trail
    this.#nowMs = nowMs
    this.#onFailure = onFailure
  }

  /** @param reason What makes two events of one code the same kind. */
  record(code: string, reason: string, detail: AuditDetail): void {
    const key = this.#kinds.size < KINDS_MAX ? `${code} ${reason}` : code
    const nowMs = this.#nowMs()
    const kind = this.#kinds.get(key)
    if (kind && nowMs < kind.untilMs) {
      kind.suppressed++
      kind.detail = detail
      return
    }
    this.#kinds.set(key, { code, detail, untilMs: nowMs + QUIET_MS, suppressed: 0 })
    this.#append(code, detail, 1)
  }

  /** Writes the counts of kinds whose quiet time is over; called now and then, and at the end. */
  sweep(atEnd: boolean = false): void {
    const nowMs = this.#nowMs()
    for (const [key, kind] of this.#kinds) {
      if (nowMs < kind.untilMs && !atEnd) continue
      this.#kinds.delete(key)
      if (kind.suppressed > 0) this.#append(kind.code, kind.detail, kind.suppressed)
    }
  }

  #append(code: string, detail: AuditDetail, count: number): void {
    try {
      const durable = this.#trail.append([{ code, detail: { ...detail, count } }])
      durable?.catch((error: unknown) => this.#onFailure(error as Error))
    } catch (error) {
      this.#onFailure(error as Error)
    }
  }
}
