/**
 * Staff plan courses, and the days without; a coach sees to his own.
 *
 * @module
 */
import type { Hono } from 'hono'
import { MissingError } from '../data/errors.ts'
import { courtsOf } from '../data/clubs.ts'
import { staffOf } from '../data/members.ts'
import { addHoliday, dropHoliday, holidaysOf, RuleError } from '../data/rules.ts'
import { changeMeeting, effectOfCourse, endCourse, giveCourse } from '../data/series.ts'
import { meetingsOf, seriesOf, type Series } from '../data/series.ts'
import { TakenError, type Transaction } from '../database.ts'
import type { Court, Member } from '../model.ts'
import { courseQuery, CoursePreviewPage, OneSeriesPage } from '../pages/series.tsx'
import { SeriesPage, type OneSeriesView } from '../pages/series.tsx'
import { may } from '../rights.ts'
import { occurrencesOf, WEEKS_MAX, type Course } from '../series.ts'
import { addDays, instantOf, isDate, STEP_MINUTES, weekdayOf } from '../time.ts'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, FormError, formOf, idOf, isId, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { inVisit, readNamed, type Visit } from './visit.ts'

const problems: Readonly<Record<string, WordKey>> = {
  bad: 'series.bad',
  changed: 'office.listChanged',
  taken: 'refuse.taken',
  many: 'rules.tooMany',
}

export function addSeriesRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/series',
    behindTheDesk(shop, 'teach', async (c, visit, member) => {
      const query = queryOf(c)
      const view = await inVisit(shop.database, visit, async (tx) => ({
        visit,
        courts: await courtsOf(tx, visit.club.id),
        coaches: await staffOf(tx, visit.club.id),
        series: await seriesFor(tx, visit, member),
        holidays: await holidaysOf(tx, visit.club.id),
      }))
      const given = /^\d{1,4}$/.test(query.text('given')) ? Number(query.text('given')) : undefined
      const problem = problems[query.text('problem')]
      const course = readCourse(query, visit)
      return answer(c, <SeriesPage {...{ ...view, course, given, problem }} />)
    }),
  )
  app.get(
    '/:club/office/series/preview',
    behindTheDesk(shop, 'courses', async (c, visit) => {
      const course = readCourse(queryOf(c), visit)
      const seen = await inVisit(shop.database, visit, async (tx) => {
        const courts = await courtsOf(tx, visit.club.id)
        if (!makesSense(course, courts)) return undefined
        const weeks = occurrencesOf(visit.club.zone, course, await holidaysOf(tx, visit.club.id))
        const meetings = await readNamed(
          tx,
          visit,
          ({ viewer }) => effectOfCourse(tx, visit.club, viewer, course, weeks),
          (found) => found.flatMap(({ cancels }) => cancels),
        )
        return { courts, meetings }
      })
      if (!seen) return c.redirect(seriesAddress(visit, course, 'bad'), 303)
      return answer(c, <CoursePreviewPage {...{ visit, course, ...seen }} />)
    }),
  )
  app.post(
    '/:club/office/series',
    behindTheDesk(shop, 'courses', async (c, visit, member) => {
      const { club, nowMs } = visit
      const fields = await formOf(c)
      const course = readCourse(fields, visit)
      const given = await inVisit(shop.database, visit, async (tx) => {
        const courts = await courtsOf(tx, club.id)
        if (!makesSense(course, courts)) return 'bad'
        const weeks = occurrencesOf(club.zone, course, await holidaysOf(tx, club.id))
        const seen = fields.all('seen')
        return (await giveCourse(tx, club, member, course, weeks, seen, nowMs)) ?? 'changed'
      })
      const address =
        typeof given === 'number'
          ? `/${club.slug}/office/series?given=${given}`
          : seriesAddress(visit, course, given)
      return c.redirect(address, 303)
    }),
  )
  addOneSeries(app, shop)
  addHolidays(app, shop)
}

function addOneSeries(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/series/:series',
    behindTheDesk(shop, 'teach', async (c, visit, member) => {
      const view = await oneSeries(shop, visit, member, idOf(c, 'series'))
      return answer(c, <OneSeriesPage {...view} problem={problems[queryOf(c).text('problem')]} />)
    }),
  )
  app.post(
    '/:club/office/series/:series/end',
    behindTheDesk(shop, 'courses', async (c, visit, member) => {
      const id = idOf(c, 'series')
      const { club, nowMs } = visit
      await inVisit(shop.database, visit, (tx) => endCourse(tx, club, member, id, nowMs))
      return c.redirect(`/${club.slug}/office/series?done=ended`, 303)
    }),
  )
  app.post(
    '/:club/office/series/:series/meetings/:meeting',
    behindTheDesk(shop, 'teach', async (c, visit, member) => {
      const { club, nowMs } = visit
      const [series, id] = [idOf(c, 'series'), idOf(c, 'meeting')]
      const fields = await formOf(c)
      const view = await oneSeries(shop, visit, member, series)
      const court = view.courts.find((one) => one.id === fields.text('court'))
      const date = fields.text('date')
      const minute = fields.whole('start', 0, 1439)
      if (!court) throw new MissingError('no such court')
      if (!isDate(date) || minute % STEP_MINUTES !== 0) throw new FormError('date')
      const startMs = instantOf(club.zone, date, minute)
      const endMs = instantOf(club.zone, date, minute + view.series.lengthMinutes)
      const base = `/${club.slug}/office/series/${series}`
      try {
        const to = { courtId: court.id, startMs, endMs }
        await inVisit(shop.database, visit, (tx) =>
          changeMeeting(tx, club, member, series, id, to, nowMs),
        )
        return c.redirect(`${base}?done=moved`, 303)
      } catch (error) {
        if (error instanceof TakenError) return c.redirect(`${base}?problem=taken`, 303)
        throw error
      }
    }),
  )
  app.post(
    '/:club/office/series/:series/meetings/:meeting/cancel',
    behindTheDesk(shop, 'teach', async (c, visit, member) => {
      const { club, nowMs } = visit
      const id = idOf(c, 'meeting')
      const { series } = await oneSeries(shop, visit, member, idOf(c, 'series'))
      await inVisit(shop.database, visit, (tx) =>
        changeMeeting(tx, club, member, series.id, id, undefined, nowMs),
      )
      return c.redirect(`/${club.slug}/office/series/${series.id}?done=cancelled`, 303)
    }),
  )
}

