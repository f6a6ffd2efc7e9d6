/**
 * The failures of one class of attempts on one account, and how long it must wait for them.
 *
 * An attempt counts from the moment it is admitted, not from its outcome: a hundred attempts sent
 * at once are a hundred attempts.
 *
 * @module
 */
import type { SlowdownPolicy } from './policy.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/** Failures, and attempts whose outcome is not known yet. At most `perDayMax` times are kept. */
export class Slowdown {
  /** When each was admitted, oldest first. */
  #admittedMs: number[] = []
  /** How many in a row, ending now. */
  #streak = 0

  /** What an attacker must have spent for this record to be worth keeping. */
  get weight(): number {
    return this.#admittedMs.length
  }

  /** Failures in a row so far, attempts under way included. */
  get streak(): number {
    return this.#streak
  }

  get state(): { readonly admittedMs: readonly number[]; readonly streak: number } {
    return { admittedMs: this.#admittedMs, streak: this.#streak }
  }

  restore({ admittedMs, streak }: Slowdown['state']): void {
    this.#admittedMs = [...admittedMs]
    this.#streak = streak
  }

  /** @returns Milliseconds until another attempt may be evaluated; 0 when it may be now. */
  waitMs(policy: SlowdownPolicy, nowMs: number): number {
    this.#forget(nowMs)
    const last = this.#admittedMs.at(-1)
    if (last === undefined) return 0
    const paused = last + pauseMs(policy, this.#streak) - nowMs
    const full = this.#admittedMs.length >= policy.perDayMax
    const untilOldestGoes = full ? (this.#admittedMs[0] ?? nowMs) + DAY_MS - nowMs : 0
    return Math.max(0, paused, untilOldestGoes)
  }

  admit(nowMs: number): void {
    this.#admittedMs.push(nowMs)
    this.#streak++
  }

  /** The attempt admitted at this time was right, or never reached an evaluation. */
  takeBack(admittedMs: number, right: boolean): void {
    const at = this.#admittedMs.lastIndexOf(admittedMs)
    if (at >= 0) this.#admittedMs.splice(at, 1)
    this.#streak = right ? 0 : Math.max(0, this.#streak - 1)
  }

  isForgotten(nowMs: number): boolean {
    this.#forget(nowMs)
    return this.#admittedMs.length === 0
  }

  #forget(nowMs: number): void {
    const kept = this.#admittedMs.findIndex((ms) => ms > nowMs - DAY_MS)
    if (kept === 0) return
    this.#admittedMs = kept < 0 ? [] : this.#admittedMs.slice(kept)
    if (this.#admittedMs.length === 0) this.#streak = 0
  }
}

/** The pause after this many failures in a row. */
export function pauseMs(policy: SlowdownPolicy, streak: number): number {
  const beyond = streak - policy.freeFailures
  if (beyond < 0 || streak === 0) return 0
  return Math.min(policy.waitMaxMs, policy.firstWaitMs * 2 ** Math.min(beyond, 40))
}
