/**
 * What stands before every address: origin, session, stage, permission, freshness of the second
 * proof, the second person, and the count of attempts.
 *
 * Handlers are given what was checked and cannot be reached past it: only this calls them.
 *
 * @module
 */
import assert from 'node:assert/strict'
import {
  knownDevice,
  rememberDevice,
  DEVICE_COOKIE,
  DEVICE_DAYS,
} from '#lib/lockout/device-cookie.ts'
import type { Outcome } from '#lib/lockout/lockout.ts'
import { networkOf } from '#lib/lockout/network.ts'
import type { Begun, Desk, From } from './desk.ts'
import { pageOf, routes, type Demand, type RouteName, type Stage } from './doors.ts'
import { may } from './policy.ts'
import type { Session } from './store.ts'

export const SESSION_COOKIE = '__Host-veilig-staff'
/** What a login at the provider must come back with; Lax, for it comes back from there. */
export const PROVIDER_COOKIE = '__Host-veilig-provider'
const PROVIDER_SECONDS = 600
const DEVICE_SIZE = 16

/** The body as it came, and the header `x-veilig-signature`. */
export type Signed = { readonly body: string; readonly signature: string }

export type Visit = {
  readonly fields: Readonly<Record<string, unknown>>
  /** What a program said, and how it signed it. */
  readonly signed: Signed
  readonly parameter: string
  /** Path and query. */
  readonly url: string
  readonly from: From
  /** Present whenever the address asks for a stage. */
  readonly session: Session | undefined
  readonly token: string
  readonly csrf: string
  /** What PROVIDER_COOKIE holds. */
  readonly provider: string
  /** Whether this device has signed in to the account before whose name was typed. */
  readonly knownDevice: boolean
}

export type Answer = {
  readonly html?: string
  /** A document that others wrote, for a frame of ours: it can do nothing. */
  readonly framed?: string
  readonly json?: unknown
  /** Server-sent events. */
  readonly events?: ReadableStream<Uint8Array>
  readonly to?: string
  readonly status?: number
  /** A stylesheet or script of ours. */
  readonly asset?: { readonly type: string; readonly text: string }
  /** The session that begins, of a stage the table allows here, or the end of the one there is. */
  readonly session?: Begun | 'end'
  /** Kept by the browser while it is at the company's provider; '' forgets it. */
  readonly provider?: string
  /** Name of the account whose device this is from now on. */
  readonly remember?: string
  /** Of an attempt that is counted. */
  readonly outcome?: Outcome
}

export type Handler = (visit: Visit) => Promise<Answer>

export type Incoming = {
  readonly method: string
  readonly origin: string | undefined
  readonly csrf: string | undefined
  readonly cookies: ReadonlyMap<string, string>
  readonly address: string
  readonly agent: string
  readonly url: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly signed: Signed
  readonly parameter: string
  /** Asked by the page itself, not by a person: it does not prolong the session. */
  readonly byItself: boolean
}

export type Guarded = { readonly answer: Answer; readonly cookies: readonly string[] }

const doors: Readonly<Record<Stage, string>> = { password: '/second', enrol: '/enrol', full: '/' }

