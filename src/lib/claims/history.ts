/**
 * What the states of the claims were, day by day (UTC), for a year. Pure: times are arguments.
 *
 * It is what the page itself showed, second by second, also when a measurement was out of date;
 * time that nobody watched is in no state.
 *
 * @module
 */
import { DAY_MS } from './claim.ts'
import { claimStates, type ClaimState, type ClaimStatus } from './state.ts'

/** Days that are kept: twelve months, the longest of them, and today. */
export const HISTORY_DAYS = 367

/** Milliseconds in each state; what is missing was nothing. */
export type Shares = Partial<Record<ClaimState, number>>

/** Shares of each day since the epoch, by claim. */
export type History = Map<string, Map<number, Shares>>

/**
 * Counts the time from one moment to a later one as spent in these states.
 *
 * @param history Changed: the new time is added, days older than a year are dropped.
 */
export function addTime(
  history: History,
  statuses: readonly ClaimStatus[],
  fromMs: number,
  toMs: number,
): void {
  for (let startMs = fromMs; startMs < toMs;) {
    const day = Math.floor(startMs / DAY_MS)
    const endMs = Math.min(toMs, (day + 1) * DAY_MS)
    for (const { claim, state } of statuses) {
      const days = history.get(claim.id) ?? new Map<number, Shares>()
      const shares = days.get(day) ?? {}
      shares[state] = (shares[state] ?? 0) + (endMs - startMs)
      history.set(claim.id, days.set(day, shares))
    }
    startMs = endMs
  }
  const oldest = Math.floor(toMs / DAY_MS) - HISTORY_DAYS + 1
  for (const days of history.values()) {
    for (const day of days.keys()) if (day < oldest) days.delete(day)
  }
}

/** How a day looks: failing if it ever was, otherwise what it was for the longest time. */
export type DayState = ClaimState | 'unwatched'

export type HistoryDay = {
  /** Milliseconds since the epoch at which it began. */
  readonly startMs: number
  readonly state: DayState
  readonly shares: Shares
}

export type ClaimHistory = {
  /** Oldest first, from the first day that was watched to today. */
  readonly days: readonly HistoryDay[]
  readonly watchedMs: number
  readonly provenMs: number
}

/** One claim's year as a page shows it. */
export function historyOf(history: History, claim: string, nowMs: number): ClaimHistory {
  const known = history.get(claim) ?? new Map<number, Shares>()
  const today = Math.floor(nowMs / DAY_MS)
  const first = Math.min(today, ...known.keys())
  const days = Array.from({ length: today - first + 1 }, (_, at): HistoryDay => {
    const shares = known.get(first + at) ?? {}
    return { startMs: (first + at) * DAY_MS, state: dayState(shares), shares }
  })
  const sum = (pick: (shares: Shares) => number): number =>
    days.reduce((total, { shares }) => total + pick(shares), 0)
  return {
    days,
    watchedMs: sum((shares) => claimStates.reduce((all, state) => all + (shares[state] ?? 0), 0)),
    provenMs: sum(({ proven = 0 }) => proven),
  }
}

function dayState(shares: Shares): DayState {
  if ((shares.failing ?? 0) > 0) return 'failing'
  let longest: DayState = 'unwatched'
  let longestMs = 0
  for (const state of claimStates) {
    const ms = shares[state] ?? 0
    if (ms > longestMs) [longest, longestMs] = [state, ms]
  }
  return longest
}

type Kept = { readonly version: 1; readonly claims: Readonly<Record<string, KeptDays>> }
type KeptDays = Readonly<Record<string, Shares>>

/** The history as it is kept in a file. */
export function toKept(history: History): Kept {
  const claims = [...history].map(([id, days]) => [id, Object.fromEntries(days)] as const)
  return { version: 1, claims: Object.fromEntries(claims) }
}

/** What a kept history says; nothing where it is not one: it then begins anew. */
export function fromKept(kept: unknown): History {
  const { version, claims } = (kept ?? {}) as Partial<Kept>
  const history: History = new Map()
  if (version !== 1 || typeof claims !== 'object') return history
  for (const [id, days] of Object.entries(claims)) {
    const read = Object.entries(days).flatMap(([day, shares]) =>
      Number.isInteger(Number(day)) ? [[Number(day), readShares(shares)] as const] : [],
    )
    history.set(id, new Map(read))
  }
  return history
}

function readShares(shares: Shares): Shares {
  const known = claimStates.flatMap((state) => {
    const ms = shares[state]
    return Number.isFinite(ms) && Number(ms) >= 0 ? [[state, ms] as const] : []
  })
  return Object.fromEntries(known)
}
