/**
 * May this member book this court then? Pure: the same question gives the same answer.
 *
 * Rules are the club's; a secretary may break them with a reason. That two bookings never overlap
 * is no rule but an invariant, kept by the database, and nobody may break it.
 *
 * Every refusal names its rule and, where time alone mends it, the moment from which it would pass.
 *
 * @module
 */
import { judgeGuests, type GuestRefusal, type Purse } from './guests.ts'
import type { Booking, Club, Court, Quota, Subscription } from './model.ts'
import { addDays, instantOf, mondayOf, STEP_MINUTES, STEP_MS } from './time.ts'
import { todayIn, wallClock, weekdayOf } from './time.ts'

/** What is asked for. */
export type Wish = {
  readonly court: Court
  readonly startMs: number
  readonly endMs: number
  readonly partnerCount: number
  /** Guests; none when not said. */
  readonly guests?: number | undefined
}

/** A booking the member already has; `responsible` when it counts for quotas. */
export type Standing = {
  readonly court: Court
  readonly startMs: number
  readonly endMs: number
  readonly responsible: boolean
  /** Somebody else of his family stands in it: it counts for the family's quotas alone. */
  readonly ofFamily?: boolean
}

export type Refusal =
  | { readonly rule: 'past' }
  | { readonly rule: 'hours' }
  | { readonly rule: 'length'; readonly minMinutes: number; readonly maxMinutes: number }
  | { readonly rule: 'ahead'; readonly subscription: Subscription; readonly passesAtMs: number }
  | { readonly rule: 'partner'; readonly partnersMin: number }
  | { readonly rule: 'twice'; readonly standing: Standing }
  | { readonly rule: 'quota'; readonly use: QuotaUse; readonly passesAtMs: number | undefined }
  | { readonly rule: 'suspended'; readonly misses: number; readonly passesAtMs: number }
  | GuestRefusal

const firm: ReadonlySet<Refusal['rule']> = new Set(['past', 'hours', 'twice', 'seats'])

/** Refusals that no reason lifts: they would make no sense on the grid. */
export function isFirm(refusal: Refusal): boolean {
  return firm.has(refusal.rule)
}

export type QuotaUse = {
  readonly quota: Quota
  /** Bookings that count already, without the wish. */
  readonly used: number
}

export type Rules = {
  readonly club: Club
  readonly subscription: Subscription
  readonly quotas: readonly Quota[]
}

/** What a member may still count on, beyond his bookings. */
export type Account = Purse & {
  /** Games nobody came for within thirty days, and the last of them. */
  readonly misses: number
  readonly lastMissMs: number
}

const clean: Account = { guestsUsed: 0, tickets: 0, misses: 0, lastMissMs: 0 }

/**
 * Judges a wish. An empty list means: book it.
 * @param standing All the member's bookings.
 * @param account Needed where guests come, or the club suspends.
 */
export function judge(
  wish: Wish,
  rules: Rules,
  standing: readonly Standing[],
  nowMs: number,
  account: Account = clean,
): Refusal[] {
  const { startMs, guests = 0 } = wish
  const brought = { startMs, guests, others: wish.partnerCount + guests }
  return [
    ...judgeTime(wish, rules, nowMs),
    ...judgePeople(wish, rules, standing),
    ...judgeGuests(brought, rules, account),
    ...judgeMisses(rules, account, nowMs),
    ...quotaUses(wish, rules, standing, nowMs)
      .filter(({ quota, used }) => used >= quota.bookingsMax)
      .map((use): Refusal => ({
        rule: 'quota',
        use,
        passesAtMs: passesAt(use, rules, wish, standing),
      })),
  ]
}

function judgeTime(wish: Wish, { club, subscription }: Rules, nowMs: number): Refusal[] {
  const refusals: Refusal[] = []
  if (wish.startMs <= nowMs - STEP_MS) refusals.push({ rule: 'past' })
  if (!isOpen(club, wish.startMs, wish.endMs)) refusals.push({ rule: 'hours' })
  const minutes = (wish.endMs - wish.startMs) / 60_000
  const { lengthMin, lengthMax } = wish.court
  if (minutes < lengthMin || minutes > lengthMax || minutes % STEP_MINUTES !== 0) {
    refusals.push({ rule: 'length', minMinutes: lengthMin, maxMinutes: lengthMax })
  }
  const opensAtMs = opensToMember(club, subscription, wish.startMs)
  if (nowMs < opensAtMs) refusals.push({ rule: 'ahead', subscription, passesAtMs: opensAtMs })
  return refusals
}

function judgePeople(wish: Wish, rules: Rules, standing: readonly Standing[]): Refusal[] {
  const { partnersMin } = rules.subscription
  const refusals: Refusal[] = []
  if (wish.partnerCount + (wish.guests ?? 0) < partnersMin)
    refusals.push({ rule: 'partner', partnersMin })
  const own = standing.filter(({ ofFamily }) => !ofFamily)
  const clash = own.find((one) => one.startMs < wish.endMs && wish.startMs < one.endMs)
  if (clash) refusals.push({ rule: 'twice', standing: clash })
  return refusals
}

