/**
 * Booking, looking at a booking, changing and cancelling it.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { book, cancel, change, judgeFor } from '../data/acts.ts'
import { MissingError, PartnerError } from '../data/errors.ts'
import { rulesFor, standingWithFamily, type Order } from '../data/acts.ts'
import { RefusedError } from '../data/errors.ts'
import { bookingById, bookingsOfMember, bookingsWithin } from '../data/bookings.ts'
import { pinOf } from '../data/checkins.ts'
import { courtsOf } from '../data/clubs.ts'
import { actsFor, wardsOf } from '../data/families.ts'
import { fullName, maySeeName, memberById, membersOf, partnersFor } from '../data/members.ts'
import { purseOf } from '../data/tickets.ts'
import { TakenError, type Transaction } from '../database.ts'
import { OTHERS_MAX } from '../guests.ts'
import type { Booking, Court, Member } from '../model.ts'
import { isFirm, isOpenHold, mayCancel, quotaUses } from '../policy.ts'
import { MinePage, OnePage } from '../pages/bookings.tsx'
import { freeMinutes } from '../pages/grid.ts'
import { SheetPage, type SheetView } from '../pages/sheet.tsx'
import { dayRows, instantOf, parseInstant, STEP_MINUTES, wallClock } from '../time.ts'
import { answer, FormError, formOf, idOf, inside, isId, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { tellOffered } from '../upkeep.ts'
import { refusalWords } from './refusal-words.ts'
import { dueFor, refundFor } from './payment-routes.tsx'
import { inVisit, lookOf, readNamed, type Visit } from './visit.ts'

const WEEK_MS = 7 * 86_400_000
const PAST_SHOWN_MS = 4 * WEEK_MS
const REASON_LENGTH_MIN = 3

export function addBookingRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/book',
    inside(shop, async (c, visit, member) => {
      const ask = readAsk(queryOf(c))
      return await showSheet(c, shop, visit, member, ask, undefined, undefined)
    }),
  )
  app.post(
    '/:club/book',
    inside(shop, async (c, visit, member) => {
      const fields = await formOf(c)
      const ask = readAsk(fields)
      const order = readOrder(fields, ask, member)
      try {
        const { id, courts } = await inVisit(shop.database, visit, async (tx) => ({
          id: await book(tx, visit.club, member, order, visit.nowMs),
          courts: await courtsOf(tx, visit.club.id),
        }))
        if (order.ownerId === member.id) {
          const { club } = visit
          const courtName = courts.find((court) => court.id === order.courtId)?.name ?? ''
          const url = `${shop.publicOrigin}/${club.slug}/bookings/${id}`
          shop.confirm?.({ ...order, club, member, courtName, url })
        }
        return c.redirect(`/${visit.club.slug}/bookings/${id}?done=booked`, 303)
      } catch (error) {
        return await showSheet(c, shop, visit, member, { ...ask, ...order }, error, undefined)
      }
    }),
  )
  app.get(
    '/:club/bookings',
    inside(shop, (c, visit, member) => showMine(c, shop, visit, member)),
  )
  app.get(
    '/:club/bookings/:id',
    inside(shop, (c, visit, member) => showOne(c, shop, visit, member)),
  )
  app.get(
    '/:club/bookings/:id/change',
    inside(shop, async (c, visit, member) => {
      const booking = await toChange(c, shop, visit, member)
      const query = queryOf(c)
      const ask =
        query.text('court') === '' ? askOf(booking) : { ...askOf(booking), ...readAsk(query) }
      return await showSheet(c, shop, visit, member, ask, undefined, booking)
    }),
  )
  app.post(
    '/:club/bookings/:id',
    inside(shop, async (c, visit, member) => {
      const booking = await toChange(c, shop, visit, member)
      const fields = await formOf(c)
      const ask = readAsk(fields)
      const order = readOrder(fields, ask, member)
      try {
        await inVisit(shop.database, visit, (tx) =>
          change(tx, visit.club, member, booking.id, order, visit.nowMs),
        )
        return c.redirect(`/${visit.club.slug}/bookings/${booking.id}?done=changed`, 303)
      } catch (error) {
        return await showSheet(c, shop, visit, member, { ...ask, ...order }, error, booking)
      }
    }),
  )
  app.post(
    '/:club/bookings/:id/cancel',
    inside(shop, async (c, visit, member) => {
      const booking = await toChange(c, shop, visit, member)
      await inVisit(shop.database, visit, (tx) =>
        cancel(tx, visit.club, member, booking.id, visit.nowMs),
      )
      await tellOffered(shop, visit.club)
      return c.redirect(`/${visit.club.slug}/bookings?done=cancelled`, 303)
    }),
  )
}

/** What a sheet is asked about; the rest of the order is filled in on it. */
type Ask = {
  readonly courtId: string
  readonly startMs: number
  readonly length: number | undefined
  readonly partnerIds: readonly string[]
  readonly guests?: number | undefined
  readonly ownerId?: string | undefined
}

