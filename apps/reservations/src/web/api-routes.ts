/**
 * What a club's own website may show: courts, and what is free. The same that any visitor sees on
 * the day page, without names, for programs.
 *
 * It reads no cookie and changes nothing, so any site may ask.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { bookingsWithin } from '../data/bookings.ts'
import { clubBySlug, courtsOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { inClub } from '../database.ts'
import type { Booking, Club, Court } from '../model.ts'
import { freeMinutes } from '../pages/grid.ts'
import { addDays, dayRows, instantOf, instantText, isDate, todayIn } from '../time.ts'
import { queryOf, type Shop } from './desk.tsx'
import { openApi } from './openapi.ts'

const PAST_DAYS_MAX = 31
const FUTURE_DAYS_MAX = 400

const shared = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Cache-Control': 'public, max-age=15',
}

export function addApiRoutes(app: Hono, shop: Shop): void {
  app.get('/api/v1/openapi.json', (c) => c.json(openApi(shop.publicOrigin), 200, shared))
  app.get('/api/v1/clubs/:club', async (c) => {
    const club = await clubOf(c, shop)
    const courts = await inClub(shop.database, club.id, (tx) => courtsOf(tx, club.id))
    const { slug, name, town, zone, language, opensMinute, closesMinute } = club
    const about = { slug, name, town, zone, language, opensMinute, closesMinute }
    return c.json({ ...about, courts: courts.map(courtJson) }, 200, shared)
  })
  app.get('/api/v1/clubs/:club/days/:date', async (c) => {
    const club = await clubOf(c, shop)
    const { date, courts, bookings } = await dayOf(c, shop, club)
    const taken = bookings.map(({ courtId, startMs, endMs, kind, title }) => ({
      court: courtId,
      from: instantText(startMs),
      until: instantText(endMs),
      kind: kind === 'hold' ? 'play' : kind,
      title,
    }))
    return c.json({ date, courts: courts.map(courtJson), taken }, 200, shared)
  })
  app.get('/api/v1/clubs/:club/days/:date/free', async (c) => {
    const club = await clubOf(c, shop)
    const { date, courts, bookings } = await dayOf(c, shop, club)
    const nowMs = shop.nowMs()
    const wanted = queryOf(c).text('minutes')
    const minutes = /^\d{2,3}$/.test(wanted) ? Number(wanted) : undefined
    const closesMs = instantOf(club.zone, date, club.closesMinute)
    const rows = dayRows(club.zone, date, club.opensMinute, club.closesMinute)
    const free = rows
      .filter(({ startMs }) => startMs > nowMs)
      .flatMap(({ startMs }) =>
        courts.flatMap((court) => {
          const longest = freeMinutes(court, bookings, startMs, closesMs)
          if (longest < (minutes ?? court.lengthMin)) return []
          return [{ court: court.id, from: instantText(startMs), minutes: longest }]
        }),
      )
    return c.json({ date, free }, 200, shared)
  })
}

async function clubOf(c: Context, shop: Shop): Promise<Club> {
  const club = await clubBySlug(shop.database, c.req.param('club') ?? '')
  if (!club) throw new MissingError('no such club')
  return club
}

async function dayOf(
  c: Context,
  shop: Shop,
  club: Club,
): Promise<{ date: string; courts: Court[]; bookings: Booking[] }> {
  const date = c.req.param('date') ?? ''
  const today = todayIn(club.zone, shop.nowMs())
  const isNear =
    isDate(date) &&
    date >= addDays(today, -PAST_DAYS_MAX) &&
    date <= addDays(today, FUTURE_DAYS_MAX)
  if (!isNear) throw new MissingError('no such day')
  const [from, to] = [instantOf(club.zone, date, 0), instantOf(club.zone, date, 1440)]
  return await inClub(shop.database, club.id, async (tx) => ({
    date,
    courts: await courtsOf(tx, club.id),
    bookings: await bookingsWithin(tx, club.id, from, to, { viewer: undefined, year: 0 }),
  }))
}

function courtJson({ id, name, sport, surface, indoor, lengthMin, lengthMax }: Court): object {
  return { id, name, sport, surface, indoor, lengthMin, lengthMax }
}
