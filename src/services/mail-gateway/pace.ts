/**
 * How fast one receiving domain is written to: from one connection upwards while it takes mail, and
 * not at all for a while when its servers do not. Pure.
 *
 * Ten thousand mails for a domain that is away are one attempt every few minutes, not ten thousand.
 *
 * @module
 */

const FIRST_PAUSE_MS = 30_000
const LAST_PAUSE_MS = 60 * 60_000
const BEGIN = 2

type State = {
  room: number
  readonly failures: number
  readonly closedUntilMs: number
}

export class Pace {
  readonly #max: number
  readonly #domains = new Map<string, State>()

  /** @param max Deliveries at once to one domain. */
  constructor(max: number) {
    this.#max = max
  }

  /** How many deliveries may be under way now. */
  room(domain: string, nowMs: number): number {
    const state = this.#domains.get(domain)
    if (!state) return Math.min(BEGIN, this.#max)
    if (nowMs < state.closedUntilMs) return 0
    // After a pause, one goes to see.
    return state.failures > 0 ? 1 : state.room
  }

  /** Domains that get nothing now. */
  closed(nowMs: number): readonly string[] {
    return [...this.#domains].filter(([, one]) => nowMs < one.closedUntilMs).map(([name]) => name)
  }

  /** The domain answered about a mail, well or badly. */
  answered(domain: string): void {
    const room = this.#domains.get(domain)?.room ?? Math.min(BEGIN, this.#max)
    const open = { room: Math.min(this.#max, room + 1), failures: 0, closedUntilMs: 0 }
    this.#domains.set(domain, open)
  }

  /** No server of the domain took a connection, or it was ended. */
  away(domain: string, nowMs: number): void {
    const state = this.#domains.get(domain)
    // Several deliveries may find the same: they count as one.
    if (state && nowMs < state.closedUntilMs) return
    const failures = (state?.failures ?? 0) + 1
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
    this.#domains.set(domain, { room: 1, failures, closedUntilMs: nowMs + pauseMs })
  }

  /** Forgets domains that are as a new one would be. */
  forget(nowMs: number): void {
    for (const [domain, { failures, closedUntilMs }] of this.#domains) {
      if (failures === 0 || nowMs > closedUntilMs + LAST_PAUSE_MS) this.#domains.delete(domain)
    }
  }
}
