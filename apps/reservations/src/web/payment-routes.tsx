/**
 * Paying for a booking: sent to the club's own payment service, and back.
 *
 * @module
 */
import type { Hono } from 'hono'
import { z } from 'zod'
import { MissingError } from '../data/errors.ts'
import { bookingById } from '../data/bookings.ts'
import { clubBySlug } from '../data/clubs.ts'
import { actsFor } from '../data/families.ts'
import { creditOrder } from '../data/tickets.ts'
import { bookingOfReference, hurryRefunds, referenceOf, refundOf } from '../data/refunds.ts'
import { inClub } from '../database.ts'
import type { Booking, Club, Member } from '../model.ts'
import type { DueState, DueView, RefundView } from '../pages/due.tsx'
import { euros } from '../money.ts'
import type { Payment } from '../payments.ts'
import { fateOf, giveBack } from '../refunds.ts'
import { formOf, idOf, inside, isId, type Shop } from './desk.tsx'
import { goAndPay } from './going.tsx'
import { TICKETS_REFERENCE } from './ticket-routes.tsx'
import { inVisit, lookOf, type Visit } from './visit.ts'

/** Where the payment service tells what became of a payment. */
export const EVENTS_PATH = '/payments/events'

const HOUR_MS = 3_600_000

const event = z.object({ type: z.string(), tenant: z.string(), reference: z.string() })

export function addPaymentRoutes(app: Hono, shop: Shop): void {
  const { payments, database } = shop
  if (!payments) return
  app.post(EVENTS_PATH, async (c) => {
    const body = await c.req.text()
    const isSigned = payments.isSigned(body, c.req.header('veilig-signature'), shop.nowMs())
    if (!isSigned) return c.text('not signed\n', 403)
    const { type, tenant, reference } = event.parse(JSON.parse(body))
    const club = await clubBySlug(database, tenant)
    const order = reference.startsWith(TICKETS_REFERENCE)
      ? reference.slice(TICKETS_REFERENCE.length)
      : ''
    if (club && isId(order) && type === 'payment.paid') {
      await inClub(database, club.id, (tx) => creditOrder(tx, club.id, order, shop.nowMs()))
    }
    if (club && isId(bookingOfReference(reference))) await hear(shop, club, type, reference)
    return c.body(null, 204)
  })
  app.post(
    '/:club/bookings/:id/pay',
    inside(shop, async (c, visit, member) => {
      const { club } = visit
      const id = idOf(c, 'id')
      const booking = await inVisit(database, visit, (tx) =>
        bookingById(tx, club.id, id, lookOf(visit)),
      )
      const own = booking?.ownerId !== undefined && actsFor(member, booking.ownerId)
      const owed = booking && own ? await owedFor(shop, visit, booking) : undefined
      const back = `/${club.slug}/bookings/${id}`
      if (!booking || !owed || owed.cents === 0) throw new MissingError('nothing is owed')
      if (owed.isPaid) return c.redirect(back, 303)
      const backUrl = `${shop.publicOrigin}${back}`
      const reference = await inVisit(database, visit, (tx) => referenceOf(tx, club.id, id))
      const form = await formOf(c)
      const rememberFor = form.text('remember') === '' ? undefined : member.id
      const way = await wayOf(shop, club, member, form.text('way'))
      const due = { club: club.slug, reference, cents: owed.cents, backUrl, rememberFor, way }
      return await goAndPay(c, shop, { visit, member, otherwise: back, again: back }, due)
    }),
  )
}

/** Of the ways to pay that are remembered for this member, and no other's. */
async function wayOf(
  { payments }: Shop,
  club: Club,
  member: Member,
  id: string,
): Promise<string | undefined> {
  if (!payments || id === '') return undefined
  const own = await payments.ways(club.slug, member.id).catch(() => [])
  return own.find((way) => way.id === id)?.id
}

/** A payment made, or a refund that came further. The same may be heard twice, and late. */
async function hear(shop: Shop, club: Club, type: string, reference: string): Promise<void> {
  const bookingId = bookingOfReference(reference)
  await inClub(shop.database, club.id, async (tx) => {
    if (type.startsWith('refund.')) return await hurryRefunds(tx, club.id, bookingId)
    // Told late, or again: what was given back meanwhile was paid for another reference.
    const isNow = (await referenceOf(tx, club.id, bookingId)) === reference
    if (type !== 'payment.paid' || !isNow) return
    await tx`UPDATE bookings SET paid_at = ${new Date(shop.nowMs())}
      WHERE club_id = ${club.id} AND id = ${bookingId} AND paid_at IS NULL`
  })
  await giveBack(shop, club)
}

/** What became of the money for a booking that was cancelled; undefined when none is owed. */
export async function refundFor(
  shop: Shop,
  visit: Visit,
  booking: Booking,
): Promise<RefundView | undefined> {
  if (booking.status !== 'cancelled') return undefined
  const refund = await inVisit(shop.database, visit, (tx) =>
    refundOf(tx, visit.club.id, booking.id),
  )
  return refund && { state: fateOf(refund.state), amount: euros(refund.cents ?? 0, visit.language) }
}

/** What is owed for a booking and how it stands; undefined when nothing is. */
export async function dueFor(
  shop: Shop,
  visit: Visit,
  booking: Booking,
): Promise<DueView | undefined> {
  if (!shop.payments || booking.kind !== 'play' || booking.status !== 'confirmed') return undefined
  const { cents, isPaid } = await owedFor(shop, visit, booking)
  if (cents === 0) return undefined
  if (isPaid) return { cents, state: 'paid', ways: [] }
  const reference = await inVisit(shop.database, visit, (tx) =>
    referenceOf(tx, visit.club.id, booking.id),
  )
  const away: Partial<Payment> = { state: 'away' }
  const found = await shop.payments.find(visit.club.slug, reference).catch(() => away)
  const said = found?.said?.[visit.language]
  const { member, club } = visit
  const own = member ? await shop.payments.ways(club.slug, member.id).catch(() => []) : []
  return { cents, state: states[found?.state ?? 'open'] ?? 'open', said, ways: own.slice(0, 1) }
}

const states: Readonly<Record<string, DueState>> = {
  away: 'away',
  paid: 'paid',
  approved: 'pending',
  pending: 'pending',
  unknown: 'pending',
  refused: 'refused',
  review: 'review',
}

async function owedFor(
  shop: Shop,
  visit: Visit,
  booking: Booking,
): Promise<{ cents: number; isPaid: boolean }> {
  const { club } = visit
  const [row] = await inVisit(
    shop.database,
    visit,
    (tx) => tx<{ price: number; isPaid: boolean }[]>`
      SELECT c.price_cents_hour AS price, b.paid_at IS NOT NULL AS "isPaid"
      FROM bookings b JOIN courts c ON c.club_id = b.club_id AND c.id = b.court_id
      WHERE b.club_id = ${club.id} AND b.id = ${booking.id}`,
  )
  const hours = (booking.endMs - booking.startMs) / HOUR_MS
  return { cents: Math.round((row?.price ?? 0) * hours), isPaid: row?.isPaid ?? false }
}
