/**
 * What happens at the addresses before the door: login, second proof, invitation, set-up, "it
 * wasn't me", and the second proof shown again.
 *
 * @module
 */
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { h } from 'preact'
import type { Begun, Desk } from './desk.ts'
import { routes, type RouteName, type Stage } from './doors.ts'
import { text, type Answer, type Handler, type Visit } from './guard.ts'
import { NotMePage, ProvePage, RenewPage } from './notice-pages.tsx'
import { browserOf } from './own.tsx'
import { insideOf, page, sessionOf } from './page.ts'
import {
  CodesPage,
  EnrolPage,
  InvitationPage,
  LoginPage,
  OnwardPage,
  SecondPage,
} from './pages.tsx'
import type { Passkeys } from './passkeys.ts'
import { SECOND_TRIES_MAX } from './policy.ts'
import { Provider } from './provider.ts'
import * as store from './store.ts'

const WRONG = 'The name or the password is not right.'
const WRONG_CODE = 'That code is not right, or was used already.'
const WRONG_PASSKEY = 'That passkey is not known here.'
const WRONG_PROVIDER = 'That login did not succeed. Please try again, or use another way in.'
const BUSY = 'Many people try to sign in just now. Please try again, or use a passkey.'
const NO_LINK = 'This link was used, or is too old.'

export type DoorRoute = Extract<
  RouteName,
  | `${'GET' | 'POST'} /${'login' | 'second' | 'enrol' | 'prove' | 'not-me' | 'invitation'}`
  | `${string} /login/${string}`
  | `${string} /enrol/${string}`
  | `${string} /prove/${string}`
  | 'GET /not-me/:token'
  | 'POST /renew'
  | 'GET /invitation/:token'
>

