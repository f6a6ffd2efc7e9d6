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

/** How much too fast something was. */
export type Haste = {
  /** How long nothing more shall be read, milliseconds. */
  readonly waitMs: number
  /** Of the rules that were not kept, the graver; undefined when all were. */
  readonly mode: PaceRule['mode'] | undefined
}

/** Counts statements, and says how much too fast they came. */
export type Count = (statements: number, nowMs: number) => Haste

/** Counts by rules that are kept here. */
export function hasteOf(rules: readonly PaceRule[]): Count {
  return (statements, nowMs) => {
    let waitMs = 0
    let mode: PaceRule['mode'] | undefined
    for (const rule of rules) {
      const restMs = rule.pace.said(statements, nowMs)
      if (restMs === 0) continue
      mode = rule.mode === 'enforce' ? rule.mode : (mode ?? rule.mode)
      if (rule.mode === 'enforce') waitMs = Math.max(waitMs, restMs)
    }
    return { waitMs, mode }
  }
}

/** The paces one session must keep. */
export class Pacer {
  readonly #peer: Peer
  readonly #count: Count
  #toldMs = -Infinity

  constructor(peer: Peer, count: Count) {
    this.#peer = peer
    this.#count = count
  }

  /** @returns How long the client is not read, and what the record says of it. */
  said(statements: number, nowMs: number): { waitMs: number; events: readonly AuditEvent[] } {
    const { waitMs, mode } = this.#count(statements, nowMs)
    if (!mode || nowMs - this.#toldMs < TELL_EVERY_MS) return { waitMs, events: [] }
    this.#toldMs = nowMs
    const detail = { ...this.#peer, mode, waitMs: Math.round(waitMs) }
    return { waitMs, events: [{ code: 'DB_PACE_EXCEEDED', detail }] }
  }
}
