/**
 * The day page.
 *
 * @module
 */
import type { Hono } from 'hono'
import { bookingsWithin } from '../data/bookings.ts'
import { courtsOf, subscriptionsOf } from '../data/clubs.ts'
import { MissingError } from '../data/errors.ts'
import { versionOf } from '../live.ts'
import { isOpenHold, lastOpenDate, opensToMember } from '../policy.ts'
import { DayPage } from '../pages/day.tsx'
import { layOut } from '../pages/grid.ts'
import { whenWords } from '../pages/layout.tsx'
import { may } from '../rights.ts'
import { addDays, instantOf, isDate } from '../time.ts'
import { answer, open, queryOf, type Shop } from './desk.tsx'
import { inVisit, readNamed } from './visit.ts'

/** How far the calendar goes: no page is made for days nobody can mean. */
const PAST_DAYS_MAX = 400
const FUTURE_DAYS_MAX = 400

export function addDayRoutes(app: Hono, shop: Shop): void {
  app.get('/:club', (c) => c.redirect(`/${encodeURIComponent(c.req.param('club'))}/day`, 302))
  app.get(
    '/:club/day',
    open(shop, async (c, visit) => {
      const { club, today, member, nowMs } = visit
      const query = queryOf(c)
      const date = query.text('date') || today
      const first = addDays(today, -PAST_DAYS_MAX)
      if (!isDate(date) || date < first || date > addDays(today, FUTURE_DAYS_MAX)) {
        throw new MissingError('no such day')
      }
      const startMs = instantOf(club.zone, date, club.opensMinute)
      const endMs = instantOf(club.zone, date, club.closesMinute)
      const read = await inVisit(shop.database, visit, async (tx) => {
        const version = await versionOf(tx, club.id) // before what it is the version of
        const subscriptions = member ? await subscriptionsOf(tx, club.id) : []
        return {
          version,
          all: await courtsOf(tx, club.id),
          bookings: await readNamed(
            tx,
            visit,
            (look) => bookingsWithin(tx, club.id, startMs, endMs, look),
            (found) => found,
          ),
          subscription: subscriptions.find(({ id }) => id === member?.subscriptionId),
        }
      })
      const { all, bookings, subscription, version } = read
      const standing = bookings.filter((one) => !isOpenHold(one, member?.id, nowMs))
      const sports = [...new Set(all.map(({ sport }) => sport))]
      const sport = sports.find((one) => one === query.text('sport'))
      const courts = sport ? all.filter((court) => court.sport === sport) : all
      const free = (member && may(member, 'desk')) || !subscription
      const lastDate = free ? undefined : lastOpenDate(club, subscription, nowMs)
      const opensUntilMs =
        lastDate === undefined ? Infinity : instantOf(club.zone, addDays(lastDate, 1), 0)
      const showPast = query.text('past') === '1'
      const grid = layOut({ club, date, courts, bookings: standing, nowMs, opensUntilMs, showPast })
      const opensOn =
        subscription && startMs >= opensUntilMs
          ? whenWords(club.zone, opensToMember(club, subscription, startMs), visit.language)
          : undefined
      const view = { visit, date, courts, sports, sport, grid, bookings: standing, opensOn }
      return answer(c, <DayPage {...{ ...view, version }} isOver={endMs <= nowMs} />)
    }),
  )
}