/** Checks, counts, and only then calls the handler. */
export async function pass(
  desk: Desk,
  name: RouteName,
  handler: Handler,
  incoming: Incoming,
): Promise<Guarded> {
  const demand: Demand = routes[name]
  const { publicOrigin } = desk.ports
  const changes = incoming.method === 'POST'
  // A browser says where a form was, a program does not: neither gets in by the other's way.
  const origin = demand.program ? undefined : publicOrigin
  if (changes && incoming.origin !== origin) return refused(403, 'from another site')
  const token = demand.program ? '' : (incoming.cookies.get(SESSION_COOKIE) ?? '')
  const session = token === '' ? undefined : await desk.session(token, !incoming.byItself)
  if (demand.stage !== 'nobody') {
    if (session?.stage !== demand.stage) {
      if (changes) return refused(401, 'not signed in')
      return { answer: { to: session ? doors[session.stage] : '/login' }, cookies: [] }
    }
    const given = incoming.csrf ?? text(incoming.fields['csrf'])
    if (changes && !desk.csrfIsRight(token, given)) return refused(403, 'an old form')
    if (demand.permission !== undefined && !may(session.account.role, demand.permission))
      return refused(403, 'not allowed')
    if (demand.permission !== 'account.own' && demand.stage === 'full') {
      if (desk.passwordIsTooOld(session.account))
        return changes ? refused(403, 'old password') : { answer: { to: '/account' }, cookies: [] }
    }
    if (demand.stepUp && !desk.isFresh(session)) {
      const to = `/prove?back=${encodeURIComponent(pageOf(name))}`
      return { answer: name.includes('/passkey') ? { json: { next: to } } : { to }, cookies: [] }
    }
    if (demand.persons === 2) {
      const asker = await desk.askerOf(name, text(incoming.fields['id']))
      if (asker === session.account.name && !desk.mayApproveOwn(name)) {
        await desk.record('STAFF_OWN_APPROVAL_REFUSED', session.account.name, { door: name })
        return refused(403, 'your own')
      }
    }
  }
  const from: From = { network: networkOf(incoming.address), device: incoming.agent }
  const { fields, signed, parameter, url } = incoming
  const csrf = token === '' ? '' : desk.csrfOf(token)
  const provider = incoming.cookies.get(PROVIDER_COOKIE) ?? ''
  const more = { provider, knownDevice: false }
  const visit: Visit = { fields, signed, parameter, url, from, session, token, csrf, ...more }
  const answer =
    demand.evaluates === undefined
      ? await handler(visit)
      : await counted(desk, name, handler, visit, incoming)
  if (answer.session !== undefined && answer.session !== 'end') {
    const { stage } = answer.session
    assert(demand.leadsTo?.includes(stage), `${name} may not begin a session of stage ${stage}`)
  }
  return { answer, cookies: cookiesOf(desk, answer, incoming) }
}

/** The attempt is admitted before anything is looked at, and settled by what came of it. */
async function counted(
  desk: Desk,
  name: RouteName,
  handler: Handler,
  visit: Visit,
  incoming: Incoming,
): Promise<Answer> {
  const { loginLimits, clock } = desk.ports
  const login = name === 'POST /login'
  const subject = login
    ? text(visit.fields['name'])
    : (visit.session?.account.id ?? visit.from.network)
  // Each door counts for itself: whoever floods one closes no other.
  const account = login ? desk.keyOf(subject) : desk.keyOf(`${name} ${subject}`)
  const device = login
    ? knownDevice(desk.ports.keys(), incoming.cookies.get(DEVICE_COOKIE), account, clock.nowMs())
    : undefined
  const attempt = { account, network: visit.from.network, device }
  const admission = await loginLimits.begin(attempt)
  if (!admission.admitted) {
    if (login && admission.by === 'unknown-devices') desk.notices.refused(subject)
    await desk.ports.trail.append([
      { code: 'STAFF_ATTEMPT_REFUSED', detail: { door: name, account, by: admission.by } },
    ])
    return { status: 429, json: { message: waitText(admission.retryAfterMs) } }
  }
  let outcome: Outcome = 'unseen'
  try {
    const answer = await handler({ ...visit, knownDevice: device !== undefined })
    outcome = answer.outcome ?? 'wrong'
    return answer
  } finally {
    await loginLimits.settle(admission.ticket, outcome)
  }
}

export function waitText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const wait = seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
  return `Too many wrong tries. Please wait ${wait}, or sign in with a passkey.`
}

function cookiesOf(desk: Desk, answer: Answer, incoming: Incoming): string[] {
  const common = 'Path=/; Secure; HttpOnly; SameSite=Strict'
  const cookies: string[] = []
  if (answer.session !== undefined) {
    const ends = answer.session === 'end'
    const value = answer.session === 'end' ? '' : answer.session.token
    cookies.push(`${SESSION_COOKIE}=${value}; ${common}${ends ? '; Max-Age=0' : ''}`)
  }
  if (answer.provider !== undefined) {
    const seconds = answer.provider === '' ? 0 : PROVIDER_SECONDS
    const lax = `Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${seconds}`
    cookies.push(`${PROVIDER_COOKIE}=${answer.provider}; ${lax}`)
  }
  if (answer.remember !== undefined) {
    const { keys, clock, random } = desk.ports
    const before = incoming.cookies.get(DEVICE_COOKIE)
    const account = desk.keyOf(answer.remember)
    const value = rememberDevice(keys(), before, account, random(DEVICE_SIZE), clock.nowMs())
    cookies.push(`${DEVICE_COOKIE}=${value}; ${common}; Max-Age=${DEVICE_DAYS * 86_400}`)
  }
  return cookies
}

function refused(status: number, why: string): Guarded {
  return { answer: { status, json: { message: why } }, cookies: [] }
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
