/**
 * A member's page of how he pays.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { forgetPayer, keepPayer, payerOf } from '../data/payers.ts'
import { MissingError } from '../data/errors.ts'
import { countries, payerFields, PayerPage } from '../pages/payer.tsx'
import { PaymentsAwayError, type Payer } from '../payments.ts'
import {
  answer,
  FormError,
  formOf,
  idOf,
  inside,
  localPath,
  queryOf,
  type Fields,
  type Shop,
} from './desk.tsx'
import { inVisit } from './visit.ts'

export function addPayerRoutes(app: Hono, shop: Shop): void {
  const { payments, database } = shop
  if (!payments) return
  app.get(
    '/:club/me/payer',
    inside(shop, async (c, visit, member) => {
      const kept = await inVisit(database, visit, (tx) => payerOf(tx, visit.club.id, member.id))
      const ways = await payments.ways(visit.club.slug, member.id).catch(() => undefined)
      const { firstName, lastName } = member
      const payer = kept ?? { firstName, lastName }
      const to = waitingAt(queryOf(c), visit.club.slug)
      return answer(c, <PayerPage {...{ visit, payer, isKept: kept !== undefined, ways, to }} />)
    }),
  )
  app.post(
    '/:club/me/payer',
    inside(shop, async (c, visit, member) => {
      const form = await formOf(c)
      const payer = payerIn(form)
      await inVisit(database, visit, (tx) => keepPayer(tx, visit.club.id, member.id, payer))
      const to = waitingAt(form, visit.club.slug)
      return c.redirect(to ?? `/${visit.club.slug}/me/payer?done=saved`, 303)
    }),
  )
  app.post(
    '/:club/me/payer/forget',
    inside(shop, async (c, visit, member) => {
      await inVisit(database, visit, (tx) => forgetPayer(tx, visit.club.id, member.id))
      return c.redirect(`/${visit.club.slug}/me/payer?done=forgotten`, 303)
    }),
  )
  app.post(
    '/:club/me/ways/:id/forget',
    inside(shop, async (c, visit, member) => {
      const page = `/${visit.club.slug}/me/payer`
      try {
        const own = await payments.ways(visit.club.slug, member.id)
        const way = own.find(({ id }) => id === idOf(c, 'id'))
        if (!way) throw new MissingError('no such way to pay')
        await payments.forget(way.id)
      } catch (error) {
        if (error instanceof PaymentsAwayError) return c.redirect(`${page}?done=away`, 303)
        throw error
      }
      return c.redirect(`${page}?done=forgotten`, 303)
    }),
  )
}

/** The way to the page that asks who pays, from where a payment waits. */
export function askPayer(c: Context, club: string, waiting: string): Response {
  return c.redirect(`/${club}/me/payer?to=${encodeURIComponent(waiting)}`, 303)
}

/** A page of this club, or nothing. */
function waitingAt(fields: Fields, club: string): string | undefined {
  const to = localPath(fields.text('to'), '')
  return to.startsWith(`/${club}/`) ? to : undefined
}

/** @throws {FormError} When a field is missing or too long. */
function payerIn(form: Fields): Payer {
  const [firstName, lastName, address1, zipCode, city] = payerFields.map(({ name, max }) => {
    const text = form.text(name).trim()
    if (text === '' || text.length > max) throw new FormError(name)
    return text
  }) as [string, string, string, string, string]
  const country = countries.find((code) => code === form.text('country'))
  if (!country) throw new FormError('country')
  return { firstName, lastName, address1, zipCode, city, country }
}