function readAsk(fields: Fields): Ask {
  const courtId = fields.text('court')
  const startMs = parseInstant(fields.text('start'))
  if (!isId(courtId) || startMs === undefined) throw new MissingError('no such court or time')
  const length = /^\d{2,3}$/.test(fields.text('length')) ? Number(fields.text('length')) : undefined
  return { courtId, startMs, length, partnerIds: readPartners(fields) }
}

function readPartners(fields: Fields): string[] {
  const ids = [...new Set(fields.all('partner').filter((id) => id !== ''))]
  if (ids.length > OTHERS_MAX || !ids.every(isId)) throw new FormError('partner')
  return ids
}

function askOf(booking: Booking): Ask {
  const length = (booking.endMs - booking.startMs) / 60_000
  const { courtId, startMs, ownerId } = booking
  const partnerIds = booking.players.map(({ id }) => id).filter((id) => id !== ownerId)
  return { courtId, startMs, length, partnerIds, ownerId, guests: booking.guests }
}

function readOrder(fields: Fields, ask: Ask, member: Member): Order {
  const length = fields.whole('length', STEP_MINUTES, 480)
  const isSecretary = member.role === 'secretary'
  const owner = isSecretary || member.wardIds.length > 0 ? fields.text('owner') : ''
  if (owner !== '' && !isId(owner)) throw new FormError('owner')
  const reason = isSecretary ? fields.text('reason').trim().slice(0, 200) : ''
  return {
    courtId: ask.courtId,
    startMs: ask.startMs,
    endMs: ask.startMs + length * 60_000,
    ownerId: owner || member.id,
    partnerIds: ask.partnerIds,
    guests: fields.text('guests') === '' ? 0 : fields.whole('guests', 0, OTHERS_MAX),
    overrideReason: reason.length >= REASON_LENGTH_MIN ? reason : undefined,
  }
}

/** @param problem What was thrown when it was tried; the sheet then says why, and keeps the rest. */
async function showSheet(
  c: Context,
  shop: Shop,
  visit: Visit,
  member: Member,
  ask: Ask,
  problem: unknown,
  booking: Booking | undefined,
): Promise<Response> {
  const view = await inVisit(shop.database, visit, (tx) =>
    sheetView(tx, visit, member, ask, problem, booking),
  )
  return answer(c, <SheetPage {...view} />, problem === undefined ? 200 : 409)
}

async function sheetView(
  tx: Transaction,
  visit: Visit,
  member: Member,
  ask: Ask,
  problem: unknown,
  booking: Booking | undefined,
): Promise<SheetView> {
  const { club, nowMs } = visit
  const courts = await courtsOf(tx, club.id)
  const court = courts.find(({ id }) => id === ask.courtId)
  const owner = await memberById(tx, club.id, booking?.ownerId ?? ask.ownerId ?? member.id)
  if (!court || !owner) throw new MissingError('no such court or member')
  const day = await dayAround(tx, visit, ask.startMs, booking?.id)
  const lengths = lengthsFrom(court, day, ask.startMs)
  const length = lengths.find((one) => one === (ask.length ?? court.lengthUsual)) ?? lengths[0]
  const endMs = ask.startMs + (length ?? court.lengthMin) * 60_000
  const rules = await rulesFor(tx, club, owner)
  const wish = { court, startMs: ask.startMs, endMs, partnerCount: rules.subscription.partnersMin }
  const fromMs = Math.min(nowMs, ask.startMs) - 2 * WEEK_MS
  const standing = await standingWithFamily(tx, club, owner, rules, fromMs, courts, booking?.id)
  const isSecretary = member.role === 'secretary'
  const purse = await purseOf(tx, club, owner.id, ask.startMs, booking?.id)
  const max = rules.subscription.guestsSeason
  const judged = await judgeFor(tx, club, owner, wish, courts, nowMs, booking?.id)
  // Whom a secretary books for, and why, is not known yet: only what nobody may do is foreseen.
  const foreseen = judged.filter((one) => !isSecretary || (isFirm(one) && one.rule !== 'twice'))
  const stays = booking?.startMs === ask.startMs && booking.courtId === court.id
  const closedDay = !isSecretary && foreseen.some(({ rule }) => rule === 'ahead' || rule === 'past')
  return {
    visit,
    court,
    startMs: ask.startMs,
    lengths,
    length: length ?? court.lengthMin,
    elsewhere: courts.filter(
      (one) =>
        !closedDay &&
        one.id !== court.id &&
        one.sport === court.sport &&
        canStart(one, day, ask.startMs),
    ),
    otherStarts: day.starts.filter(
      (start) => !closedDay && start > nowMs && canStart(court, day, start),
    ),
    busyIds: busyDuring(day, ask.startMs, endMs),
    people: await peopleFor(tx, visit, member, owner, booking),
    partnerIds: ask.partnerIds,
    partnersMin: rules.subscription.partnersMin,
    guests:
      max > 0 || isSecretary
        ? {
            chosen: ask.guests ?? 0,
            used: purse.guestsUsed,
            max,
            each: club.guestTickets,
            balance: purse.tickets,
          }
        : undefined,
    quotas: quotaUses(wish, rules, standing, nowMs),
    mayTry: isSecretary || stays || foreseen.length === 0,
    refused: sentencesFor(visit, problem, stays ? [] : foreseen, lengths.length > 0),
    booking,
    owners: await ownersFor(tx, visit, member),
    isOffice: isSecretary,
    ownerId: owner.id,
  }
}

