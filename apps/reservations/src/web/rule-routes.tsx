/**
 * The secretary sets the rules: hours, subscriptions, quotas.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { MissingError } from '../data/errors.ts'
import { courtsOf, quotasOf, subscriptionsOf } from '../data/clubs.ts'
import { addSubscription, dropQuota, RuleError, rulesVersion } from '../data/rules.ts'
import { saveQuota, saveRules, StaleError, type QuotaDraft } from '../data/rules.ts'
import type { Transaction } from '../database.ts'
import type { Member, Subscription } from '../model.ts'
import { QuotaPage, RulesPage, type QuotaView, type RulesView } from '../pages/rules.tsx'
import { STEP_MINUTES } from '../time.ts'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, FormError, formOf, idOf, isId, queryOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { inVisit, visit as visitOf, type Visit } from './visit.ts'

const VERSION_MAX = 999_999
const ALL_DAYS = 127
const periods = ['day', 'week', 'upcoming'] as const

export function addRuleRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/rules',
    behindTheDesk(shop, 'rules', async (c, visit) =>
      answer(c, <RulesPage {...await show(shop, visit)} />),
    ),
  )
  app.post(
    '/:club/office/rules',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const fields = await formOf(c)
      const version = fields.whole('version', 0, VERSION_MAX)
      const view = await show(shop, visit)
      // The fields carry the ids of the rules that were shown: with others they would not fit.
      if (version !== view.version) return refuse(c, shop, 'rules.stale')
      const opensMinute = wholeStep(fields, 'opens')
      const closesMinute = wholeStep(fields, 'closes')
      if (opensMinute >= closesMinute) return refuse(c, shop, 'rules.opensBeforeCloses')
      const change = {
        opensMinute,
        closesMinute,
        releaseMinute: fields.whole('release', 0, 1439),
        cancelHours: fields.whole('cancelHours', 0, 168),
        checkinMinutes: fields.whole('checkin', 0, 60),
        suspendMisses: fields.whole('suspendMisses', 0, 10),
        suspendDays: fields.whole('suspendDays', 1, 60),
        guestTickets: fields.whole('guestTickets', 0, 20),
        ticketCents: fields.cents('ticketCents', 100_000),
        seasonMonth: fields.whole('seasonMonth', 1, 12),
        subscriptions: view.subscriptions.map(({ id }) => ({
          id,
          daysAhead: fields.whole(`ahead-${id}`, 0, 365),
          partnersMin: fields.whole(`partners-${id}`, 0, 3),
          guestsSeason: fields.whole(`guests-${id}`, 0, 100),
        })),
        quotas: view.quotas.map(({ id }) => ({
          id,
          bookingsMax: fields.whole(`quota-${id}`, 0, 100),
        })),
      }
      return await tryRule(c, shop, visit, (tx) =>
        saveRules(tx, visit.club, member, change, version),
      )
    }),
  )
  app.post(
    '/:club/office/subscriptions',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const name = (await formOf(c)).text('name').trim().slice(0, 60)
      if (name === '') throw new FormError('name')
      return await tryRule(c, shop, visit, (tx) => addSubscription(tx, visit.club, member, name))
    }),
  )
  addQuotaRoutes(app, shop)
}

function addQuotaRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/quotas',
    behindTheDesk(shop, 'rules', async (c, visit) => {
      const subscriptionId = queryOf(c).text('subscription')
      const view = await quotaView(shop, visit, undefined, subscriptionId)
      return answer(c, <QuotaPage {...view} />)
    }),
  )
  app.get(
    '/:club/office/quotas/:quota',
    behindTheDesk(shop, 'rules', async (c, visit) =>
      answer(c, <QuotaPage {...await quotaView(shop, visit, idOf(c, 'quota'))} />),
    ),
  )
  app.post(
    '/:club/office/quotas',
    behindTheDesk(shop, 'rules', (c, visit, member) => save(c, shop, visit, member, undefined)),
  )
  app.post(
    '/:club/office/quotas/:quota',
    behindTheDesk(shop, 'rules', (c, visit, member) =>
      save(c, shop, visit, member, idOf(c, 'quota')),
    ),
  )
  app.post(
    '/:club/office/quotas/:quota/drop',
    behindTheDesk(shop, 'rules', async (c, visit, member) => {
      const id = idOf(c, 'quota')
      return await tryRule(c, shop, visit, (tx) => dropQuota(tx, visit.club, member, id))
    }),
  )
}

async function show(shop: Shop, visit: Visit): Promise<RulesView> {
  return await inVisit(shop.database, visit, async (tx) => ({
    visit,
    subscriptions: await subscriptionsOf(tx, visit.club.id),
    quotas: await quotasOf(tx, visit.club.id),
    version: await rulesVersion(tx, visit.club.id),
  }))
}

/** The rules as they are now, and the sentence why nothing was saved. */
async function refuse(c: Context, shop: Shop, problem: WordKey): Promise<Response> {
  const fresh = await visitOf(c, shop.database, shop.nowMs())
  if (!fresh) throw new MissingError('no such club')
  return answer(c, <RulesPage {...await show(shop, fresh)} problem={problem} />, 409)
}

