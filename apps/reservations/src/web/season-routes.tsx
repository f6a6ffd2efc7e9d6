/**
 * Waiting for a court, calendars that follow a member, and the committee's numbers.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { bookingsOfMember, bookingsWithin, usesWithin } from '../data/bookings.ts'
import { missedWithin } from '../data/checkins.ts'
import { courtsOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { closeFeed, memberOfFeed, openFeed } from '../data/feeds.ts'
import { stopWaiting, waitFor, WaitError, waitsOf } from '../data/waits.ts'
import { calendarOf, type Entry } from '../ics.ts'
import { csvCell } from '../import.ts'
import { numbersOf } from '../numbers.ts'
import { NumbersPage, type NumbersView } from '../pages/numbers.tsx'
import { WaitPage } from '../pages/wait.tsx'
import { addDays, instantOf, isDate, wallClock } from '../time.ts'
import { answer, behindTheDesk, idOf, inside, open, queryOf, type Shop } from './desk.tsx'
import { showMe } from './member-routes.tsx'
import { inVisit, lookOf, type Visit } from './visit.ts'

const DAY_MS = 86_400_000
const FEED_PAST_MS = 60 * DAY_MS
const NUMBERS_DAYS_MAX = 366

export function addSeasonRoutes(app: Hono, shop: Shop): void {
  addWaiting(app, shop)
  addFeeds(app, shop)
  addNumbers(app, shop)
}

function addWaiting(app: Hono, shop: Shop): void {
  app.get(
    '/:club/wait',
    inside(shop, async (c, visit, member) => {
      const { club, today, nowMs } = visit
      const wanted = queryOf(c).text('date')
      const isFine = isDate(wanted) && wanted >= today && wanted <= addDays(today, 400)
      const date = isFine ? wanted : today
      const view = await inVisit(shop.database, visit, async (tx) => {
        const from = Math.max(instantOf(club.zone, date, 0), nowMs)
        const to = instantOf(club.zone, date, 1440)
        const day = await bookingsWithin(tx, club.id, from, to, lookOf(visit))
        const taken = day.filter(
          ({ kind, startMs, players }) =>
            (kind === 'play' || kind === 'course') &&
            startMs > nowMs &&
            !players.some(({ id }) => id === member.id),
        )
        const courts = await courtsOf(tx, club.id)
        return { taken, courts, waits: await waitsOf(tx, club.id, member.id, nowMs) }
      })
      const problem = problems.find((word) => word === `wait.${queryOf(c).text('problem')}`)
      return answer(c, <WaitPage {...{ visit, date, problem, ...view }} />)
    }),
  )
  app.post(
    '/:club/wait/for/:id',
    inside(shop, async (c, visit, member) => {
      const id = idOf(c, 'id')
      const back = `/${visit.club.slug}/wait`
      try {
        const { club, nowMs } = visit
        await inVisit(shop.database, visit, (tx) => waitFor(tx, club, member, id, nowMs))
        return c.redirect(`${back}?done=added`, 303)
      } catch (error) {
        if (!(error instanceof WaitError)) throw error
        return c.redirect(`${back}?problem=${error.word.slice(5)}`, 303)
      }
    }),
  )
  app.post(
    '/:club/wait/:wait/stop',
    inside(shop, async (c, visit, member) => {
      const id = idOf(c, 'wait')
      await inVisit(shop.database, visit, (tx) => stopWaiting(tx, visit.club, member, id))
      return c.redirect(`/${visit.club.slug}/wait?done=stopped`, 303)
    }),
  )
}

const problems = ['wait.tooManyMine', 'wait.tooManyHere'] as const

function addFeeds(app: Hono, shop: Shop): void {
  app.post(
    '/:club/me/feeds',
    inside(shop, async (c, visit, member) => {
      const token = await inVisit(shop.database, visit, (tx) => openFeed(tx, visit.club.id, member))
      if (!token) return c.redirect(`/${visit.club.slug}/me?done=feed-many`, 303)
      const address = `${shop.publicOrigin}/${visit.club.slug}/feed/${token}.ics`
      return await showMe(c, shop, visit, member, address)
    }),
  )
  app.post(
    '/:club/me/feeds/:feed/close',
    inside(shop, async (c, visit, member) => {
      const id = idOf(c, 'feed')
      const gone = await inVisit(shop.database, visit, (tx) =>
        closeFeed(tx, visit.club.id, member.id, id),
      )
      if (!gone) throw new MissingError('no such feed')
      return c.redirect(`/${visit.club.slug}/me?done=feed-closed`, 303)
    }),
  )
  app.get(
    '/:club/feed/:file',
    open(shop, async (c, visit) => {
      const [, token] = /^([\w-]{43})\.ics$/.exec(c.req.param('file') ?? '') ?? []
      const entries = token === undefined ? undefined : await entriesOf(shop, visit, token)
      if (!entries) throw new MissingError('no such calendar')
      return c.body(calendarOf(visit.club.name, entries), 200, {
        'Content-Type': 'text/calendar; charset=utf-8',
        'Content-Disposition': 'inline; filename="bookings.ics"',
      })
    }),
  )
}

/** A member's own bookings; whoever plays along is not named. */
async function entriesOf(shop: Shop, visit: Visit, token: string): Promise<Entry[] | undefined> {
  const { club, nowMs, say } = visit
  return await inVisit(shop.database, visit, async (tx) => {
    const member = await memberOfFeed(tx, club.id, token)
    if (!member) return undefined
    const courts = await courtsOf(tx, club.id, 'all')
    const look = { viewer: undefined, year: 0 }
    const bookings = await bookingsOfMember(tx, club.id, member.id, nowMs - FEED_PAST_MS, look)
    return bookings.map((one): Entry => {
      const court = courts.find(({ id }) => id === one.courtId)
      const sport = court ? say(`sport.${court.sport}`) : ''
      return {
        uid: `${one.id}@${club.slug}`,
        startMs: one.startMs,
        endMs: one.endMs,
        summary: `${sport} · ${court?.name ?? ''}`,
        location: [club.name, club.town].filter(Boolean).join(', '),
        isCancelled: one.status === 'cancelled',
        stampMs: nowMs,
      }
    })
  })
}

