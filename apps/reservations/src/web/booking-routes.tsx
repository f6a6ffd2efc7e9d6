/**
 * Booking, looking at a booking, changing and cancelling it.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { book, cancel, change, type Order } from '../data/acts.ts'
import { bookingById, bookingsOfMember } from '../data/bookings.ts'
import { pinOf } from '../data/checkins.ts'
import { courtsOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { actsFor } from '../data/families.ts'
import type { Transaction } from '../database.ts'
import { OTHERS_MAX } from '../guests.ts'
import type { Booking, Member } from '../model.ts'
import { MinePage, OnePage } from '../pages/bookings.tsx'
import { SheetPage } from '../pages/sheet.tsx'
import { mayCancel } from '../policy.ts'
import { may } from '../rights.ts'
import { parseInstant, STEP_MINUTES } from '../time.ts'
import { soonGiveBack } from '../refunds.ts'
import { tellOffered } from '../upkeep.ts'
import { answer, FormError, formOf, idOf, inside, isId, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { dueFor, refundFor } from './payment-routes.tsx'
import { sheetView, type Ask } from './sheet-view.ts'
import { inVisit, lookOf, readNamed, type Visit } from './visit.ts'

const PAST_SHOWN_MS = 28 * 86_400_000
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
        soonGiveBack(shop, visit.club) // what was paid at another price
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
      soonGiveBack(shop, visit.club)
      return c.redirect(`/${visit.club.slug}/bookings?done=cancelled`, 303)
    }),
  )
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
  const isOfficer = may(member, 'desk')
  const owner = isOfficer || member.wardIds.length > 0 ? fields.text('owner') : ''
  if (owner !== '' && !isId(owner)) throw new FormError('owner')
  const reason = isOfficer ? fields.text('reason').trim().slice(0, 200) : ''
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
    courts: await courtsOf(tx, club.id, 'all'),
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
    courts: await courtsOf(tx, club.id, 'all'),
  }))
  const court = courts.find((one) => one.id === booking?.courtId)
  if (!booking || !court || !maySee(booking, member)) throw new MissingError('no such booking')
  const own = booking.ownerId !== undefined && actsFor(member, booking.ownerId)
  const view = {
    visit,
    booking,
    court,
    mayChange: own && booking.status === 'confirmed' && booking.endMs > nowMs,
    mayCancel: may(member, 'desk') || mayCancel(club, booking.startMs, nowMs),
    cancelUntilMs: booking.startMs - club.cancelHours * 3_600_000,
    isFresh: visit.done === 'booked',
    pin: pinFor(shop, visit, booking, member),
    due: own ? await dueFor(shop, visit, booking) : undefined,
    refund: own ? await refundFor(shop, visit, booking) : undefined,
  }
  return answer(c, <OnePage {...view} />)
}

/** Only for those who play, where the club asks for it or its doors do. */
function pinFor(shop: Shop, { club }: Visit, booking: Booking, member: Member): string | undefined {
  const plays = booking.players.some(({ id }) => id === member.id)
  const isAsked = club.checkinMinutes > 0 || club.doorMinutes > 0
  if (!plays || !isAsked || shop.pinSecret === undefined) return undefined
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
  const isOfficer = may(member, 'desk')
  const own = booking?.ownerId !== undefined && actsFor(member, booking.ownerId)
  if (!booking || !own || booking.kind !== 'play' || booking.status !== 'confirmed') {
    throw new MissingError('no such booking')
  }
  const late = !isOfficer && !mayCancel(club, booking.startMs, nowMs)
  if (booking.endMs <= nowMs || late) throw new MissingError('too late to change')
  return booking
}