function judgeMisses({ club }: Rules, account: Account, nowMs: number): Refusal[] {
  const { suspendMisses, suspendDays } = club
  const { misses, lastMissMs } = account
  const passesAtMs = lastMissMs + suspendDays * 86_400_000
  const isSuspended = suspendMisses > 0 && misses >= suspendMisses && nowMs < passesAtMs
  return isSuspended ? [{ rule: 'suspended', misses, passesAtMs }] : []
}

/** Whether the whole of it lies in the opening hours of one day. */
export function isOpen(club: Club, startMs: number, endMs: number): boolean {
  const { date } = wallClock(club.zone, startMs)
  const opens = instantOf(club.zone, date, club.opensMinute)
  const closes = instantOf(club.zone, date, club.closesMinute)
  return opens <= startMs && startMs < endMs && endMs <= closes
}

/** From when a member with this subscription may book what starts then. */
export function opensToMember(club: Club, subscription: Subscription, startMs: number): number {
  const { date } = wallClock(club.zone, startMs)
  return instantOf(club.zone, addDays(date, -subscription.daysAhead), club.releaseMinute)
}

/** The quotas that apply to the wish, each with what is used up. */
export function quotaUses(
  wish: Pick<Wish, 'court' | 'startMs'>,
  { club, quotas }: Rules,
  standing: readonly Standing[],
  nowMs: number,
): QuotaUse[] {
  const applying = quotas.filter((quota) => matches(quota, club.zone, wish))
  return applying.map((quota) => {
    const counted = standing.filter(
      (one) =>
        counts(quota, one) &&
        matches(quota, club.zone, one) &&
        inPeriod(quota, club, wish, one, nowMs),
    )
    return { quota, used: counted.length }
  })
}

function counts({ per }: Quota, { responsible, ofFamily }: Standing): boolean {
  return responsible && (per === 'family' || !ofFamily)
}

function matches(quota: Quota, zone: string, one: Pick<Wish, 'court' | 'startMs'>): boolean {
  const { date, minute } = wallClock(zone, one.startMs)
  return (
    (quota.sport === undefined || quota.sport === one.court.sport) &&
    (quota.indoor === undefined || quota.indoor === one.court.indoor) &&
    (quota.weekdays & (1 << (weekdayOf(date) - 1))) !== 0 &&
    quota.fromMinute <= minute &&
    minute < quota.toMinute
  )
}

function inPeriod(
  quota: Quota,
  { zone }: Club,
  wish: Pick<Wish, 'startMs'>,
  one: Standing,
  nowMs: number,
): boolean {
  if (quota.period === 'upcoming') return one.endMs > nowMs
  const wished = wallClock(zone, wish.startMs).date
  const { date } = wallClock(zone, one.startMs)
  return quota.period === 'day' ? date === wished : mondayOf(date) === mondayOf(wished)
}

/**
 * From which start (day, week) or moment (upcoming) the quota would pass. Undefined when none of
 * its kind is allowed at all.
 */
function passesAt(
  { quota }: QuotaUse,
  { club }: Rules,
  wish: Wish,
  standing: readonly Standing[],
): number | undefined {
  if (quota.bookingsMax === 0) return undefined
  if (quota.period === 'upcoming') {
    const ends = standing.filter((one) => counts(quota, one) && matches(quota, club.zone, one))
    return ends
      .map((one) => one.endMs)
      .toSorted((a, b) => a - b)
      .at(-quota.bookingsMax)
  }
  const { date } = wallClock(club.zone, wish.startMs)
  let next = quota.period === 'day' ? addDays(date, 1) : addDays(mondayOf(date), 7)
  while ((quota.weekdays & (1 << (weekdayOf(next) - 1))) === 0) next = addDays(next, 1)
  return instantOf(club.zone, next, Math.max(quota.fromMinute, club.opensMinute))
}

/** Whether the responsible member may still cancel by himself. */
export function mayCancel(club: Club, startMs: number, nowMs: number): boolean {
  return nowMs <= startMs - club.cancelHours * 3_600_000
}

/** The last day a subscription lets a member book now. */
export function lastOpenDate(club: Club, subscription: Subscription, nowMs: number): string {
  const today = todayIn(club.zone, nowMs)
  const released = nowMs >= instantOf(club.zone, today, club.releaseMinute)
  return addDays(today, subscription.daysAhead - (released ? 0 : 1))
}

/** A hold that does not keep this member out: his own, or one that is over. */
export function isOpenHold(
  { kind, heldFor, heldUntilMs }: Pick<Booking, 'kind' | 'heldFor' | 'heldUntilMs'>,
  memberId: string | undefined,
  nowMs: number,
): boolean {
  if (kind !== 'hold') return false
  return (memberId !== undefined && heldFor === memberId) || (heldUntilMs ?? 0) <= nowMs
}
