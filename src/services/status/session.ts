/**
 * What is known now of every component: confirmed state, recent answers, and time not yet stored.
 *
 * Pure but for its memory: it is told of checks, and asked. Everything in it is bounded.
 *
 * @module
 */
import type { Span } from '#lib/availability/joint.ts'
import { confirm, unseen, type Confirmed, type Thresholds } from '#lib/availability/confirm.ts'
import {
  addSpent,
  nothing,
  slices,
  spentIn,
  stateBetween,
  type Check,
  type Seen,
  type Spent,
} from '#lib/availability/time.ts'
import { keepNewest } from '#lib/keep-newest.ts'
import type { Looked } from './monitors/look.ts'

const MINUTE_MS = 60_000
/** One minute of one component, as it is stored. */
export type Minute = Spent & {
  readonly component: string
  readonly startMs: number
  readonly checks: number
  readonly failed: number
  /** Of the answers that came, in milliseconds. */
  readonly tookSumMs: number
  readonly tookMaxMs: number
}

/** What a check showed, with the state before and after it. */
export type Turn = { readonly before: Confirmed; readonly after: Confirmed }

export type ComponentNow = {
  readonly confirmed: Confirmed
  readonly last?: Check & Pick<Looked, 'tookMs' | 'reason' | 'certificateEndsMs'>
}

/** Minutes kept while the control database cannot take them: six hours of ten components. */
const MINUTES_MAX = 3600

export class StatusSession {
  readonly #thresholds: Thresholds
  readonly #gapMaxMs: number
  readonly #now = new Map<string, ComponentNow>()
  readonly #minutes = new Map<string, Minute>()

  constructor(thresholds: Thresholds, gapMaxMs: number) {
    this.#thresholds = thresholds
    this.#gapMaxMs = gapMaxMs
  }

  /**
   * @param looked Undefined when we could not look: our own reference was out of reach.
   * @param alone Nobody else looks: the time since the check before is accounted for at once.
   */
  take(
    component: string,
    atMs: number,
    looked: Looked | undefined,
    history: boolean,
    alone = true,
  ): Turn {
    const known = this.#now.get(component)
    const seen: Seen = looked === undefined ? 'unknown' : looked.up ? 'up' : 'down'
    const check: Check = { atMs, seen }
    const before = known?.confirmed ?? unseen(atMs)
    const after = confirm(before, check, this.#thresholds)
    const { tookMs = 0, reason, certificateEndsMs } = looked ?? {}
    const noted = {
      tookMs,
      ...(reason === undefined ? {} : { reason }),
      ...(certificateEndsMs === undefined ? {} : { certificateEndsMs }),
    }
    this.#now.set(component, { confirmed: after, last: { ...check, ...noted } })
    if (history && alone) this.#account(component, known?.last, check)
    if (history) this.#count(component, check, looked)
    return { before, after }
  }

  /** What a component is now, as far as the last check is recent enough to say. */
  now(component: string, nowMs: number): ComponentNow {
    const known = this.#now.get(component)
    if (!known?.last) return { confirmed: unseen(nowMs) }
    if (nowMs - known.last.atMs <= this.#gapMaxMs) return known
    return { ...known, confirmed: unseen(known.last.atMs) }
  }

  /** Minutes that no check can change any more; they are the caller's to store, then to drop. */
  finished(nowMs: number): Minute[] {
    const openFrom = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS - this.#gapMaxMs
    return [...this.#minutes.values()].filter(({ startMs }) => startMs + MINUTE_MS <= openFrom)
  }

  /** All that is not stored yet. */
  pending(): readonly Minute[] {
    return [...this.#minutes.values()]
  }

  drop(minutes: readonly Minute[]): void {
    for (const { component, startMs } of minutes) this.#minutes.delete(`${component} ${startMs}`)
  }

  /** Time that several have settled. What is not accounted for is unknown by itself. */
  spend(component: string, { fromMs, untilMs, state }: Span): void {
    if (state === 'unknown') return
    for (const { startMs, ms } of slices(fromMs, untilMs, MINUTE_MS))
      this.#add(component, startMs, { ...none, ...spentIn(state, ms) })
  }

  #account(component: string, before: Check | undefined, check: Check): void {
    if (!before) return
    const state = stateBetween(before, check, this.#gapMaxMs)
    this.spend(component, { fromMs: before.atMs, untilMs: check.atMs, state })
  }

  #count(component: string, check: Check, looked: Looked | undefined): void {
    const startMs = Math.floor(check.atMs / MINUTE_MS) * MINUTE_MS
    const tookMs = looked?.up === true ? looked.tookMs : 0
    const failed = looked?.up === false ? 1 : 0
    const checks = looked === undefined ? 0 : 1
    this.#add(component, startMs, { ...none, checks, failed, tookSumMs: tookMs, tookMaxMs: tookMs })
  }

  #add(component: string, startMs: number, more: Omit<Minute, 'component' | 'startMs'>): void {
    const key = `${component} ${startMs}`
    const known = this.#minutes.get(key)
    const minute = {
      component,
      startMs,
      ...addSpent(known ?? nothing, more),
      checks: (known?.checks ?? 0) + more.checks,
      failed: (known?.failed ?? 0) + more.failed,
      tookSumMs: (known?.tookSumMs ?? 0) + more.tookSumMs,
      tookMaxMs: Math.max(known?.tookMaxMs ?? 0, more.tookMaxMs),
    }
    keepNewest(this.#minutes, key, minute, MINUTES_MAX)
  }
}

const none = { ...nothing, checks: 0, failed: 0, tookSumMs: 0, tookMaxMs: 0 }