async function tryRule(
  c: Context,
  shop: Shop,
  visit: Visit,
  work: (tx: Transaction) => Promise<void>,
): Promise<Response> {
  try {
    await inVisit(shop.database, visit, work)
    return c.redirect(`/${visit.club.slug}/office/rules?done=saved`, 303)
  } catch (error) {
    const problem = problemOf(error)
    if (!problem) throw error
    return await refuse(c, shop, problem)
  }
}

function problemOf(error: unknown): WordKey | undefined {
  if (error instanceof StaleError) return 'rules.stale'
  return error instanceof RuleError ? error.word : undefined
}

async function save(
  c: Context,
  shop: Shop,
  visit: Visit,
  member: Member,
  id: string | undefined,
): Promise<Response> {
  const fields = await formOf(c)
  const view = await quotaView(shop, visit, id, fields.text('subscription'))
  const draft = readQuota(fields, view.subscription)
  const again = (problem: WordKey): Response => {
    const { version } = view // what is saved next is judged against what is shown now
    return answer(c, <QuotaPage {...view} {...{ draft, version, problem }} />, 409)
  }
  if (draft.name === '' || draft.weekdays === 0) return again('rules.incomplete')
  try {
    const version = fields.whole('version', 0, VERSION_MAX)
    await inVisit(shop.database, visit, (tx) =>
      saveQuota(tx, visit.club, member, id, draft, version),
    )
    return c.redirect(`/${visit.club.slug}/office/rules?done=saved`, 303)
  } catch (error) {
    const problem = problemOf(error)
    if (!problem) throw error
    return again(problem)
  }
}

/** @throws {MissingError} When there is no such quota, or no such subscription. */
async function quotaView(
  shop: Shop,
  visit: Visit,
  id: string | undefined,
  subscriptionId = '',
): Promise<QuotaView> {
  return await inVisit(shop.database, visit, async (tx) => {
    const quotas = await quotasOf(tx, visit.club.id)
    const quota = quotas.find((one) => one.id === id)
    const subscriptions = await subscriptionsOf(tx, visit.club.id)
    const wanted = quota?.subscriptionId ?? (isId(subscriptionId) ? subscriptionId : '')
    const subscription = subscriptions.find((one) => one.id === wanted)
    if (!subscription || (id !== undefined && !quota)) throw new MissingError('no such quota')
    const courts = await courtsOf(tx, visit.club.id)
    return {
      visit,
      subscription,
      id,
      draft: quota ?? emptyQuota(subscription),
      sports: [...new Set(courts.map(({ sport }) => sport))],
      version: await rulesVersion(tx, visit.club.id),
    }
  })
}

function emptyQuota({ id }: Subscription): QuotaDraft {
  return {
    subscriptionId: id,
    name: '',
    sport: undefined,
    indoor: undefined,
    weekdays: ALL_DAYS,
    fromMinute: 0,
    toMinute: 1440,
    period: 'week',
    per: 'member',
    bookingsMax: 2,
  }
}

function readQuota(fields: Fields, subscription: Subscription): QuotaDraft {
  const sport = fields.text('sport')
  const roof = fields.text('roof')
  const period = periods.find((one) => one === fields.text('period'))
  if (!/^(tennis|padel|squash)?$/.test(sport) || !period) throw new FormError('quota')
  const days = new Set(fields.all('weekday').filter((day) => /^[1-7]$/.test(day)))
  return {
    subscriptionId: subscription.id,
    name: fields.text('name').trim().slice(0, 60),
    sport: sport === '' ? undefined : (sport as QuotaDraft['sport']),
    indoor: roof === '' ? undefined : roof === 'in',
    weekdays: [...days].reduce((mask, day) => mask | (1 << (Number(day) - 1)), 0),
    fromMinute: Math.min(wholeStep(fields, 'from'), 1439),
    toMinute: Math.max(wholeStep(fields, 'until'), 1),
    period,
    per: fields.text('per') === 'family' ? 'family' : 'member',
    bookingsMax: fields.whole('max', 0, 100),
  }
}

function wholeStep(fields: Fields, name: string): number {
  const minute = fields.whole(name, 0, 1440)
  if (minute % STEP_MINUTES !== 0) throw new FormError(name)
  return minute
}