export function doorHandlers(desk: Desk, passkeys: Passkeys): Readonly<Record<DoorRoute, Handler>> {
  const { pool, clock } = desk.ports
  const { provider: settings } = desk.config
  const provider = settings && new Provider(desk, settings)

  const loginPage = (problem?: string): Answer =>
    page(h(LoginPage, { problem, provider: settings?.name }), problem)

  const enrolPage = async (visit: Visit, problem?: string): Promise<Answer> => {
    const { seed, uri } = await desk.totpToSetUp(sessionOf(visit).account)
    return page(h(EnrolPage, { seed, uri, csrf: visit.csrf, problem }), problem)
  }

  /** The account is active: the codes are shown, in a session of its own. */
  const activated = async (visit: Visit, how: string): Promise<Answer & { codes: string[] }> => {
    const session = sessionOf(visit)
    const codes = await desk.activate(session.account, how)
    const begun = await desk.begin(session.account, 'full', visit.from, session)
    const remember = session.account.name
    return { session: begun, remember, outcome: 'right', codes: [...codes] }
  }

  /** A new beginning: no token that the browser had from before, of whomever, goes on. */
  const anew = async (
    account: store.Account,
    stage: Stage,
    { session: before, from }: Visit,
  ): Promise<Begun> => {
    if (before) await store.endSession(pool, before.id, before.account.id)
    return desk.begin(account, stage, from)
  }

  /** Both proofs were right. */
  const signedIn = async (
    account: store.Account,
    visit: Visit,
    how: string,
  ): Promise<{ session: Begun; remember: string; outcome: 'right' }> => {
    await desk.record('STAFF_SIGNED_IN', account.name, { how })
    const session = await anew(account, 'full', visit)
    return { session, remember: account.name, outcome: 'right' }
  }

  /** The second proof again: a session of the same age under a new token. */
  const proved = async (visit: Visit, how: string): Promise<{ session: Begun; next: string }> => {
    const session = sessionOf(visit)
    await desk.record('STAFF_PROVED_AGAIN', session.account.name, { how })
    const begun = await desk.begin(session.account, 'full', visit.from, session)
    return { session: begun, next: backTo(visit.fields['back']) }
  }

  return {
    'GET /login': async ({ session }) => {
      await Promise.resolve()
      return session?.stage === 'full' ? { to: '/' } : loginPage()
    },
    'POST /login': async (visit) => {
      const { fields, knownDevice } = visit
      const name = text(fields['name']).trim().toLowerCase()
      const account = await desk.password(name, text(fields['password']), knownDevice)
      if (account === 'busy') return { ...loginPage(BUSY), status: 503, outcome: 'not-evaluated' }
      if (!account) return { ...loginPage(WRONG), outcome: 'wrong' }
      const session = await anew(account, 'password', visit)
      return { to: '/second', session, outcome: 'right' }
    },
    'POST /login/passkey/options': async () => ({ json: await passkeys.toSignIn() }),
    'POST /login/passkey': async (visit) => {
      const account = await passkeys.signIn(visit.fields as unknown as AuthenticationResponseJSON)
      if (!account) return { status: 403, json: { message: WRONG_PASSKEY }, outcome: 'wrong' }
      return { json: { next: '/' }, ...(await signedIn(account, visit, 'passkey')) }
    },
    'GET /login/provider': async () => {
      if (!provider) return { to: '/login' }
      try {
        const { to, cookie } = await provider.start()
        return { to, provider: cookie }
      } catch (error) {
        desk.ports.onFault('provider', error)
        return loginPage('The company login does not answer. Please use another way in.')
      }
    },
    'GET /login/provider/back': async (visit) => {
      const came = await provider?.finish(visit.url, visit.provider)
      if (!came) return { ...loginPage(WRONG_PROVIDER), provider: '', outcome: 'wrong' }
      const { account, twoProofs } = came
      if (!twoProofs) {
        const session = await anew(account, 'password', visit)
        return {
          ...page(h(OnwardPage, { to: '/second' })),
          provider: '',
          session,
          outcome: 'right',
        }
      }
      const done = await signedIn(account, visit, 'provider')
      return { ...page(h(OnwardPage, { to: '/' })), provider: '', ...done }
    },
    'GET /second': async ({ csrf }) => {
      await Promise.resolve()
      return page(h(SecondPage, { csrf }))
    },
    'POST /second': async (visit) => {
      const session = sessionOf(visit)
      const result = await desk.second(session, text(visit.fields['code']))
      if (result === 'start-again') return { to: '/login', session: 'end', outcome: 'wrong' }
      if (result === 'wrong') {
        const again = h(SecondPage, { csrf: visit.csrf, problem: WRONG_CODE })
        return { ...page(again, WRONG_CODE), outcome: 'wrong' }
      }
      const done = await signedIn(session.account, visit, 'code')
      const to = desk.passwordIsTooOld(session.account) ? '/account?old' : '/'
      return { to, ...done }
    },
    // A visit changes nothing: scanners of mail follow links.
    'GET /not-me/:token': async ({ parameter }) => {
      const owner = await desk.notices.ownerOf(parameter)
      return page(h(NotMePage, { token: owner ? parameter : undefined }))
    },
    'POST /not-me': async ({ fields }) => {
      const token = text(fields['token'])
      const ended = await desk.notices.notMe(token)
      if (ended === undefined)
        return { ...page(h(NotMePage, { token: undefined }), NO_LINK), outcome: 'wrong' }
      return { ...page(h(RenewPage, { token, ended })), outcome: 'right' }
    },
    'POST /renew': async ({ fields }) => {
      const token = text(fields['token'])
      const problem = await desk.notices.renew(
        token,
        text(fields['code']),
        text(fields['password']),
      )
      if (problem === undefined) return { to: '/login', session: 'end', outcome: 'right' }
      const said = problem === 'wrong' ? `${WRONG_CODE} Or the link is too old.` : problem
      const outcome = problem === 'wrong' ? 'wrong' : 'not-evaluated'
      return { ...page(h(RenewPage, { token, problem: said }), said), outcome }
    },
    'GET /invitation/:token': async ({ parameter }) => {
      const account = await store.invited(pool, parameter, clock.nowMs())
      return page(h(InvitationPage, { token: parameter, name: account?.name }))
    },
    'POST /invitation': async (visit) => {
      const { fields } = visit
      const token = text(fields['token'])
      const accepted = await desk.accept(token, text(fields['password']))
      if ('fault' in accepted) {
        const account = await store.invited(pool, token, clock.nowMs())
        const again = h(InvitationPage, { token, name: account?.name, problem: accepted.fault })
        // Choosing a weak password with a good invitation is no attack.
        const outcome = account ? 'not-evaluated' : 'wrong'
        return { ...page(again, accepted.fault), outcome }
      }
      const session = await anew(accepted, 'enrol', visit)
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
      const label = browserOf(visit.from.device)
      if (!(await passkeys.setUp(sessionOf(visit).account, response, label)))
        return { status: 403, json: { message: WRONG_PASSKEY }, outcome: 'wrong' }
      const { codes, ...answer } = await activated(visit, 'passkey')
      return { ...answer, json: { next: '/', codes } }
    },
    'GET /prove': (visit) => {
      const view = { csrf: visit.csrf, back: backTo(visit.fields['back']) }
      return Promise.resolve(page(h(ProvePage, { ...insideOf(visit), ...view })))
    },
    'POST /prove': async (visit) => {
      const session = sessionOf(visit)
      const back = backTo(visit.fields['back'])
      if (await desk.proofIsRight(session.account, text(visit.fields['code']))) {
        const { session: begun, next } = await proved(visit, 'code')
        return { to: next, session: begun, outcome: 'right' }
      }
      await desk.record('STAFF_SECOND_WRONG', session.account.name)
      // Whoever has the session and not the proof does not keep the session either.
      if ((await store.countTry(pool, session.id)) >= SECOND_TRIES_MAX) {
        await store.endSession(pool, session.id, session.account.id)
        return { to: '/login', session: 'end', outcome: 'wrong' }
      }
      const view = { csrf: visit.csrf, back, problem: WRONG_CODE }
      const again = h(ProvePage, { ...insideOf(visit), ...view })
      return { ...page(again, WRONG_CODE), outcome: 'wrong' }
    },
    'POST /prove/passkey/options': async () => ({ json: await passkeys.toSignIn() }),
    'POST /prove/passkey': async (visit) => {
      const response = visit.fields as unknown as AuthenticationResponseJSON
      const account = await passkeys.signIn(response)
      if (account?.id !== sessionOf(visit).account.id)
        return { status: 403, json: { message: WRONG_PASSKEY }, outcome: 'wrong' }
      const { session, next } = await proved(visit, 'passkey')
      return { json: { next }, session, outcome: 'right' }
    },
  }
}

/** A page of ours and no other, whatever was written into the address. */
export function backTo(asked: unknown): string {
  const path = text(asked)
  return `GET ${path}` in routes && !path.includes(':') ? path : '/'
}