function addNumbers(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/numbers',
    behindTheDesk(shop, 'numbers', async (c, visit) =>
      answer(c, <NumbersPage {...await numbersView(c, shop, visit)} />),
    ),
  )
  app.get(
    '/:club/office/numbers.csv',
    behindTheDesk(shop, 'numbers', async (c, visit) => {
      const { numbers, from, to } = await numbersView(c, shop, visit)
      if (!numbers) throw new MissingError('no such period')
      const heading = ['court', 'from', 'to', 'open', 'play', 'course', 'closed', 'share']
      const rows = numbers.courts.map((row) =>
        [
          row.court.name,
          from,
          to,
          row.openHours.toFixed(1),
          row.playHours.toFixed(1),
          row.courseHours.toFixed(1),
          row.closedHours.toFixed(1),
          row.share.toFixed(3),
        ].map(csvCell),
      )
      const text = [heading, ...rows].map((row) => row.join(';')).join('\r\n')
      return c.body(`\ufeff${text}\r\n`, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="${visit.club.slug}-numbers.csv"`,
      })
    }),
  )
}

async function numbersView(c: Context, shop: Shop, visit: Visit): Promise<NumbersView> {
  const { club, today } = visit
  const query = queryOf(c)
  const date = (name: string, otherwise: string): string =>
    isDate(query.text(name)) ? query.text(name) : otherwise
  const from = date('from', `${wallClock(club.zone, visit.nowMs).date.slice(0, 7)}-01`)
  const to = date('to', today)
  if (from > to || to > addDays(from, NUMBERS_DAYS_MAX)) {
    return { visit, from, to, numbers: undefined, missed: 0 }
  }
  const [startMs, endMs] = [instantOf(club.zone, from, 0), instantOf(club.zone, to, 1440)]
  return await inVisit(shop.database, visit, async (tx) => {
    const all = await courtsOf(tx, club.id, 'all')
    const uses = await usesWithin(tx, club.id, startMs, endMs)
    const played = new Set(uses.map(({ courtId }) => courtId))
    const courts = all.filter(({ id, retired }) => !retired || played.has(id))
    const missed = await missedWithin(tx, club.id, startMs, endMs)
    return { visit, from, to, numbers: numbersOf(club, courts, uses, from, to), missed }
  })
}
