/**
 * What happens at the addresses of one's own account: proofs, password, sessions.
 *
 * @module
 */
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { h } from 'preact'
import type { Desk } from './desk.ts'
import type { RouteName } from './doors.ts'
import { codesLeft, passkeysOf, removePasskey } from './factors.ts'
import { text, type Answer, type Handler, type Visit } from './guard.ts'
import { AccountPage, browserOf } from './own.tsx'
import { insideOf, page, sessionOf } from './page.ts'
import { CodesPage } from './pages.tsx'
import type { Passkeys } from './passkeys.ts'
import * as store from './store.ts'

export type OwnRoute = Extract<
  RouteName,
  'GET /account' | `POST /account/${string}` | 'POST /logout'
>

const LAST = 'This is your only second proof. Make another one first.'
const DONE = 'Your new password holds from now on.'
const OLD = 'Your password is older than the company allows. Please choose another one.'

export function ownHandlers(desk: Desk, passkeys: Passkeys): Readonly<Record<OwnRoute, Handler>> {
  const { pool, clock } = desk.ports

  const accountPage = async (
    visit: Visit,
    more: { readonly problem?: string; readonly done?: string } = {},
  ): Promise<Answer> => {
    const { id, account } = sessionOf(visit)
    const [sessions, keys, codes] = await Promise.all([
      store.sessionsOf(pool, account.id),
      passkeysOf(pool, account.id),
      codesLeft(pool, account.id),
    ])
    const problem = more.problem ?? (desk.passwordIsTooOld(account) ? OLD : undefined)
    const view = { sessions, keys, codes, current: id, nowMs: clock.nowMs(), done: more.done }
    return page(h(AccountPage, { ...insideOf(visit), ...view, problem }), more.problem)
  }

  return {
    'GET /account': (visit) => accountPage(visit),
    'POST /account/end-session': async (visit) => {
      const session = sessionOf(visit)
      const id = text(visit.fields['id'])
      if (/^[0-9a-f-]{36}$/.test(id)) await store.endSession(pool, id, session.account.id)
      return { to: '/account' }
    },
    'POST /account/end-others': async (visit) => {
      const { id, account } = sessionOf(visit)
      const ended = await store.endSessions(pool, account.id, id)
      await desk.record('STAFF_SESSIONS_ENDED', account.name, { ended: String(ended) })
      return { to: '/account' }
    },
    'POST /account/passkey/options': async (visit) => ({
      json: await passkeys.toSetUp(sessionOf(visit).account),
    }),
    'POST /account/passkey': async (visit) => {
      const { account } = sessionOf(visit)
      const response = visit.fields as unknown as RegistrationResponseJSON
      if (!(await passkeys.setUp(account, response, browserOf(visit.from.device)))) {
        const message = 'That passkey could not be kept.'
        return { status: 403, json: { message }, outcome: 'wrong' }
      }
      await desk.record('STAFF_PASSKEY_ADDED', account.name)
      return { json: { next: '/account' }, outcome: 'right' }
    },
    'POST /account/passkey/remove': async (visit) => {
      const { account } = sessionOf(visit)
      if (!(await removePasskey(pool, account.id, text(visit.fields['id']))))
        return accountPage(visit, { problem: LAST })
      await desk.record('STAFF_PASSKEY_REMOVED', account.name)
      return { to: '/account' }
    },
    'POST /account/codes': async (visit) => {
      const { account } = sessionOf(visit)
      const codes = await desk.newCodes(account)
      await desk.record('STAFF_CODES_RENEWED', account.name)
      return page(h(CodesPage, { codes }))
    },
    'POST /account/password': async (visit) => {
      const { id, account } = sessionOf(visit)
      const problem = await desk.newPassword(account, text(visit.fields['password']))
      if (problem !== undefined) return accountPage(visit, { problem })
      // Whoever knew the old one may hold a session made with it.
      await store.endSessions(pool, account.id, id)
      return accountPage({ ...visit, session: await desk.again(visit.token) }, { done: DONE })
    },
    'POST /logout': async (visit) => {
      const session = sessionOf(visit)
      await store.endSession(pool, session.id, session.account.id)
      await desk.record('STAFF_SIGNED_OUT', session.account.name)
      return { to: '/login', session: 'end' }
    },
  }
}
