/**
 * Buying and selling tickets, and money that goes back.
 *
 * @module
 */
import type { Hono } from 'hono'
import { bookingById } from '../data/bookings.ts'
import { courtsOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { refundsOf } from '../data/refunds.ts'
import { orderTickets, sellTickets, TICKETS_SOLD_MAX } from '../data/tickets.ts'
import type { Booking } from '../model.ts'
import { MoneyPage, type MoneyView } from '../pages/tickets.tsx'
import {
  answer,
  behindTheDesk,
  FormError,
  formOf,
  idOf,
  inside,
  proved,
  type Shop,
} from './desk.tsx'
import { goAndPay } from './going.tsx'
import { inVisit, readNamed } from './visit.ts'

/** Begins the reference of a payment for tickets; the order's id follows. */
export const TICKETS_REFERENCE = 'tickets-'

export function addTicketRoutes(app: Hono, shop: Shop): void {
  const { database, payments } = shop
  app.post(
    '/:club/me/tickets',
    inside(shop, async (c, visit, member) => {
      const { club } = visit
      const count = (await formOf(c)).whole('count', 1, TICKETS_SOLD_MAX)
      if (!payments || club.ticketCents === 0) throw new MissingError('none are sold online')
      const id = await inVisit(database, visit, (tx) => orderTickets(tx, club, member.id, count))
      const due = {
        club: club.slug,
        reference: TICKETS_REFERENCE + id,
        cents: count * club.ticketCents,
        backUrl: `${shop.publicOrigin}/${club.slug}/me?done=tickets`,
      }
      const me = `/${club.slug}/me`
      const start = { visit, member, otherwise: `${me}?done=tickets-away`, again: `${me}#tickets` }
      return await goAndPay(c, shop, start, due)
    }),
  )
  app.post(
    '/:club/office/members/:id/tickets',
    proved(shop, 'members', async (c, visit, member) => {
      const { club } = visit
      const text = (await formOf(c)).text('count')
      const count = Number(text)
      const isFine = /^-?\d{1,2}$/.test(text) && count !== 0 && Math.abs(count) <= TICKETS_SOLD_MAX
      if (!isFine) throw new FormError('count')
      const id = idOf(c, 'id')
      const done = await inVisit(database, visit, (tx) => sellTickets(tx, club, member, id, count))
      return c.redirect(`/${club.slug}/office/members?${done ? 'done=saved' : 'few=1'}`, 303)
    }),
  )
  app.get(
    '/:club/office/money',
    behindTheDesk(shop, 'money', async (c, visit) => {
      const { club } = visit
      const view = await inVisit(database, visit, async (tx): Promise<MoneyView> => {
        const refunds = await refundsOf(tx, club.id)
        const named = await readNamed(
          tx,
          visit,
          async (look) => {
            const found = new Map<string, Booking>()
            for (const { bookingId } of refunds) {
              const booking = await bookingById(tx, club.id, bookingId, look)
              if (booking) found.set(bookingId, booking)
            }
            return found
          },
          (found) => [...found.values()],
        )
        const shown = refunds.flatMap((refund) => {
          const booking = named.get(refund.bookingId)
          return booking ? [{ refund, booking }] : []
        })
        return { visit, courts: await courtsOf(tx, club.id, 'all'), refunds: shown }
      })
      return answer(c, <MoneyPage {...view} />)
    }),
  )
}
