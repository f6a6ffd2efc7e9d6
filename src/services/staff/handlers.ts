/**
 * What happens at each address, once the guard has let somebody through.
 *
 * @module
 */
import { h } from 'preact'
import { VeiligError } from '#lib/errors.ts'
import type { Approvals } from './approvals.ts'
import type { Desk } from './desk.ts'
import type { RouteName } from './doors.ts'
import { text, type Answer, type Handler, type Visit } from './guard.ts'
import { doorHandlers } from './handlers-door.ts'
import { ownHandlers } from './handlers-own.ts'
import { togetherHandlers } from './handlers-together.ts'
import { insideOf, page, sessionOf } from './page.ts'
import { StaffPage } from './inside.tsx'
import type { Passkeys } from './passkeys.ts'
import { invitedRoles } from './policy.ts'
import type { Recovery } from './ports.ts'
import { RecoveryPage } from './recovery/page.tsx'
import { momentFrom } from './recovery/plan.ts'
import { isSpan } from './recovery/view.ts'
import type { Requests } from './requests.ts'
import { passkeyScript } from './script.ts'
import * as store from './store.ts'
import { stylesheet } from './style.ts'
import { watchHandlers } from './watch/handlers.ts'
import { OverviewPage } from './watch/overview.tsx'
import { consoleScript } from './watch/script.ts'

const NO_MOMENT = 'Write the moment as 2026-11-23T10:07:00, in UTC.'

/** One handler for each address of the table: one too few or too many does not compile. */
export function handlersOf(
  desk: Desk,
  passkeys: Passkeys,
  requests: Requests,
  approvals: Approvals,
): Readonly<Record<RouteName, Handler>> {
  const { pool, clock } = desk.ports

  const staffPage = async (visit: Visit, link?: string): Promise<Answer> =>
    page(h(StaffPage, { ...insideOf(visit), staff: await store.listStaff(pool), link }))

  return {
    ...watchHandlers(desk),
    ...doorHandlers(desk, passkeys),
    ...ownHandlers(desk, passkeys),
    ...togetherHandlers(desk, requests, approvals),
    'GET /console.css': () => asset('text/css', stylesheet),
    'GET /passkey.js': () => asset('text/javascript', passkeyScript),
    'GET /console.js': () => asset('text/javascript', consoleScript),
    'GET /': async (visit) => {
      const [overview, alerts, incidents] = await Promise.all([
        desk.ports.overview(),
        desk.ports.watch.alerts().catch(() => undefined),
        desk.ports.watch.incidents().catch(() => undefined),
      ])
      const view = { overview, alerts, incidents, nowMs: clock.nowMs() }
      return page(h(OverviewPage, { ...insideOf(visit), ...view }))
    },
    'GET /recovery': async (visit) => {
      const { recovery, problem } = await recoveryNow(desk)
      const asked = visit.fields['at'] === undefined ? undefined : text(visit.fields['at'])
      const atMs = asked === undefined ? undefined : momentFrom(asked)
      const unread = asked !== undefined && atMs === undefined ? NO_MOMENT : undefined
      const wanted = text(visit.fields['span'] ?? '')
      const span = isSpan(wanted) ? wanted : undefined
      const view = { recovery, problem: problem ?? unread, atMs, span, nowMs: clock.nowMs() }
      return page(h(RecoveryPage, { ...insideOf(visit), ...view }))
    },
    'GET /staff': (visit) => staffPage(visit),
    'POST /staff/invite': async (visit) => {
      const role = invitedRoles.find((one) => one === visit.fields['role'])
      const name = text(visit.fields['name']).trim().toLowerCase()
      if (!role || name === '' || name.length > 254) return { to: '/staff' }
      const existing = await store.accountByName(pool, name)
      // Nobody takes over the prober's account, or invites himself anew without his proofs.
      if (existing?.role === 'probe' || name === sessionOf(visit).account.name)
        return { to: '/staff' }
      return staffPage(
        visit,
        await desk.invite(name, role, desk.keyOf(sessionOf(visit).account.name)),
      )
    },
    'POST /staff/disable': async (visit) => {
      const by = sessionOf(visit).account.name
      const name = text(visit.fields['id'])
      if (name !== by) await desk.disable(name, desk.keyOf(by))
      return { to: '/staff' }
    },
  }
}

function asset(type: string, content: string): Promise<Answer> {
  return Promise.resolve({ asset: { type, text: content } })
}

/** The page is for looking when something is wrong: it says so and shows the rest. */
async function recoveryNow(
  desk: Desk,
): Promise<{ recovery: Recovery | undefined; problem: string | undefined }> {
  try {
    return { recovery: await desk.ports.recovery(), problem: undefined }
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    return { recovery: undefined, problem: `The backups cannot be read: ${error.message}` }
  }
}
