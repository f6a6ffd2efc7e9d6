/**
 * The journal, undoing a deed, and the whole club back to a moment: always the difference first.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Context, Hono } from 'hono'
import { MissingError } from '../data/errors.ts'
import { courtsOf } from '../data/clubs.ts'
import { putBack, stepsOfAct, stepsToMoment, type PutBack, type Step } from '../data/history.ts'
import { actsOf, beginAct, UNDO_DAYS, type Act } from '../data/journal.ts'
import type { Transaction } from '../database.ts'
import type { Member } from '../model.ts'
import { DifferencePage, JournalPage, resultQuery } from '../pages/journal.tsx'
import { instantOf, isDate } from '../time.ts'
import { answer, behindTheDesk, formOf, idOf, isId, proved, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { inVisit, type Visit } from './visit.ts'

const DAY_MS = 86_400_000

export function addJournalRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/journal',
    behindTheDesk(shop, 'journal', async (c, visit) => {
      const acts = await inVisit(shop.database, visit, (tx) => actsOf(tx, visit.club.id))
      const query = queryOf(c)
      const count = (name: string): number => Number(/^\d{1,6}$/.exec(query.text(name))?.[0] ?? 0)
      const result = query.text('back') && { done: count('back'), left: count('left') }
      const problem = query.text('problem') === 'moment' ? 'journal.badMoment' : undefined
      return answer(c, <JournalPage {...{ visit, acts, problem }} result={result || undefined} />)
    }),
  )
  const undo = (c: Context): Promise<Target> => {
    const id = idOf(c, 'act')
    return Promise.resolve({ kind: 'act', id })
  }
  add(app, shop, '/:club/office/journal/:act/undo', undo)
  add(app, shop, '/:club/office/journal/moment', async (c, visit) => {
    const fields = c.req.method === 'GET' ? queryOf(c) : await formOf(c)
    return await targetOf(shop, visit, fields)
  })
}

/** What is gone back to. */
type Target =
  | { readonly kind: 'act'; readonly id: string }
  | {
      readonly kind: 'moment'
      readonly at: Date
      readonly fields: Readonly<Record<string, string>>
    }
  | undefined

type Read = (c: Context, visit: Visit) => Promise<Target>

/** The same address shows the difference and makes it; names may be in it, so proof comes first. */
function add(app: Hono, shop: Shop, path: string, read: Read): void {
  app.get(
    path,
    proved(shop, 'journal', async (c, visit) => {
      const target = await read(c, visit)
      if (!target) return c.redirect(`/${visit.club.slug}/office/journal?problem=moment`, 303)
      return await showDifference(c, shop, visit, target)
    }),
  )
  app.post(
    path,
    proved(shop, 'journal', async (c, visit, member) => {
      const digest = (await formOf(c)).text('digest')
      const target = await read(c, visit)
      if (!target) return c.redirect(`/${visit.club.slug}/office/journal?problem=moment`, 303)
      const done = await inVisit(shop.database, visit, (tx) =>
        goBack(tx, visit, member, target, digest),
      )
      if (!done) return await showDifference(c, shop, visit, target, true)
      return c.redirect(`/${visit.club.slug}/office/journal?${resultQuery(done)}`, 303)
    }),
  )
}

async function showDifference(
  c: Context,
  shop: Shop,
  visit: Visit,
  target: NonNullable<Target>,
  isChanged = false,
): Promise<Response> {
  const view = await inVisit(shop.database, visit, async (tx) => {
    const { plan, act } = await planOf(tx, visit, target)
    return { plan, act, courts: await courtsOf(tx, visit.club.id, 'all') }
  })
  const moment =
    target.kind === 'moment'
      ? { atMs: target.at.getTime(), fields: target.fields }
      : { atMs: visit.nowMs, fields: {} }
  const problem = isChanged ? 'journal.changed' : undefined
  const digest = digestOf(view.plan)
  return answer(c, <DifferencePage {...{ visit, moment, digest, problem, ...view }} />)
}

/** @returns Undefined when the difference is no longer the one that was shown. */
async function goBack(
  tx: Transaction,
  visit: Visit,
  by: Member,
  target: NonNullable<Target>,
  digest: string,
): Promise<PutBack | undefined> {
  const { club, nowMs } = visit
  await tx`SELECT FROM clubs WHERE id = ${club.id} FOR UPDATE` // one goes back at a time
  const { plan, act } = await planOf(tx, visit, target)
  if (digestOf(plan) !== digest) return undefined
  const when = target.kind === 'moment' ? target.at.toISOString() : ''
  if (act) await beginAct(tx, club, by, 'undo', act.summary, act.id)
  else await beginAct(tx, club, by, 'restore', when)
  return await putBack(
    tx,
    club,
    plan.filter(({ isStale }) => !isStale),
    nowMs,
  )
}

async function planOf(
  tx: Transaction,
  { club }: Visit,
  target: NonNullable<Target>,
): Promise<{ plan: Step[]; act: Act | undefined }> {
  if (target.kind === 'moment') {
    return { plan: await stepsToMoment(tx, club.id, target.at), act: undefined }
  }
  const act = (await actsOf(tx, club.id)).find(({ id }) => id === target.id)
  if (!act || act.rows === 0 || act.isUndone) throw new MissingError('nothing to undo')
  return { plan: await stepsOfAct(tx, club.id, act.id), act }
}

/** A moment by date and time, or the one just before a deed. */
async function targetOf(shop: Shop, visit: Visit, fields: Fields): Promise<Target> {
  const { club } = visit
  const actId = fields.text('act')
  const all = await inVisit(shop.database, visit, (tx) => actsOf(tx, club.id))
  if (actId !== '') {
    const act = isId(actId) ? all.find(({ id }) => id === actId) : undefined
    if (!act) throw new MissingError('no such deed')
    return { kind: 'moment', at: new Date(act.atMs), fields: { act: act.id } }
  }
  const [date, time] = [fields.text('date'), fields.text('time')]
  const [, hours = '', minutes = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? []
  if (!isDate(date) || hours === '') return undefined
  const atMs = instantOf(club.zone, date, Number(hours) * 60 + Number(minutes))
  const isKnown = atMs > visit.nowMs - UNDO_DAYS * DAY_MS && atMs <= visit.nowMs
  return isKnown ? { kind: 'moment', at: new Date(atMs), fields: { date, time } } : undefined
}

function digestOf(plan: readonly Step[]): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('base64url')
}
