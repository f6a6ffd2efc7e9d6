/**
 * A club's other programs: what officers let in, and what a door asks.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { clubBySlug } from '../data/clubs.ts'
import { doorKeysOf, dropDoorKey, isDoorKey, makeDoorKey } from '../data/doors.ts'
import { openingsOf, setDoorMinutes } from '../data/doors.ts'
import { MissingError } from '../data/errors.ts'
import { raiseAlert } from '../data/officers.ts'
import { addWebhook, dropWebhook, testWebhook, webhooksOf } from '../data/webhooks.ts'
import { inClub } from '../database.ts'
import { hookSecret } from '../hooks.ts'
import { isWebhookUrl } from '../outside.ts'
import { ConnectionsPage } from '../pages/connections.tsx'
import { instantText } from '../time.ts'
import type { WordKey } from '../words/table.ts'
import { answer, FormError, formOf, idOf, proved, type Shop } from './desk.tsx'
import { inVisit, type Visit } from './visit.ts'

const NAME_MAX = 60
const BEARER = /^Bearer ([\w-]{43})$/

export function addConnectionRoutes(app: Hono, shop: Shop): void {
  const { pinSecret } = shop
  if (pinSecret === undefined) return
  const show = async (
    c: Context,
    visit: Visit,
    { key, problem }: { key?: string | undefined; problem?: WordKey | undefined } = {},
  ): Promise<Response> => {
    const { club } = visit
    const found = await inVisit(shop.database, visit, async (tx) => ({
      keys: await doorKeysOf(tx, club.id),
      hooks: await webhooksOf(tx, club.id),
    }))
    const hooks = found.hooks.map((hook) => ({ ...hook, secret: hookSecret(pinSecret, hook.id) }))
    const doorsUrl = `${shop.publicOrigin}/api/v1/clubs/${club.slug}/doors`
    const view = { visit, keys: found.keys, hooks, doorsUrl, made: key, problem }
    return answer(c, <ConnectionsPage {...view} />, problem ? 409 : 200)
  }
  const back = ({ club }: Visit, done: string): string => `/${club.slug}/office/links?done=${done}`
  app.get(
    '/:club/office/links',
    proved(shop, 'links', (c, visit) => show(c, visit)),
  )
  app.post(
    '/:club/office/links/doors',
    proved(shop, 'links', async (c, visit) => {
      const minutes = (await formOf(c)).whole('minutes', 0, 60)
      await inVisit(shop.database, visit, (tx) => setDoorMinutes(tx, visit.club.id, minutes))
      return c.redirect(back(visit, 'doors-saved'), 303)
    }),
  )
  app.post(
    '/:club/office/links/keys',
    proved(shop, 'links', async (c, visit, member) => {
      const name = (await formOf(c)).text('name').trim()
      if (name === '' || name.length > NAME_MAX) throw new FormError('name')
      const key = await inVisit(shop.database, visit, async (tx) => {
        const made = await makeDoorKey(tx, visit.club.id, name)
        if (made !== undefined) await raiseAlert(tx, visit.club.id, 'link', member.id, 1)
        return made
      })
      return await show(c, visit, key === undefined ? { problem: 'links.many' } : { key })
    }),
  )
  app.post(
    '/:club/office/links/keys/:key/drop',
    proved(shop, 'links', async (c, visit) => {
      const id = idOf(c, 'key')
      const gone = await inVisit(shop.database, visit, (tx) => dropDoorKey(tx, visit.club.id, id))
      if (!gone) throw new MissingError('no such key')
      return c.redirect(back(visit, 'keys-dropped'), 303)
    }),
  )
  app.post(
    '/:club/office/links/hooks',
    proved(shop, 'links', async (c, visit, member) => {
      const url = (await formOf(c)).text('url').trim()
      if (!isWebhookUrl(url, shop.webhooks ?? 'outside'))
        return await show(c, visit, { problem: 'hooks.bad' })
      const id = await inVisit(shop.database, visit, async (tx) => {
        const added = await addWebhook(tx, visit.club.id, url)
        if (added === undefined) return undefined
        await raiseAlert(tx, visit.club.id, 'link', member.id, 1)
        return added
      })
      return id === undefined
        ? await show(c, visit, { problem: 'links.many' })
        : c.redirect(`/${visit.club.slug}/office/links`, 303)
    }),
  )
  app.post(
    '/:club/office/links/hooks/:hook/test',
    proved(shop, 'links', async (c, visit) => {
      const id = idOf(c, 'hook')
      const found = await inVisit(shop.database, visit, (tx) => testWebhook(tx, visit.club.id, id))
      if (!found) throw new MissingError('no such address')
      return c.redirect(back(visit, 'hooks-tested'), 303)
    }),
  )
  app.post(
    '/:club/office/links/hooks/:hook/drop',
    proved(shop, 'links', async (c, visit) => {
      const id = idOf(c, 'hook')
      const gone = await inVisit(shop.database, visit, (tx) => dropWebhook(tx, visit.club.id, id))
      if (!gone) throw new MissingError('no such address')
      return c.redirect(`/${visit.club.slug}/office/links`, 303)
    }),
  )
  app.get('/api/v1/clubs/:club/doors', async (c) => await openings(c, shop, pinSecret))
}

/** For whoever shows a key of the club; to others it is as if there were no codes. */
async function openings(c: Context, shop: Shop, secret: string): Promise<Response> {
  const club = await clubBySlug(shop.database, c.req.param('club') ?? '')
  if (!club) throw new MissingError('no such club')
  const [, key] = BEARER.exec(c.req.header('authorization') ?? '') ?? []
  const nowMs = shop.nowMs()
  const found = await inClub(shop.database, club.id, async (tx) => {
    if (key === undefined || !(await isDoorKey(tx, club.id, key))) return undefined
    return club.doorMinutes === 0 ? [] : await openingsOf(tx, club, secret, nowMs)
  })
  const own = { 'Cache-Control': 'no-store' }
  if (!found) return c.json({ error: 'a key of this club is needed' }, 401, { ...own, ...asks })
  const doors = found.map(({ courtId, bookingId, fromMs, untilMs, pin }) => ({
    court: courtId,
    booking: bookingId,
    from: instantText(fromMs),
    until: instantText(untilMs),
    pin,
  }))
  return c.json({ at: instantText(nowMs), openings: doors }, 200, own)
}

const asks = { 'WWW-Authenticate': 'Bearer realm="doors"' }