/** Those a member has to do with: who plans all of them, or who teaches some. */
async function seriesFor(tx: Transaction, visit: Visit, member: Member): Promise<Series[]> {
  const all = await seriesOf(tx, visit.club.id, visit.nowMs)
  return may(member, 'courses') ? all : all.filter(({ coachId }) => coachId === member.id)
}

async function oneSeries(
  shop: Shop,
  visit: Visit,
  member: Member,
  id: string,
): Promise<OneSeriesView> {
  return await inVisit(shop.database, visit, async (tx) => {
    const series = (await seriesFor(tx, visit, member)).find((one) => one.id === id)
    if (!series) throw new MissingError('no such course')
    const courts = await courtsOf(tx, visit.club.id, 'all')
    return { visit, courts, series, meetings: await meetingsOf(tx, visit.club.id, id) }
  })
}

function addHolidays(app: Hono, shop: Shop): void {
  app.post(
    '/:club/office/holidays',
    behindTheDesk(shop, 'courses', async (c, visit, member) => {
      const fields = await formOf(c)
      const title = fields.text('title').trim().slice(0, 60)
      const [firstDate, lastDate] = [fields.text('first'), fields.text('last')]
      const { club } = visit
      const back = `/${club.slug}/office/series`
      const isBad = title === '' || !isDate(firstDate) || !isDate(lastDate)
      if (isBad || lastDate < firstDate || lastDate > addDays(firstDate, 120)) {
        return c.redirect(`${back}?problem=bad`, 303)
      }
      try {
        const holiday = { title, firstDate, lastDate }
        await inVisit(shop.database, visit, (tx) => addHoliday(tx, club, member, holiday))
      } catch (error) {
        if (error instanceof RuleError) return c.redirect(`${back}?problem=many`, 303)
        throw error
      }
      return c.redirect(`${back}?done=saved`, 303)
    }),
  )
  app.post(
    '/:club/office/holidays/:holiday/drop',
    behindTheDesk(shop, 'courses', async (c, visit, member) => {
      const id = idOf(c, 'holiday')
      await inVisit(shop.database, visit, (tx) => dropHoliday(tx, visit.club, member, id))
      return c.redirect(`/${visit.club.slug}/office/series?done=saved`, 303)
    }),
  )
}

/** Whatever the fields hold becomes a form that can be shown again. */
function readCourse(fields: Fields, { today }: Visit): Course {
  const number = (name: string, otherwise: number, max: number): number =>
    /^\d{1,4}$/.test(fields.text(name)) && Number(fields.text(name)) <= max
      ? Number(fields.text(name))
      : otherwise
  const date = (name: string, otherwise: string): string =>
    isDate(fields.text(name)) ? fields.text(name) : otherwise
  const coach = fields.text('coach')
  return {
    title: fields.text('title').trim().slice(0, 80),
    courtIds: [...new Set(fields.all('court'))].slice(0, 100),
    coachId: isId(coach) ? coach : undefined,
    weekday: Math.max(1, number('weekday', weekdayOf(today), 7)),
    startMinute: number('start', 14 * 60, 1410),
    lengthMinutes: number('length', 60, 480),
    firstDate: date('first', today),
    lastDate: date('last', addDays(today, 90)),
  }
}

function makesSense(course: Course, courts: readonly Court[]): boolean {
  const known = course.courtIds.every((id) => courts.some((court) => court.id === id))
  const { startMinute, lengthMinutes, firstDate, lastDate } = course
  const onSteps = startMinute % STEP_MINUTES === 0 && lengthMinutes % STEP_MINUTES === 0
  const inOrder = firstDate <= lastDate && lastDate <= addDays(firstDate, WEEKS_MAX * 7)
  const some = course.courtIds.length > 0 && lengthMinutes >= STEP_MINUTES
  return known && some && onSteps && inOrder && course.title !== ''
}

function seriesAddress({ club }: Visit, course: Course, problem: string): string {
  return `/${club.slug}/office/series?${courseQuery(course)}&problem=${problem}`
}
