/**
 * How much of the outage that an objective allows is used up, and how fast. Pure.
 *
 * Source: The Site Reliability Workbook, table 5-8: a burn is told when it holds over a long
 * window, so that it matters, and over a short one, so that it still goes on.
 *
 * @module
 */
import { type Spent } from './time.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export type Objective = {
  /** Part of the time in percent: 99.9. */
  readonly percent: number
  /** Days over which it is reckoned. */
  readonly days: number
}

export type Budget = {
  /** Time down that the objective allows in its days. */
  readonly allowedMs: number
  readonly usedMs: number
  /** Below zero when the objective is missed. */
  readonly leftMs: number
}

export type BurnRule = {
  readonly name: 'fast' | 'steady' | 'slow'
  /** Times the pace at which the budget lasts exactly its days. */
  readonly pace: number
  readonly longMs: number
  readonly shortMs: number
}

/** The gravest first: of thirty days' budget 2 % in an hour, 5 % in six, 10 % in three days. */
export const burnRules: readonly BurnRule[] = [
  { name: 'fast', pace: 14.4, longMs: HOUR_MS, shortMs: 5 * MINUTE_MS },
  { name: 'steady', pace: 6, longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS },
  { name: 'slow', pace: 1, longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS },
]

/** Every window that a rule needs, once, the shortest first. */
export const burnWindowsMs: readonly number[] = [
  ...new Set(burnRules.flatMap(({ longMs, shortMs }) => [longMs, shortMs])),
].toSorted((a, b) => a - b)

export function budgetOf({ percent, days }: Objective, { downMs }: Pick<Spent, 'downMs'>): Budget {
  const allowedMs = days * DAY_MS * (1 - percent / 100)
  return { allowedMs, usedMs: downMs, leftMs: allowedMs - downMs }
}

/** The gravest rule that holds now; undefined when none does. @param spentIn Time of a window. */
export function burnOf(
  { percent }: Objective,
  spentIn: (windowMs: number) => Spent,
): { readonly rule: BurnRule; readonly pace: number } | undefined {
  const allowed = 1 - percent / 100
  // Of the whole window, known or not: what was down for a minute is not down for the hour, though
  // nobody looked at the rest of it.
  const paceIn = (windowMs: number): number => spentIn(windowMs).downMs / windowMs / allowed
  for (const rule of burnRules) {
    const pace = paceIn(rule.longMs)
    if (pace >= rule.pace && paceIn(rule.shortMs) >= rule.pace) return { rule, pace }
  }
  return undefined
}