/** What was just refused, or else what is foreseen, so that nobody fills in a form in vain. */
function sentencesFor(
  visit: Visit,
  problem: unknown,
  foreseen: RefusedError['refusals'],
  isFree: boolean,
): string[] {
  const { say } = visit
  if (problem instanceof RefusedError)
    return problem.refusals.map((one) => refusalWords(one, visit))
  if (problem instanceof TakenError) return [say('refuse.taken')]
  if (problem instanceof PartnerError) {
    return [say(problem.reason === 'busy' ? 'refuse.partnerBusy' : 'refuse.partnerUnknown')]
  }
  if (problem !== undefined) throw problem
  return [
    ...foreseen.map((one) => refusalWords(one, visit)),
    ...(isFree ? [] : [say('book.notFree')]),
  ]
}

type Day = {
  readonly bookings: readonly Booking[]
  readonly starts: readonly number[]
  readonly opensMs: number
  readonly closesMs: number
}

async function dayAround(
  tx: Transaction,
  visit: Visit,
  startMs: number,
  except: string | undefined,
): Promise<Day> {
  const { club } = visit
  const { date } = wallClock(club.zone, startMs)
  const rows = dayRows(club.zone, date, club.opensMinute, club.closesMinute)
  const opensMs = instantOf(club.zone, date, club.opensMinute)
  const closesMs = instantOf(club.zone, date, club.closesMinute)
  const bookings = await bookingsWithin(tx, club.id, opensMs, closesMs, lookOf(visit))
  return {
    bookings: bookings.filter(
      (one) => one.id !== except && !isOpenHold(one, visit.member?.id, visit.nowMs),
    ),
    starts: rows.map((row) => row.startMs),
    opensMs,
    closesMs,
  }
}

/** Who stands in another booking then: cannot be chosen. */
function busyDuring(day: Day, startMs: number, endMs: number): Set<string> {
  const then = day.bookings.filter((one) => one.startMs < endMs && startMs < one.endMs)
  return new Set(then.flatMap(({ players }) => players.map(({ id }) => id)))
}

function lengthsFrom(court: Court, day: Day, startMs: number): number[] {
  const free = startMs < day.opensMs ? 0 : freeMinutes(court, day.bookings, startMs, day.closesMs)
  const lengths: number[] = []
  for (let one = court.lengthMin; one <= free; one += STEP_MINUTES) lengths.push(one)
  return lengths
}

function canStart(court: Court, day: Day, startMs: number): boolean {
  return lengthsFrom(court, day, startMs).length > 0
}

/** On whose behalf a member may book. */
async function ownersFor(tx: Transaction, visit: Visit, member: Member): Promise<Member[]> {
  if (member.role === 'secretary') return await namedMembers(tx, visit)
  const wards = await wardsOf(tx, visit.club.id, member)
  return wards.length > 0 ? [member, ...wards] : []
}

/** All members for an officer who gave the password again; else those whose names he has. */
async function namedMembers(tx: Transaction, visit: Visit): Promise<Member[]> {
  const { viewer, year } = lookOf(visit)
  const all = await membersOf(tx, visit.club.id)
  return all.filter((one) => maySeeName(viewer, one, year))
}

