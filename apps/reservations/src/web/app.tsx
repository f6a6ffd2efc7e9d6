/**
 * The application: its routes, and what becomes of every error.
 *
 * @module
 */
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { PartnerError, MissingError, RefusedError } from '../data/errors.ts'
import { allClubs } from '../data/clubs.ts'
import { BusyError, codeOf, isAway, TakenError } from '../database.ts'
import { IMPORT_BYTES_MAX } from '../import.ts'
import { ClubsPage, FaultPage, type Fault } from '../pages/entry.tsx'
import { isLanguage } from '../words/say.ts'
import { addApiRoutes } from './api-routes.ts'
import { serveAsset } from './assets.ts'
import { addBookingRoutes } from './booking-routes.tsx'
import { addConnectionRoutes } from './connection-routes.tsx'
import { addDayRoutes } from './day-routes.tsx'
import { answer, FormError, localPath, type Shop } from './desk.tsx'
import { isOwnPost, sendHeaders } from './headers.ts'
import { addMemberRoutes } from './member-routes.tsx'
import { addOwnDataRoutes } from './own-data-routes.tsx'
import { addCourtRoutes } from './court-routes.tsx'
import { addPayerRoutes } from './payer-routes.tsx'
import { addPaymentRoutes, EVENTS_PATH } from './payment-routes.tsx'
import { addJoinRoutes } from './join-routes.tsx'
import { addJournalRoutes } from './journal-routes.tsx'
import { addLiveRoutes } from './live-routes.ts'
import { addLookRoutes } from './look-routes.tsx'
import { addKioskRoutes } from './kiosk-routes.tsx'
import { addOfficeRoutes } from './office-routes.tsx'
import { addOfficerRoutes } from './officer-routes.tsx'
import { addRuleRoutes } from './rule-routes.tsx'
import { addSeasonRoutes } from './season-routes.tsx'
import { addSeriesRoutes } from './series-routes.tsx'
import { addStaffRoutes } from './staff-routes.tsx'
import { addTicketRoutes } from './ticket-routes.tsx'
import { languageOf, setLanguage } from './visit.ts'

const FORM_BYTES_MAX = 64 * 1024
const isFilePath = /^\/[a-z0-9-]+\/office\/(import|club\/logo)$/

/** @param report Told of every fault that is ours: a code and a place, never a person. */
export function createApp(shop: Shop, report: (line: object) => void): Hono {
  const app = new Hono()
  app.use(sendHeaders)
  const tooLarge = (c: Context): Response => fault(c, 'form', 413)
  const form = bodyLimit({ maxSize: FORM_BYTES_MAX, onError: tooLarge })
  const file = bodyLimit({ maxSize: IMPORT_BYTES_MAX, onError: tooLarge })
  app.use((c, next) => (isFilePath.test(c.req.path) ? file(c, next) : form(c, next)))
  app.use(async (c, next) => {
    const reads = c.req.method === 'GET' || c.req.method === 'HEAD'
    const isEvent = c.req.path === EVENTS_PATH // signed, and from no browser
    if (!reads && !isEvent && !isOwnPost(c.req.raw.headers, shop.publicOrigin))
      return fault(c, 'origin', 403)
    await next()
    const [, slug] = /^\/([a-z0-9-]{2,31})\//.exec(c.req.path) ?? []
    if (!reads && slug !== undefined) shop.hooks?.soon(slug)
    return undefined
  })
  app.get('/healthz', async (c) => {
    await shop.database`SELECT 1`
    return c.text('ok\n')
  })
  app.get('/static/:name', serveAsset)
  app.get('/', async (c) => {
    const clubs = await allClubs(shop.database)
    return answer(c, <ClubsPage clubs={clubs} language={languageOf(c)} />)
  })
  app.get('/language/:language', (c) => {
    const language = c.req.param('language')
    if (!isLanguage(language)) throw new MissingError('no such language')
    setLanguage(c, language)
    return c.redirect(localPath(c.req.query('to') ?? '', '/'), 303)
  })
  addLookRoutes(app, shop)
  addApiRoutes(app, shop)
  addDayRoutes(app, shop)
  addLiveRoutes(app, shop)
  addPaymentRoutes(app, shop)
  addPayerRoutes(app, shop)
  addBookingRoutes(app, shop)
  addMemberRoutes(app, shop)
  addOfficeRoutes(app, shop)
  addOfficerRoutes(app, shop)
  addConnectionRoutes(app, shop)
  addJoinRoutes(app, shop)
  addKioskRoutes(app, shop)
  addOwnDataRoutes(app, shop)
  addRuleRoutes(app, shop)
  addCourtRoutes(app, shop)
  addSeriesRoutes(app, shop)
  addStaffRoutes(app, shop)
  addTicketRoutes(app, shop)
  addSeasonRoutes(app, shop)
  addJournalRoutes(app, shop)
  app.notFound((c) => fault(c, 'missing', 404))
  app.onError((error, c) => answerError(error, c, report))
  return app
}

/** A refusal that reached this far was not for a form to explain. */
function answerError(error: Error, c: Context, report: (line: object) => void): Response {
  if (error instanceof MissingError) return fault(c, 'missing', 404)
  if (error instanceof FormError) return fault(c, 'form', 400)
  if (error instanceof BusyError) return fault(c, 'busy', 503)
  if (error instanceof TakenError) return fault(c, 'busy', 409)
  if (error instanceof RefusedError || error instanceof PartnerError) return fault(c, 'form', 409)
  const away = isAway(error)
  const where = error.stack
    ?.split('\n')
    .find((line) => line.includes('/reservations/src/'))
    ?.trim()
  report({
    fault: away ? 'database away' : 'unexpected',
    code: codeOf(error),
    kind: error.name,
    where,
  })
  return away ? fault(c, 'away', 503) : fault(c, 'broken', 500)
}

function fault(c: Context, kind: Fault, status: 400 | 403 | 404 | 409 | 413 | 500 | 503): Response {
  if (status === 503) c.header('Retry-After', '10')
  const { pathname, search } = new URL(c.req.url)
  const retry = c.req.method === 'GET' ? pathname + search : '/'
  return answer(c, <FaultPage fault={kind} language={languageOf(c)} retry={retry} />, status)
}
