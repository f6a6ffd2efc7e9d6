/**
 * The screen in the clubhouse. A device becomes one by an officer's hand, and the officer is logged
 * out of it in the same breath: whoever stands before it is nobody.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { checkIn, closeKiosks, gamesNow, isKiosk, openKiosk, type Game } from '../data/checkins.ts'
import { MissingError } from '../data/errors.ts'
import { logOut } from '../data/sessions.ts'
import { KioskPage } from '../pages/kiosk.tsx'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, formOf, open, type Shop } from './desk.tsx'
import { clearSession, inVisit, sessionToken, type Visit } from './visit.ts'

const COOKIE = '__Host-kiosk'
const YEAR_SECONDS = 31_536_000

export function addKioskRoutes(app: Hono, shop: Shop): void {
  const { pinSecret } = shop
  if (pinSecret === undefined) return
  app.post(
    '/:club/office/kiosk',
    behindTheDesk(shop, 'desk', async (c, visit) => {
      const token = await inVisit(shop.database, visit, async (tx) => {
        const session = sessionToken(c)
        if (session) await logOut(tx, visit.club.id, session)
        return await openKiosk(tx, visit.club.id)
      })
      clearSession(c)
      const rules = { path: '/', secure: true, sameSite: 'Lax', httpOnly: true } as const
      setCookie(c, COOKIE, token, { ...rules, maxAge: YEAR_SECONDS })
      return c.redirect(`/${visit.club.slug}/kiosk`, 303)
    }),
  )
  app.post(
    '/:club/office/kiosks/close',
    behindTheDesk(shop, 'desk', async (c, visit) => {
      await inVisit(shop.database, visit, (tx) => closeKiosks(tx, visit.club.id))
      return c.redirect(`/${visit.club.slug}/office`, 303)
    }),
  )
  app.get(
    '/:club/kiosk',
    open(shop, (c, visit) => show(c, shop, visit)),
  )
  app.post(
    '/:club/kiosk',
    open(shop, async (c, visit) => {
      await mustBeKiosk(c, shop, visit)
      const pin = (await formOf(c)).text('pin')
      const here = await inVisit(shop.database, visit, (tx) =>
        checkIn(tx, visit.club, pinSecret, pin, visit.nowMs),
      )
      return await show(c, shop, visit, here, here ? undefined : 'kiosk.wrong')
    }),
  )
}

async function show(
  c: Context,
  shop: Shop,
  visit: Visit,
  here?: Game,
  problem?: WordKey,
): Promise<Response> {
  await mustBeKiosk(c, shop, visit)
  const games = await inVisit(shop.database, visit, (tx) => gamesNow(tx, visit.club, visit.nowMs))
  return answer(c, <KioskPage {...{ visit, games, here, problem }} />, problem ? 409 : 200)
}

/** To all but the club's own screens the page does not exist. @throws {MissingError} */
async function mustBeKiosk(c: Context, shop: Shop, visit: Visit): Promise<void> {
  const token = getCookie(c, COOKIE) ?? ''
  const isOurs =
    /^[\w-]{43}$/.test(token) &&
    visit.club.checkinMinutes > 0 &&
    (await inVisit(shop.database, visit, (tx) => isKiosk(tx, visit.club.id, token)))
  if (!isOurs) throw new MissingError('not a kiosk')
}
