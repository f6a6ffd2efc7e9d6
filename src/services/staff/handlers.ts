/**
 * What happens at each address, once the guard has let a visit through.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { h } from 'preact'
import { VeiligError } from '#lib/errors.ts'
import type { Desk } from './desk.ts'
import { text, type Answer, type Handler, type Visit } from './guard.ts'
import { page } from './page.ts'
import { AccessPage, AccountPage, StaffPage } from './inside.tsx'
import { CodesPage, EnrolPage, InvitationPage, LoginPage, SecondPage } from './pages.tsx'
import type { Passkeys } from './passkeys.ts'
import { invitedRoles, may, type RouteName } from './policy.ts'
import type { Recovery, Started } from './ports.ts'
import { momentFrom, RecoveryPage } from './recovery.tsx'
import type { Requests } from './requests.ts'
import * as store from './store.ts'
import { watchHandlers } from './watch/handlers.ts'
import { OverviewPage } from './watch/overview.tsx'

const WRONG = 'The name or the password is not right.'
const WRONG_CODE = 'That code is not right, or was used already.'
const NO_MOMENT = 'Write the moment as 2026-11-23T10:07:00, in UTC.'
const WRONG_PASSKEY = 'That passkey is not known here.'

/** One handler for each address of the table: one too few or too many does not compile. */
export function handlersOf(
  desk: Desk,
  passkeys: Passkeys,
  requests: Requests,
): Readonly<Record<RouteName, Handler>> {
  const { pool, clock, selfApproval } = desk.ports

  const enrolPage = async (visit: Visit, problem?: string): Promise<Answer> => {
    const { seed, uri } = await desk.totpToSetUp(sessionOf(visit).account)
    return page(h(EnrolPage, { seed, uri, csrf: visit.csrf, problem }), problem)
  }

  /** The account is active: the codes are shown, in a session of its own. */
  const activated = async (visit: Visit, how: string): Promise<Answer & { codes: string[] }> => {
    const session = sessionOf(visit)
    const codes = await desk.activate(session.account, how)
    const token = await desk.begin(session.account, 'full', visit.from, session)
    const remember = session.account.name
    return { session: token, remember, outcome: 'right', codes: [...codes] }
  }

  const accessPage = async (visit: Visit, problem?: string, started?: Started): Promise<Answer> => {
    const list = await requests.list()
    const view = { requests: list, started, nowMs: clock.nowMs(), ownApproval: selfApproval }
    return page(h(AccessPage, { ...insideOf(visit), problem, ...view }), problem)
  }

  /** Does it, and shows the page again, with the reason when it was refused. */
  const act = async (visit: Visit, work: () => Promise<Started | void>): Promise<Answer> => {
    try {
      const started = await work()
      return started ? await accessPage(visit, undefined, started) : { to: '/access' }
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      const said = 'publicMessage' in error ? String(error.publicMessage) : error.message
      return accessPage(visit, said)
    }
  }

  const staffPage = async (visit: Visit, link?: string): Promise<Answer> =>
    page(h(StaffPage, { ...insideOf(visit), staff: await store.listStaff(pool), link }))

  return {
    ...watchHandlers(desk),
    'GET /login': async ({ session }) => {
      await Promise.resolve()
      return session?.stage === 'full' ? { to: '/' } : page(h(LoginPage, { problem: undefined }))
    },
    'POST /login': async ({ fields, from }) => {
      const name = text(fields['name']).trim().toLowerCase()
      const account = await desk.password(name, text(fields['password']))
      if (!account) return { ...page(h(LoginPage, { problem: WRONG }), WRONG), outcome: 'wrong' }
      const session = await desk.begin(account, 'password', from)
      return { to: '/second', session, outcome: 'right' }
    },
    'POST /login/passkey/options': async () => ({ json: await passkeys.toSignIn() }),
    'POST /login/passkey': async ({ fields, from }) => {
      const account = await passkeys.signIn(fields as unknown as AuthenticationResponseJSON)
      if (!account) return { status: 403, json: { message: WRONG_PASSKEY }, outcome: 'wrong' }
      await desk.record('STAFF_SIGNED_IN', account.name, { how: 'passkey' })
      const session = await desk.begin(account, 'full', from)
      return { json: { next: '/' }, session, remember: account.name, outcome: 'right' }
    },
    'GET /second': async ({ csrf }) => {
      await Promise.resolve()
      return page(h(SecondPage, { csrf }))
    },
    'POST /second': async (visit) => {
      const session = sessionOf(visit)
      const { account } = session
      const result = await desk.second(session, text(visit.fields['code']))
      if (result === 'start-again') return { to: '/login', session: '', outcome: 'wrong' }
      if (result === 'wrong') {
        const again = h(SecondPage, { csrf: visit.csrf, problem: WRONG_CODE })
        return { ...page(again, WRONG_CODE), outcome: 'wrong' }
      }
      await desk.record('STAFF_SIGNED_IN', account.name, { how: 'code' })
      const token = await desk.begin(account, 'full', visit.from, session)
      return { to: '/', session: token, remember: account.name, outcome: 'right' }
    },
    'GET /invitation/:token': async ({ parameter }) => {
      const account = await store.invited(pool, parameter, clock.nowMs())
      return page(h(InvitationPage, { token: parameter, name: account?.name }))
    },
    'POST /invitation': async ({ fields, from }) => {
      const token = text(fields['token'])
      const accepted = await desk.accept(token, text(fields['password']))
      if ('fault' in accepted) {
        const account = await store.invited(pool, token, clock.nowMs())
        const again = h(InvitationPage, { token, name: account?.name, problem: accepted.fault })
        // Choosing a weak password with a good invitation is no attack.
        const outcome = account ? 'not-evaluated' : 'wrong'
        return { ...page(again, accepted.fault), outcome }
      }
      const session = await desk.begin(accepted, 'enrol', from)
      return { to: '/enrol', session, outcome: 'right' }
    },
    'GET /enrol': (visit) => enrolPage(visit),
    'POST /enrol/totp': async (visit) => {
      const { account } = sessionOf(visit)
      if (!(await desk.codeIsRight(account, text(visit.fields['code']), true)))
        return { ...(await enrolPage(visit, WRONG_CODE)), outcome: 'wrong' }
      const { codes, ...answer } = await activated(visit, 'totp')
      return { ...answer, ...page(h(CodesPage, { codes })) }
    },
    'POST /enrol/passkey/options': async (visit) => ({
      json: await passkeys.toSetUp(sessionOf(visit).account),
    }),
    'POST /enrol/passkey': async (visit) => {
      const response = visit.fields as unknown as RegistrationResponseJSON
      if (!(await passkeys.setUp(sessionOf(visit).account, response)))
        return { status: 403, json: { message: WRONG_PASSKEY }, outcome: 'wrong' }
      const { codes, ...answer } = await activated(visit, 'passkey')
      return { ...answer, json: { next: '/', codes } }
    },
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
      const view = { recovery, problem: problem ?? unread, atMs, nowMs: clock.nowMs() }
      return page(h(RecoveryPage, { ...insideOf(visit), ...view }))
    },
    'GET /access': (visit) => accessPage(visit),
    'POST /access/request': (visit) =>
      act(visit, async () => {
        const { account } = sessionOf(visit)
        const wants = text(visit.fields['role']) === 'write' ? 'write' : 'read'
        const role = may(account.role, 'access.write') ? wants : 'read'
        const minutes = Math.min(60, Math.max(1, Math.trunc(Number(visit.fields['minutes']) || 30)))
        const reason = text(visit.fields['reason']).trim().slice(0, 500)
        await requests.ask(account.name, role, minutes, reason)
      }),
    'POST /access/start': (visit) =>
      act(visit, () => requests.start(text(visit.fields['id']), sessionOf(visit).account.name)),
    'POST /access/end': (visit) =>
      act(visit, () => {
        const { name, role } = sessionOf(visit).account
        return requests.end(
          text(visit.fields['id']),
          may(role, 'access.approve') ? undefined : name,
        )
      }),
    'POST /access/approve': (visit) =>
      act(visit, async () => {
        await requests.approve(text(visit.fields['id']), sessionOf(visit).account.name)
      }),
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
    'GET /account': async (visit) => {
      const { id, account } = sessionOf(visit)
      const sessions = await store.sessionsOf(pool, account.id)
      const view = { sessions, current: id, nowMs: clock.nowMs() }
      return page(h(AccountPage, { ...insideOf(visit), ...view }))
    },
    'POST /account/end-session': async (visit) => {
      const session = sessionOf(visit)
      const id = text(visit.fields['id'])
      if (/^[0-9a-f-]{36}$/.test(id)) await store.endSession(pool, id, session.account.id)
      return { to: '/account' }
    },
    'POST /logout': async (visit) => {
      const session = sessionOf(visit)
      await store.endSession(pool, session.id, session.account.id)
      await desk.record('STAFF_SIGNED_OUT', session.account.name)
      return { to: '/login', session: '' }
    },
  }
}

/** The guard gives a session wherever the table asks for a stage. */
function sessionOf({ session }: Visit): store.Session {
  assert(session, 'the address asks for a session')
  return session
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

function insideOf(visit: Visit): {
  account: { name: string; role: store.Account['role'] }
  csrf: string
} {
  const { name, role } = sessionOf(visit).account
  return { account: { name, role }, csrf: visit.csrf }
}
