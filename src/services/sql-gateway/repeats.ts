/**
 * Keeps strangers from filling the audit trail: of the same event from the same address the first
 * is recorded at once, the others of the next seconds are counted and recorded together.
 *
 * Only for what happens before a login; nothing a session does is ever summed up.
 *
 * @module
 */
import type { AuditDetail, AuditEvent } from '#audit/trail.ts'

const WINDOW_MS = 10_000
/** Addresses told apart at once; an army beyond it shares one line. */
const KEYS_MAX = 5_000
const OTHERS = 'others'

type Window = { readonly event: AuditEvent; readonly endsMs: number; repeats: number }

export class Repeats {
  readonly #windows = new Map<string, Window>()

  /** @returns The event to record now, or undefined when it was only counted. */
  notice(
    code: string,
    address: string,
    detail: AuditDetail,
    nowMs: number,
  ): AuditEvent | undefined {
    const reason = String(detail['reason'] ?? '')
    const known = this.#windows.size < KEYS_MAX
    const key = `${code} ${reason} ${known ? address : OTHERS}`
    const exact = this.#windows.get(`${code} ${reason} ${address}`) ?? this.#windows.get(key)
    if (exact) {
      exact.repeats++
      return undefined
    }
    const event = { code, detail: { ...detail, address, repeats: 0 } }
    const shared = known ? event : { code, detail: { reason, address: OTHERS, repeats: 0 } }
    this.#windows.set(key, { event: shared, endsMs: nowMs + WINDOW_MS, repeats: 0 })
    return event
  }

  /** Takes out the sums whose time has come; all of them when `nowMs` is Infinity. */
  due(nowMs: number): AuditEvent[] {
    const events: AuditEvent[] = []
    for (const [key, { event, endsMs, repeats }] of this.#windows) {
      if (endsMs > nowMs) break // in the order of their beginning, so of their end
      this.#windows.delete(key)
      if (repeats > 0) events.push({ code: event.code, detail: { ...event.detail, repeats } })
    }
    return events
  }
}
