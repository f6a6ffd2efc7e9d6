/**
 * What stands before every address: origin, session, stage, permission, and the count of attempts.
 *
 * Handlers are given what was checked and cannot be reached past it: only this calls them.
 *
 * @module
 */
import {
  knownDevice,
  rememberDevice,
  DEVICE_COOKIE,
  DEVICE_DAYS,
} from '#lib/lockout/device-cookie.ts'
import type { Outcome } from '#lib/lockout/lockout.ts'
import { networkOf } from '#lib/lockout/network.ts'
import type { Desk, From } from './desk.ts'
import { may, routes, type Demand, type RouteName, type Stage } from './policy.ts'
import type { Session } from './store.ts'

export const SESSION_COOKIE = '__Host-veilig-staff'
const DEVICE_SIZE = 16

export type Visit = {
  readonly fields: Readonly<Record<string, unknown>>
  readonly parameter: string
  readonly from: From
  /** Present whenever the address asks for a stage. */
  readonly session: Session | undefined
  readonly token: string
  readonly csrf: string
}

export type Answer = {
  readonly html?: string
  readonly json?: unknown
  /** Server-sent events. */
  readonly events?: ReadableStream<Uint8Array>
  readonly to?: string
  readonly status?: number
  /** The new session's token; '' ends the one there is. */
  readonly session?: string
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
  readonly fields: Readonly<Record<string, unknown>>
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
  if (changes && incoming.origin !== publicOrigin) return refused(403, 'from another site')
  const token = incoming.cookies.get(SESSION_COOKIE) ?? ''
  const session = token === '' ? undefined : await desk.session(token, !incoming.byItself)
  if (demand.stage !== 'nobody') {
    if (session?.stage !== demand.stage) {
      if (changes) return refused(401, 'not signed in')
      return { answer: { to: session ? doors[session.stage] : '/login' }, cookies: [] }
    }
    const given = incoming.csrf ?? text(incoming.fields['csrf'])
    if (changes && !desk.csrfIsRight(token, given)) return refused(403, 'an old form')
    if ('permission' in demand && !may(session.account.role, demand.permission))
      return refused(403, 'not allowed')
  }
  const from: From = { network: networkOf(incoming.address), device: incoming.agent }
  const { fields, parameter } = incoming
  const csrf = token === '' ? '' : desk.csrfOf(token)
  const visit: Visit = { fields, parameter, from, session, token, csrf }
  const answer =
    'locked' in demand && demand.locked
      ? await counted(desk, name, handler, visit, incoming)
      : await handler(visit)
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
    ? knownDevice(desk.ports.key, incoming.cookies.get(DEVICE_COOKIE), account, clock.nowMs())
    : undefined
  const attempt = { account, network: visit.from.network, device }
  const admission = await loginLimits.begin(attempt)
  if (!admission.admitted) {
    await desk.ports.trail.append([
      { code: 'STAFF_ATTEMPT_REFUSED', detail: { door: name, account, by: admission.by } },
    ])
    return { status: 429, json: { message: waitText(admission.retryAfterMs) } }
  }
  let outcome: Outcome = 'unseen'
  try {
    const answer = await handler(visit)
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
    const end = answer.session === '' ? '; Max-Age=0' : ''
    cookies.push(`${SESSION_COOKIE}=${answer.session}; ${common}${end}`)
  }
  if (answer.remember !== undefined) {
    const { key, clock, random } = desk.ports
    const before = incoming.cookies.get(DEVICE_COOKIE)
    const account = desk.keyOf(answer.remember)
    const value = rememberDevice(key, before, account, random(DEVICE_SIZE), clock.nowMs())
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
