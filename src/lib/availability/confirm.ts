/**
 * Hysteresis, in both directions: a state is told only once several checks in a row say it.
 *
 * @module
 */
import type { Check, Seen } from './time.ts'

export type Thresholds = {
  /** Checks in a row before a thing is said to be down. */
  readonly down: number
  /** Checks in a row before it is said to be up again. */
  readonly up: number
  /** Checks in a row that saw nothing before the state is said to be unknown. */
  readonly unknown: number
}

export type Confirmed = {
  readonly state: Seen
  /** The first check of the row that confirmed it. */
  readonly sinceMs: number
  /** What differs and is not confirmed yet. */
  readonly pending?: { readonly seen: Seen; readonly count: number; readonly firstMs: number }
}

/** Before the first check. */
export function unseen(atMs: number): Confirmed {
  return { state: 'unknown', sinceMs: atMs }
}

/** The state after one more check. */
export function confirm(before: Confirmed, check: Check, thresholds: Thresholds): Confirmed {
  const { state, sinceMs, pending } = before
  if (check.seen === state) return { state, sinceMs }
  const same = pending?.seen === check.seen ? pending : undefined
  const count = (same?.count ?? 0) + 1
  const firstMs = same?.firstMs ?? check.atMs
  if (count >= thresholds[check.seen]) return { state: check.seen, sinceMs: firstMs }
  return { state, sinceMs, pending: { seen: check.seen, count, firstMs } }
}
