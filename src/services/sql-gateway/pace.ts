/**
 * How fast a role may speak from one address: what comes faster waits, nothing is lost. No I/O.
 *
 * @module
 */
import type { AuditEvent } from '#audit/trail.ts'
import type { ConnectRule } from './config.ts'
import type { Peer } from './events.ts'

const MINUTE_MS = 60_000
/** Of a session that is too fast all the time, one record for so long. */
const TELL_EVERY_MS = 10_000

/** One account of statements, shared by the sessions of a role from an address. */
export class Pace {
  readonly #everyMs: number
  /** When what was said would have been said at an even pace. */
  #evenMs = -Infinity

  constructor(statementsPerMinute: number) {
    this.#everyMs = MINUTE_MS / statementsPerMinute
  }

  /**
   * Bursts up to one minute's worth are free.
   *
   * @param nowMs Monotonic milliseconds.
   * @returns How long nothing more shall be read, milliseconds: at most a minute.
   */
  said(statements: number, nowMs: number): number {
    const even = Math.max(this.#evenMs, nowMs - MINUTE_MS) + statements * this.#everyMs
    this.#evenMs = Math.min(even, nowMs + MINUTE_MS)
    return Math.max(0, this.#evenMs - nowMs)
  }
}

export type PaceRule = { readonly pace: Pace; readonly mode: ConnectRule['mode'] }

/** The paces one session must keep. */
export class Pacer {
  readonly #peer: Peer
  readonly #rules: readonly PaceRule[]
  #toldMs = -Infinity

  constructor(peer: Peer, rules: readonly PaceRule[]) {
    this.#peer = peer
    this.#rules = rules
  }

  /** @returns How long the client is not read, and what the record says of it. */
  said(statements: number, nowMs: number): { waitMs: number; events: readonly AuditEvent[] } {
    let waitMs = 0
    let tooFast: PaceRule['mode'] | undefined
    for (const { pace, mode } of this.#rules) {
      const restMs = pace.said(statements, nowMs)
      if (restMs === 0) continue
      tooFast = mode === 'enforce' ? mode : (tooFast ?? mode)
      if (mode === 'enforce') waitMs = Math.max(waitMs, restMs)
    }
    if (!tooFast || nowMs - this.#toldMs < TELL_EVERY_MS) return { waitMs, events: [] }
    this.#toldMs = nowMs
    const detail = { ...this.#peer, mode: tooFast, waitMs: Math.round(waitMs) }
    return { waitMs, events: [{ code: 'DB_PACE_EXCEEDED', detail }] }
  }
}
