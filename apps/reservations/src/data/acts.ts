/**
 * What members do to bookings: book, cancel, move, change partners. Each is one transaction, which
 * takes its locks first (locks.ts), judges inside them (policy.ts) and writes last.
 *
 * @module
 */
import { lockCourts, lockMembers } from '../locks.ts'
import type { Transaction } from '../database.ts'
import type { Booking, Club, Court, Member, Subscription } from '../model.ts'
import { OTHERS_MAX } from '../guests.ts'
import { isFirm, judge, type Refusal, type Rules, type Standing, type Wish } from '../policy.ts'
import { may } from '../rights.ts'
import { bookingById, standingOf } from './bookings.ts'
import { missesOf } from './checkins.ts'
import { courtsOf, quotasOf, subscriptionsOf } from './clubs.ts'
import { MissingError, PartnerError, RefusedError } from './errors.ts'
import { actsFor, familyIds, familyOf } from './families.ts'
import { beginAct } from './journal.ts'
import { memberById } from './members.ts'
import { notify } from './notices.ts'
import { purseOf } from './tickets.ts'
import { offer, releaseHolds } from './waits.ts'

/** Quotas look back at most a week; so does this, with a day to spare for zones. */
const LOOK_BACK_MS = 8 * 86_400_000
const NO_GUESTS = { guestsUsed: 0, tickets: 0 }

export type Order = {
  readonly courtId: string
  readonly startMs: number
  readonly endMs: number
  readonly ownerId: string
  readonly partnerIds: readonly string[]
  /** Guests; none when not said. */
  readonly guests?: number | undefined
  /** A secretary's reason to break the rules; the invariants hold all the same. */
  readonly overrideReason?: string | undefined
}

/**
 * Books a court.
 * @returns The new booking's id.
 * @throws {RefusedError} {PartnerError} {MissingError} {TakenError}
 */
