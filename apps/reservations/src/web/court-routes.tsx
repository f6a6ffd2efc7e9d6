/**
 * The secretary keeps the courts: adds, changes, orders them, and takes them out of use.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import { courtsOf } from '../data/clubs.ts'
import { raiseCourt, retireCourt, returnCourt, saveCourt } from '../data/courts.ts'
import type { CourtDraft } from '../data/courts.ts'
import { MissingError } from '../data/errors.ts'
import { RuleError, rulesVersion, StaleError } from '../data/rules.ts'
import type { Transaction } from '../database.ts'
import { sports, surfaces, type Member } from '../model.ts'
import { CourtPage, CourtsPage, LENGTH_MAX_MINUTES, type CourtView } from '../pages/courts.tsx'
import { STEP_MINUTES } from '../time.ts'
import type { WordKey } from '../words/table.ts'
import { answer, behindTheDesk, FormError, formOf, idOf } from './desk.tsx'
import type { Fields, Shop } from './desk.tsx'
import { inVisit, type Visit } from './visit.ts'

const VERSION_MAX = 999_999
const PRICE_CENTS_MAX = 100_000
const NAME_MAX = 40

const fresh: CourtDraft = {
  name: '',
  sport: 'tennis',
  surface: 'clay',
  indoor: false,
  lengthMin: 60,
  lengthUsual: 60,
  lengthMax: 120,
  priceCentsHour: 0,
}

export function addCourtRoutes(app: Hono, shop: Shop): void {
  app.get(
    '/:club/office/courts',
    behindTheDesk(shop, 'rules', (c, visit) => list(c, shop, visit)),
  )
  app.get(
    '/:club/office/courts/new',
    behindTheDesk(shop, 'rules', async (c, visit) =>
      answer(c, <CourtPage {...await courtView(shop, visit, undefined)} />),
    ),
  )
  app.get(
    '/:club/office/courts/:court',
    behindTheDesk(shop, 'rules', async (c, visit) =>
      answer(c, <CourtPage {...await courtView(shop, visit, idOf(c, 'court'))} />),
    ),
  )
  app.post(
    '/:club/office/courts',
    behindTheDesk(shop, 'rules', (c, visit, member) => save(c, shop, visit, member, undefined)),
  )
  app.post(
    '/:club/office/courts/:court',
    behindTheDesk(shop, 'rules', (c, visit, member) =>
      save(c, shop, visit, member, idOf(c, 'court')),
    ),
  )
  const acts = { up: raiseCourt, retire: retireCourt, return: returnCourt } as const
  for (const [path, act] of Object.entries(acts)) {
    app.post(
      `/:club/office/courts/:court/${path}`,
      behindTheDesk(shop, 'rules', async (c, visit, member) => {
        const id = idOf(c, 'court')
        return await tryIt(
          c,
          shop,
          visit,
          (tx) => act(tx, visit.club, member, id, visit.nowMs),
          (problem) => list(c, shop, visit, problem),
        )
      }),
    )
  }
}

async function list(c: Context, shop: Shop, visit: Visit, problem?: WordKey): Promise<Response> {
  const courts = await inVisit(shop.database, visit, (tx) => courtsOf(tx, visit.club.id, 'all'))
  return answer(c, <CourtsPage {...{ visit, courts, problem }} />, problem ? 409 : 200)
}

async function save(
  c: Context,
  shop: Shop,
  visit: Visit,
  member: Member,
  id: string | undefined,
): Promise<Response> {
  const fields = await formOf(c)
  const view = await courtView(shop, visit, id)
  const draft = readDraft(fields)
  const version = fields.whole('version', 0, VERSION_MAX)
  return await tryIt(
    c,
    shop,
    visit,
    (tx) => saveCourt(tx, visit.club, member, id, draft, version),
    (problem) => answer(c, <CourtPage {...{ ...view, draft, problem }} />, 409),
  )
}

async function tryIt(
  c: Context,
  shop: Shop,
  visit: Visit,
  work: (tx: Transaction) => Promise<void>,
  refuse: (problem: WordKey) => Response | Promise<Response>,
): Promise<Response> {
  try {
    await inVisit(shop.database, visit, work)
    return c.redirect(`/${visit.club.slug}/office/courts?done=saved`, 303)
  } catch (error) {
    if (error instanceof StaleError) return await refuse('rules.stale')
    if (error instanceof RuleError) return await refuse(error.word)
    throw error
  }
}

/** @throws {MissingError} When there is no such court in use. */
async function courtView(shop: Shop, visit: Visit, id: string | undefined): Promise<CourtView> {
  return await inVisit(shop.database, visit, async (tx) => {
    const courts = await courtsOf(tx, visit.club.id)
    const court = courts.find((one) => one.id === id)
    if (id !== undefined && !court) throw new MissingError('no such court')
    return { visit, id, draft: court ?? fresh, version: await rulesVersion(tx, visit.club.id) }
  })
}

/** @throws {FormError} */
function readDraft(fields: Fields): CourtDraft {
  const name = fields.text('name').trim()
  const sport = sports.find((one) => one === fields.text('sport'))
  const surface = surfaces.find((one) => one === fields.text('surface'))
  if (name === '' || name.length > NAME_MAX || !sport || !surface) throw new FormError('court')
  const length = (field: string): number => {
    const minutes = fields.whole(field, STEP_MINUTES, LENGTH_MAX_MINUTES)
    if (minutes % STEP_MINUTES !== 0) throw new FormError(field)
    return minutes
  }
  return {
    name,
    sport,
    surface,
    indoor: fields.text('indoor') === '1',
    lengthMin: length('lengthMin'),
    lengthUsual: length('lengthUsual'),
    lengthMax: length('lengthMax'),
    priceCentsHour: fields.cents('price', PRICE_CENTS_MAX),
  }
}
