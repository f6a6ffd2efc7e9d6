/**
 * Log-in, log-out, a member's own page, and news that was read.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { rulesFor } from '../data/acts.ts'
import { wardsOf } from '../data/families.ts'
import { feedsOf } from '../data/feeds.ts'
import { setPreferences } from '../data/members.ts'
import { readNotices } from '../data/notices.ts'
import { cutSessions } from '../data/officers.ts'
import { logIn, logOut } from '../data/sessions.ts'
import { purseOf, ticketsOf } from '../data/tickets.ts'
import type { Member } from '../model.ts'
import { LogInPage } from '../pages/entry.tsx'
import { MePage } from '../pages/me.tsx'
import { isLanguage } from '../words/say.ts'
import { answer, FormError, formOf, inside, localPath, open, queryOf, type Shop } from './desk.tsx'
import {
  clearSession,
  inVisit,
  sessionToken,
  setLanguage,
  setSession,
  type Visit,
} from './visit.ts'

const EMAIL_LENGTH_MAX = 254
const PASSWORD_LENGTH_MAX = 256

export function addMemberRoutes(app: Hono, shop: Shop): void {
  const { demo } = shop
  app.get(
    '/:club/login',
    open(shop, (c, visit) => {
      const to = localPath(queryOf(c).text('to'), '')
      const view = { visit, to, email: '', problem: undefined, demo }
      return Promise.resolve(answer(c, <LogInPage {...view} />))
    }),
  )
  app.post(
    '/:club/login',
    open(shop, async (c, visit) => {
      const { club, nowMs } = visit
      const fields = await formOf(c)
      const email = fields.text('email').trim().toLowerCase()
      const password = fields.text('password')
      if (email.length > EMAIL_LENGTH_MAX || password.length > PASSWORD_LENGTH_MAX) {
        throw new FormError('email or password too long')
      }
      const to = localPath(fields.text('to'), '')
      const result = await logIn(shop.database, club.id, email, password, nowMs)
      if (result.outcome !== 'welcome') {
        const problem = result.outcome === 'wait' ? 'login.wait' : 'login.wrong'
        const status = result.outcome === 'wait' ? 429 : 401
        return answer(c, <LogInPage {...{ visit, to, email, problem, demo }} />, status)
      }
      setSession(c, result.token)
      return c.redirect(to || `/${club.slug}/day`, 303)
    }),
  )
  app.post(
    '/:club/logout',
    open(shop, async (c, visit) => {
      const token = sessionToken(c)
      if (token) await inVisit(shop.database, visit, (tx) => logOut(tx, visit.club.id, token))
      clearSession(c)
      return c.redirect(`/${visit.club.slug}/day`, 303)
    }),
  )
  app.get(
    '/:club/me',
    inside(shop, (c, visit, member) => showMe(c, shop, visit, member)),
  )
  app.post(
    '/:club/me',
    inside(shop, async (c, visit, member) => {
      const fields = await formOf(c)
      const language = fields.text('language')
      if (!isLanguage(language)) throw new FormError('language')
      const sharesName = fields.text('share') === '1'
      await inVisit(shop.database, visit, (tx) =>
        setPreferences(tx, visit.club.id, member.id, { language, sharesName }),
      )
      setLanguage(c, language)
      return c.redirect(`/${visit.club.slug}/me?done=saved`, 303)
    }),
  )
  app.post(
    '/:club/me/everywhere',
    inside(shop, async (c, visit, member) => {
      await inVisit(shop.database, visit, (tx) => cutSessions(tx, visit.club.id, member.id))
      clearSession(c)
      return c.redirect(`/${visit.club.slug}/day`, 303)
    }),
  )
  app.post(
    '/:club/notices/read',
    inside(shop, async (c, visit, member) => {
      const fields = await formOf(c)
      await inVisit(shop.database, visit, (tx) => readNotices(tx, visit.club.id, member.id))
      return c.redirect(localPath(fields.text('to'), `/${visit.club.slug}/day`), 303)
    }),
  )
}

/** @param feed The address of a calendar just made; it is shown this once. */
export async function showMe(
  c: Context,
  shop: Shop,
  visit: Visit,
  member: Member,
  feed?: string,
): Promise<Response> {
  const view = await inVisit(shop.database, visit, async (tx) => {
    const { club, nowMs } = visit
    const { subscription, quotas } = await rulesFor(tx, club, member)
    const tickets = {
      balance: (await purseOf(tx, club, member.id, nowMs)).tickets,
      entries: await ticketsOf(tx, club.id, member.id),
      mayBuy: shop.payments !== undefined && club.ticketCents > 0,
    }
    const wards = await wardsOf(tx, club.id, member)
    return { subscription, quotas, tickets, wards, feeds: await feedsOf(tx, club.id, member.id) }
  })
  const pays = shop.payments !== undefined
  return answer(c, <MePage {...{ visit, member, feed, pays, ...view }} />)
}