export async function book(
  tx: Transaction,
  club: Club,
  by: Member,
  order: Order,
  nowMs: number,
): Promise<string> {
  if (!actsFor(by, order.ownerId)) throw new MissingError('not for this member')
  const family = familyIds(tx, club.id, order.ownerId)
  await lockMembers(tx, club.id, [order.ownerId, ...order.partnerIds], family)
  await allow(tx, club, by, order, nowMs, undefined)
  await lockCourts(tx, club.id, [order.courtId])
  await releaseHolds(tx, club, order, order.ownerId, nowMs)
  if (by.id !== order.ownerId) await beginAct(tx, club, by, 'booked', order.overrideReason)
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO bookings (club_id, court_id, during, owner_id, created_by, override_reason, guests,
      tickets)
    VALUES (${club.id}, ${order.courtId}, ${range(tx, order)}, ${order.ownerId}, ${by.id},
      ${order.overrideReason ?? null}, ${order.guests ?? 0}, ${ticketsFor(club, order)})
    RETURNING id`
  if (!row) throw new Error('an insert returned nothing')
  await addPartners(tx, club, row.id, order.partnerIds)
  await notify(tx, club, row.id, 'invited', order.partnerIds)
  if (by.id !== order.ownerId) await notify(tx, club, row.id, 'booked', [order.ownerId])
  return row.id
}

/** Gives the court back at once, and tells the others. @throws {MissingError} */
export async function cancel(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  nowMs: number,
): Promise<Booking> {
  const booking = await ownBooking(tx, club, by, id, nowMs)
  await lockCourts(tx, club.id, [booking.courtId])
  if (booking.ownerId !== by.id) await beginAct(tx, club, by, 'cancelled')
  const done = await tx`
    UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
    WHERE club_id = ${club.id} AND id = ${id} AND status = 'confirmed' RETURNING id`
  if (done.length === 0) throw new MissingError('cancelled meanwhile')
  const others = booking.players.map((player) => player.id).filter((player) => player !== by.id)
  await notify(tx, club, id, 'cancelled', others)
  await offer(tx, club, booking, nowMs)
  return booking
}

export type Change = Omit<Order, 'ownerId'>

/**
 * Moves a booking to another court or time, or changes who plays, without giving the court up.
 * @throws As `book`.
 */
export async function change(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  to: Change,
  nowMs: number,
): Promise<void> {
  const before = await ownBooking(tx, club, by, id, nowMs, to)
  const ownerId = before.ownerId ?? by.id
  await allow(tx, club, by, { ...to, ownerId }, nowMs, before)
  const moved =
    before.courtId !== to.courtId || before.startMs !== to.startMs || before.endMs !== to.endMs
  await lockCourts(tx, club.id, [before.courtId, to.courtId])
  await releaseHolds(tx, club, to, ownerId, nowMs)
  if (ownerId !== by.id) await beginAct(tx, club, by, 'changed', to.overrideReason)
  const done = await tx`
    UPDATE bookings SET court_id = ${to.courtId}, during = ${range(tx, to)},
      override_reason = coalesce(${to.overrideReason ?? null}, override_reason),
      guests = ${to.guests ?? 0},
      tickets = ${to.guests === before.guests ? before.tickets : ticketsFor(club, to)}
    WHERE club_id = ${club.id} AND id = ${id} AND status = 'confirmed' RETURNING id`
  if (done.length === 0) throw new MissingError('cancelled meanwhile') // by a closure
  const was = before.players.map((player) => player.id).filter((player) => player !== ownerId)
  const gone = was.filter((player) => !to.partnerIds.includes(player))
  const fresh = to.partnerIds.filter((player) => !was.includes(player))
  for (const player of gone) {
    await tx`DELETE FROM partners
      WHERE club_id = ${club.id} AND booking_id = ${id} AND member_id = ${player}`
  }
  await addPartners(tx, club, id, fresh)
  await notify(tx, club, id, 'removed', gone)
  await notify(tx, club, id, 'invited', fresh)
  const stayed = [ownerId, ...to.partnerIds].filter((one) => one !== by.id && !fresh.includes(one))
  if (moved) await notify(tx, club, id, 'moved', stayed)
  if (moved) await offer(tx, club, before, nowMs)
}

/** What is judged again though court and time stay; and of that, what was granted already. */
const aboutPeople: ReadonlySet<Refusal['rule']> = new Set([
  'partner',
  'twice',
  'seats',
  'guests',
  'tickets',
])
const costly: ReadonlySet<Refusal['rule']> = new Set(['guests', 'tickets'])

/** Judges inside the locks, so that what is counted cannot change before it is written. */
async function allow(
  tx: Transaction,
  club: Club,
  by: Member,
  order: Order,
  nowMs: number,
  before: Booking | undefined,
): Promise<void> {
  const [courts, owner] = await Promise.all([
    courtsOf(tx, club.id),
    memberById(tx, club.id, order.ownerId),
  ])
  const court = courts.find(({ id }) => id === order.courtId)
  if (!court || !owner) throw new MissingError('no such court or member')
  const wish = {
    court,
    startMs: order.startMs,
    endMs: order.endMs,
    partnerCount: order.partnerIds.length,
    guests: order.guests,
  }
  const refusals = await judgeFor(tx, club, owner, wish, courts, nowMs, before?.id)
  const unmoved =
    before?.courtId === order.courtId &&
    before.startMs === order.startMs &&
    before.endMs === order.endMs
  const barring = refusals.filter((refusal) => {
    if (unmoved && !aboutPeople.has(refusal.rule)) return false
    if (unmoved && before.guests === (order.guests ?? 0) && costly.has(refusal.rule)) return false
    return !may(by, 'desk') || order.overrideReason === undefined || isFirm(refusal)
  })
  if (barring.length > 0) throw new RefusedError(barring)
  await allowPartners(tx, club, by, order, courts, before)
}

/** What the rules say of a wish, for showing before and for judging at the moment of writing. */
export async function judgeFor(
  tx: Transaction,
  club: Club,
  owner: Member,
  wish: Wish,
  courts: readonly Court[],
  nowMs: number,
  except?: string,
): Promise<Refusal[]> {
  const fromMs = Math.min(nowMs, wish.startMs) - LOOK_BACK_MS
  const [rules, purse, missed] = await Promise.all([
    rulesFor(tx, club, owner),
    wish.guests ? purseOf(tx, club, owner.id, wish.startMs, except) : NO_GUESTS,
    missesOf(tx, club, owner.id, nowMs),
  ])
  const standing = await standingWithFamily(tx, club, owner, rules, fromMs, courts, except)
  return judge(wish, rules, standing, nowMs, { ...purse, ...missed })
}

/** What counts for the member; and, where a rule asks for it, what his family has. */
export async function standingWithFamily(
  tx: Transaction,
  club: Club,
  owner: Member,
  { quotas }: Pick<Rules, 'quotas'>,
  fromMs: number,
  courts: readonly Court[],
  except?: string,
): Promise<Standing[]> {
  const standing = (id: string): Promise<Standing[]> =>
    standingOf(tx, club.id, id, fromMs, courts, except)
  if (!quotas.some(({ per }) => per === 'family')) return await standing(owner.id)
  const family = await familyOf(tx, club.id, owner.id)
  const others = family.filter((one) => one !== owner.id)
  const [own, ...theirs] = await Promise.all([owner.id, ...others].map(standing))
  return [...(own ?? []), ...theirs.flat().map((one) => ({ ...one, ofFamily: true }))]
}

export async function rulesFor(
  tx: Transaction,
  club: Club,
  owner: Member,
): Promise<Parameters<typeof judge>[1] & { readonly subscription: Subscription }> {
  const [subscriptions, quotas] = await Promise.all([
    subscriptionsOf(tx, club.id),
    quotasOf(tx, club.id),
  ])
  const subscription = subscriptions.find(({ id }) => id === owner.subscriptionId)
  if (!subscription) throw new Error('a member without a subscription')
  const own = quotas.filter(({ subscriptionId }) => subscriptionId === subscription.id)
  return { club, subscription, quotas: own }
}

async function allowPartners(
  tx: Transaction,
  club: Club,
  by: Member,
  order: Order,
  courts: readonly Court[],
  before: Booking | undefined,
): Promise<void> {
  const { ownerId, partnerIds, startMs, endMs } = order
  if (partnerIds.length > OTHERS_MAX || new Set(partnerIds).size !== partnerIds.length) {
    throw new PartnerError('unknown')
  }
  for (const id of partnerIds) {
    const partner = await memberById(tx, club.id, id)
    const known = before?.players.some((player) => player.id === id) ?? false
    const choosable = partner?.sharesName || actsFor(by, id) || known
    if (!partner || !choosable || id === ownerId) throw new PartnerError('unknown')
    const standing = await standingOf(tx, club.id, id, startMs - LOOK_BACK_MS, courts, before?.id)
    const busy = standing.some((one) => one.startMs < endMs && startMs < one.endMs)
    if (busy) throw new PartnerError('busy')
  }
}

/** Finds a coming booking the member may touch and locks the members it concerns. */
async function ownBooking(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  nowMs: number,
  to?: Change,
): Promise<Booking> {
  const look = { viewer: by, year: 0 }
  const seen = await bookingById(tx, club.id, id, look)
  if (!seen || !mayTouch(seen, by)) throw new MissingError('no such booking')
  const members = seen.players.map((player) => player.id)
  const family = familyIds(tx, club.id, seen.ownerId ?? by.id)
  await lockMembers(tx, club.id, [...members, ...(to?.partnerIds ?? [])], family)
  const booking = await bookingById(tx, club.id, id, look) // what was seen may have changed
  if (!booking || !mayTouch(booking, by) || booking.endMs <= nowMs) {
    throw new MissingError('no such booking')
  }
  return booking
}

function mayTouch(booking: Booking, by: Member): boolean {
  const own = booking.ownerId !== undefined && actsFor(by, booking.ownerId)
  return own && booking.kind === 'play' && booking.status === 'confirmed'
}

async function addPartners(
  tx: Transaction,
  club: Club,
  bookingId: string,
  partnerIds: readonly string[],
): Promise<void> {
  for (const memberId of partnerIds) {
    await tx`INSERT INTO partners (club_id, booking_id, member_id)
      VALUES (${club.id}, ${bookingId}, ${memberId})`
  }
}

function ticketsFor(club: Club, { guests }: Pick<Order, 'guests'>): number {
  return (guests ?? 0) * club.guestTickets
}

function range(
  tx: Transaction,
  { startMs, endMs }: Pick<Order, 'startMs' | 'endMs'>,
): ReturnType<Transaction> {
  return tx`tstzrange(${new Date(startMs)}, ${new Date(endMs)}, '[)')`
}
