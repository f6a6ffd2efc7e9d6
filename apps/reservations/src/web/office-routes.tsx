/**
 * The secretary's routes.
 *
 * @module
 */
import type { Hono } from 'hono'
import { close, effectOf, reopen, type Closure } from '../data/closures.ts'
import { closuresAfter } from '../data/bookings.ts'
import { courtsOf } from '../data/clubs.ts'
import { TakenError } from '../database.ts'
import type { Club, Court } from '../model.ts'
import { formQuery, OfficePage, PreviewPage, type ClosureForm } from '../pages/office.tsx'
import { soonGiveBack } from '../refunds.ts'
import { addDays, instantOf, isDate } from '../time.ts'
import { answer, behindTheDesk, formOf, idOf, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { inVisit, readNamed, type Visit } from './visit.ts'

const CLOSURE_DAYS_MAX = 31
const TITLE_LENGTH_MAX = 80

export function addOfficeRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office',
    behindTheDesk(shop, 'desk', async (c, visit) => {
      const query = queryOf(c)
      const form = readForm(query, visit)
      const view = await officeView(shop, visit, form)
      const count = (name: string): number | undefined =>
        /^\d{1,4}$/.test(query.text(name)) ? Number(query.text(name)) : undefined
      const done = { cancelled: count('cancelled'), cut: count('cut') }
      return answer(c, <OfficePage {...view} {...done} problem={problemOf(query)} />)
    }),
  )
  app.get(
    '/:club/office/close',
    behindTheDesk(shop, 'courts', async (c, visit) => {
      const form = readForm(queryOf(c), visit)
      const courts = await inVisit(shop.database, visit, (tx) => courtsOf(tx, visit.club.id))
      const closure = closureOf(form, visit.club, courts)
      if (!closure) return c.redirect(officeAddress(visit, form, 'range'), 303)
      const effect = await inVisit(shop.database, visit, (tx) =>
        readNamed(
          tx,
          visit,
          ({ viewer }) => effectOf(tx, visit.club, viewer, closure),
          ({ cancels }) => cancels,
        ),
      )
      return answer(c, <PreviewPage {...{ visit, courts, closure, effect, form }} />)
    }),
  )
  app.post(
    '/:club/office/close',
    behindTheDesk(shop, 'courts', async (c, visit, member) => {
      const { club, nowMs } = visit
      const fields = await formOf(c)
      const form = readForm(fields, visit)
      const courts = await inVisit(shop.database, visit, (tx) => courtsOf(tx, club.id))
      const closure = closureOf(form, club, courts)
      if (!closure) return c.redirect(officeAddress(visit, form, 'range'), 303)
      try {
        const cancelled = await inVisit(shop.database, visit, (tx) =>
          close(tx, club, member, closure, fields.all('seen'), nowMs),
        )
        soonGiveBack(shop, club)
        if (cancelled === undefined) return c.redirect(officeAddress(visit, form, 'changed'), 303)
        return c.redirect(`/${club.slug}/office?cancelled=${cancelled}`, 303)
      } catch (error) {
        if (error instanceof TakenError) return c.redirect(officeAddress(visit, form, 'taken'), 303)
        throw error
      }
    }),
  )
  app.post(
    '/:club/office/reopen/:group',
    behindTheDesk(shop, 'courts', async (c, visit, member) => {
      const group = idOf(c, 'group')
      const { club, nowMs } = visit
      await inVisit(shop.database, visit, (tx) => reopen(tx, club, member, group, nowMs))
      return c.redirect(`/${visit.club.slug}/office?done=reopened`, 303)
    }),
  )
}

async function officeView(
  shop: Shop,
  visit: Visit,
  form: ClosureForm,
): Promise<Parameters<typeof OfficePage>[0]> {
  return await inVisit(shop.database, visit, async (tx) => ({
    visit,
    courts: await courtsOf(tx, visit.club.id),
    closures: await closuresAfter(tx, visit.club.id, visit.nowMs),
    form,
  }))
}

/** Whatever the fields hold becomes a form that can be shown again. */
function readForm(fields: Fields, { club, today }: Visit): ClosureForm {
  const tomorrow = addDays(today, 1)
  const date = (name: string): string => (isDate(fields.text(name)) ? fields.text(name) : tomorrow)
  const minute = (name: string, otherwise: number): number =>
    /^\d{1,4}$/.test(fields.text(name)) && Number(fields.text(name)) <= 1440
      ? Number(fields.text(name))
      : otherwise
  return {
    courtIds: [...new Set(fields.all('court'))].slice(0, 100),
    fromDate: date('fromDate'),
    fromMinute: minute('fromMinute', club.opensMinute),
    toDate: date('toDate'),
    toMinute: minute('toMinute', club.closesMinute),
    title: fields.text('title').trim().slice(0, TITLE_LENGTH_MAX),
  }
}

/** The closure the form means, or undefined when it means none. */
function closureOf(form: ClosureForm, club: Club, courts: readonly Court[]): Closure | undefined {
  const courtIds = form.courtIds.filter((id) => courts.some((court) => court.id === id))
  const startMs = instantOf(club.zone, form.fromDate, form.fromMinute)
  const endMs = instantOf(club.zone, form.toDate, form.toMinute)
  const tooLong = form.toDate > addDays(form.fromDate, CLOSURE_DAYS_MAX)
  const foreign = courtIds.length !== form.courtIds.length
  if (courtIds.length === 0 || foreign || form.title === '' || endMs <= startMs || tooLong) {
    return undefined
  }
  return { courtIds, startMs, endMs, title: form.title }
}

function officeAddress({ club }: Visit, form: ClosureForm, problem: string): string {
  return `/${club.slug}/office?${formQuery(form)}&problem=${problem}`
}

function problemOf(
  query: Fields,
): 'office.badRange' | 'office.listChanged' | 'refuse.taken' | undefined {
  switch (query.text('problem')) {
    case 'range':
      return 'office.badRange'
    case 'changed':
      return 'office.listChanged'
    case 'taken':
      return 'refuse.taken'
    default:
      return undefined
  }
}