/** Those who may be chosen; who already plays stays in the list. */
async function peopleFor(
  tx: Transaction,
  visit: Visit,
  member: Member,
  owner: Member,
  booking: Booking | undefined,
): Promise<SheetView['people']> {
  if (member.role === 'secretary') {
    const all = await namedMembers(tx, visit)
    const others = all.filter(({ id }) => id !== owner.id || booking === undefined)
    return others.map((one) => ({
      id: one.id,
      name: `${one.firstName} ${one.lastName}`,
      shown: true,
    }))
  }
  const owners = await ownersFor(tx, visit, member)
  const choosable = await partnersFor(tx, visit.club.id, member.id, lookOf(visit).year)
  // Last, the family: a parent plays with his child, whichever of them it is booked for.
  const unchosen = owners.filter(({ id }) => !choosable.some((one) => one.id === id))
  const family = unchosen.map((one) => ({ id: one.id, name: fullName(one), shown: true }))
  const people = [...choosable, ...family.toReversed()]
  const known = booking?.players.filter(({ id }) => id !== owner.id) ?? []
  const unlisted = known.filter(({ id }) => !people.some((person) => person.id === id))
  const named = unlisted.map((one) => ({ ...one, name: one.name || visit.say('cell.member') }))
  return [...people, ...named]
}

/** A member's own bookings and those of whom he acts for, each once, in order. */
async function bookingsOfFamily(tx: Transaction, visit: Visit, member: Member): Promise<Booking[]> {
  const found = new Map<string, Booking>()
  for (const id of [member.id, ...member.wardIds]) {
    const fromMs = visit.nowMs - PAST_SHOWN_MS
    const theirs = await bookingsOfMember(tx, visit.club.id, id, fromMs, lookOf(visit))
    for (const one of theirs) found.set(one.id, one)
  }
  return [...found.values()].toSorted((a, b) => a.startMs - b.startMs)
}

async function showMine(c: Context, shop: Shop, visit: Visit, member: Member): Promise<Response> {
  const { club, nowMs } = visit
  const { courts, bookings } = await inVisit(shop.database, visit, async (tx) => ({
    courts: await courtsOf(tx, club.id),
    bookings: await bookingsOfFamily(tx, visit, member),
  }))
  const coming = bookings.filter(({ endMs, status }) => endMs > nowMs && status === 'confirmed')
  const past = bookings.filter((one) => !coming.includes(one)).toReversed()
  return answer(c, <MinePage {...{ visit, courts, coming, past }} />)
}

async function showOne(c: Context, shop: Shop, visit: Visit, member: Member): Promise<Response> {
  const { club, nowMs } = visit
  const id = idOf(c, 'id')
  const { booking, courts } = await inVisit(shop.database, visit, async (tx) => ({
    booking: await readNamed(
      tx,
      visit,
      (look) => bookingById(tx, club.id, id, look),
      (found) => (found ? [found] : []),
    ),
    courts: await courtsOf(tx, club.id),
  }))
  const court = courts.find((one) => one.id === booking?.courtId)
  if (!booking || !court || !maySee(booking, member)) throw new MissingError('no such booking')
  const own = booking.ownerId !== undefined && actsFor(member, booking.ownerId)
  const view = {
    visit,
    booking,
    court,
    mayChange: own && booking.status === 'confirmed' && booking.endMs > nowMs,
    mayCancel: member.role === 'secretary' || mayCancel(club, booking.startMs, nowMs),
    cancelUntilMs: booking.startMs - club.cancelHours * 3_600_000,
    isFresh: visit.done === 'booked',
    pin: pinFor(shop, visit, booking, member),
    due: own ? await dueFor(shop, visit, booking) : undefined,
    refund: own ? await refundFor(shop, visit, booking) : undefined,
  }
  return answer(c, <OnePage {...view} />)
}

/** Only for those who play, from where the club asks for it. */
function pinFor(shop: Shop, { club }: Visit, booking: Booking, member: Member): string | undefined {
  const plays = booking.players.some(({ id }) => id === member.id)
  if (!plays || club.checkinMinutes === 0 || shop.pinSecret === undefined) return undefined
  return pinOf(shop.pinSecret, booking.id)
}

function maySee(booking: Booking, member: Member): boolean {
  return booking.kind === 'play' && booking.players.some(({ id }) => actsFor(member, id))
}

/** The booking of the address, when the member may still change it. @throws {MissingError} */
async function toChange(c: Context, shop: Shop, visit: Visit, member: Member): Promise<Booking> {
  const id = idOf(c, 'id')
  const booking = await inVisit(shop.database, visit, (tx) =>
    bookingById(tx, visit.club.id, id, lookOf(visit)),
  )
  const { nowMs, club } = visit
  const isSecretary = member.role === 'secretary'
  const own = booking?.ownerId !== undefined && actsFor(member, booking.ownerId)
  if (!booking || !own || booking.kind !== 'play' || booking.status !== 'confirmed') {
    throw new MissingError('no such booking')
  }
  const late = !isSecretary && !mayCancel(club, booking.startMs, nowMs)
  if (booking.endMs <= nowMs || late) throw new MissingError('too late to change')
  return booking
}
