/**
 * The login guard: decides about a login before the application sees a byte of it.
 *
 * @module
 */
import {
  accountKey,
  DEVICE_COOKIE,
  DEVICE_DAYS,
  knownDevice,
  rememberDevice,
} from '#lib/lockout/device-cookie.ts'
import type { KeyRing } from '#lib/key-ring.ts'
import type {
  Admission,
  LoginAttempt,
  LoginLimits,
  Outcome,
  Settlement,
  Ticket,
} from '#lib/lockout/lockout.ts'
import { networkOf } from '#lib/lockout/network.ts'
import type { RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { readPath } from '#protocol/http/path.ts'
import { cookieValue } from './cookies.ts'
import type { GuardedRoute } from './guard-config.ts'
import type { HeldRequest, Verdict } from './interception.ts'
import { readAccount } from './login-body.ts'
import type { RefusalCode } from './refusals.ts'

/** A login form is small; more is no login. */
const BODY_MAX = 64 * 1024
/** A success after so many failures in a row is worth a look. */
const NOTABLE_FAILURES = 3
const DAY_SECONDS = 24 * 60 * 60
const unguarded: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export type GuardTools = {
  /** Hides account names. */
  readonly key: Uint8Array
  /** Sign device cookies; a device whose key is gone is a stranger again. */
  readonly deviceKeys: KeyRing
  readonly random: (size: number) => Uint8Array
  readonly limits: LoginLimits
  readonly wallClockMs: () => number
  /** @param kind What makes two events the same. */
  readonly record: (
    code: 'LOGIN_FAILED' | 'LOGIN_THROTTLED' | 'LOGIN_AFTER_FAILURES',
    kind: string,
    detail: Readonly<Record<string, string | number>>,
  ) => void
}

export type GuardRefusal = {
  readonly code: RefusalCode
  readonly detail: string
  readonly retryAfterSeconds?: number
}

type Route = GuardedRoute & { readonly pieces: readonly string[] }

/** All guarded routes of a gateway. */
export class LoginGuard {
  readonly #routes: readonly Route[]
  readonly #tools: GuardTools

  constructor(routes: readonly GuardedRoute[], tools: GuardTools) {
    this.#routes = routes.map((route) => ({ ...route, pieces: readPath(route.path) }))
    this.#tools = tools
  }

  /**
   * The guarded login this request is; undefined when it is none.
   *
   * @param application Names the application; the same account of another is another account.
   */
  open(head: RequestHead, application: string, address: string): GuardedLogin | undefined {
    if (this.#routes.length === 0 || unguarded.has(head.method)) return undefined
    const pieces = readPath(head.target)
    const route = this.#routes.find((each) => matches(each.pieces, pieces))
    if (!route) return undefined
    const path = route.accountsPer === 'path' ? `/${pieces.join('/')}` : route.path
    const realm = `${application} ${path}`
    return new GuardedLogin({ head, route, realm, address }, this.#tools)
  }
}

type Login = {
  readonly head: RequestHead
  readonly route: Route
  readonly realm: string
  readonly address: string
}

/** One login on its way: body first, then the decision, then the application's answer. */
export class GuardedLogin implements HeldRequest {
  readonly #login: Login
  readonly #tools: GuardTools
  readonly #body: Buffer[] = []
  #size = 0
  #ticket: Ticket | undefined
  #isOver = false

  constructor(login: Login, tools: GuardTools) {
    this.#login = login
    this.#tools = tools
  }

  /** @returns A refusal when there is too much of it. */
  take(content: Buffer): GuardRefusal | undefined {
    this.#body.push(content)
    this.#size += content.length
    if (this.#size <= BODY_MAX) return undefined
    return { code: 'WEB_BODY_TOO_LARGE', detail: `a login of more than ${BODY_MAX} bytes` }
  }

  decide(): Verdict | Promise<Verdict> {
    const { head, route, realm, address } = this.#login
    const { key, deviceKeys, limits, wallClockMs } = this.#tools
    const body = Buffer.concat(this.#body)
    const name = readAccount(head.headers, head.target, body, route.accountField)
    if (name === undefined) {
      return { code: 'WEB_LOGIN_UNREADABLE', detail: `not one ${route.accountField}` }
    }
    const account = accountKey(key, realm, name)
    const device = knownDevice(
      deviceKeys,
      cookieValue(head.headers, DEVICE_COOKIE),
      account,
      wallClockMs(),
    )
    const attempt = { account, network: networkOf(address), device }
    return when(limits.begin(attempt), (admission) => this.#decided(attempt, admission))
  }

  #decided({ account, network }: LoginAttempt, admission: Admission): GuardRefusal | undefined {
    const { route, address } = this.#login
    if (admission.admitted) {
      this.#ticket = admission.ticket
      if (this.#isOver) this.over(false) // the client went while others were asked
      return undefined
    }
    const retryAfterSeconds = Math.ceil(admission.retryAfterMs / 1000)
    const { by } = admission
    const detail = { route: route.path, account, by, address, retryAfterSeconds }
    const kind = by === 'network' ? `network ${network}` : account
    this.#tools.record('LOGIN_THROTTLED', kind, detail)
    return { code: 'WEB_LOGIN_THROTTLED', detail: by, retryAfterSeconds }
  }

  /** The application has answered. @returns The answer, with a device cookie when it was a yes. */
  answered(head: ResponseHead): ResponseHead {
    const ticket = this.#ticket
    if (!ticket) return head
    const { account } = ticket.attempt
    const right = succeeded(this.#login.route, head)
    const settled = this.#settle(ticket, right ? 'right' : 'wrong')
    void when(settled, ({ failuresBefore }) => this.#tell(ticket.attempt, right, failuresBefore))
    if (!right) return head
    return { ...head, headers: [...head.headers, 'set-cookie', this.#cookieLine(account)] }
  }

  over(evaluated: boolean): void {
    this.#isOver = true
    if (this.#ticket) void this.#settle(this.#ticket, evaluated ? 'unseen' : 'not-evaluated')
  }

  #settle(ticket: Ticket, outcome: Outcome): Settlement | Promise<Settlement> {
    this.#ticket = undefined
    return this.#tools.limits.settle(ticket, outcome)
  }

  #tell({ account, device }: LoginAttempt, right: boolean, failuresBefore: number): void {
    const { route, address } = this.#login
    const known = device === undefined ? 'no' : 'yes'
    const detail = { route: route.path, account, address, known }
    if (!right) {
      this.#tools.record('LOGIN_FAILED', account, { ...detail, failures: failuresBefore + 1 })
    } else if (failuresBefore >= NOTABLE_FAILURES) {
      this.#tools.record('LOGIN_AFTER_FAILURES', account, { ...detail, failures: failuresBefore })
    }
  }

  #cookieLine(account: string): string {
    const { deviceKeys, random, wallClockMs } = this.#tools
    const given = cookieValue(this.#login.head.headers, DEVICE_COOKIE)
    const value = rememberDevice(deviceKeys, given, account, random(16), wallClockMs())
    const life = `Max-Age=${DEVICE_DAYS * DAY_SECONDS}`
    return `${DEVICE_COOKIE}=${value}; ${life}; Path=/; SameSite=Lax; HttpOnly; Secure`
  }
}

/** At once when the count is kept here, later when others must be asked. */
function when<In, Out>(value: In | Promise<In>, act: (value: In) => Out): Out | Promise<Out> {
  return value instanceof Promise ? value.then(act) : act(value)
}

/** The Cookie field without the guard's own cookie, which is no business of the application. */
export function withoutDeviceCookie(value: string): string {
  if (!value.includes(DEVICE_COOKIE)) return value
  return value
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => !pair.startsWith(`${DEVICE_COOKIE}=`))
    .join('; ')
}

function succeeded({ success }: GuardedRoute, { status, headers }: ResponseHead): boolean {
  if (!success.status.includes(status)) return false
  const values = (name: string): string[] =>
    headers.filter((_, at) => at % 2 === 1 && headers[at - 1] === name)
  const { setsCookie, location } = success
  if (setsCookie !== undefined) {
    const start = `${setsCookie}=`
    if (!values('set-cookie').some((line) => line.startsWith(start))) return false
  }
  if (location === undefined) return true
  return values('location').some((value) => new RegExp(location, 'u').test(value))
}

/**
 * The last piece may have more: `/login.json` and `/login.php/x` are `/login` and `/login.php` to
 * some applications (format suffixes; PATH_INFO).
 */
function matches(pattern: readonly string[], pieces: readonly string[]): boolean {
  const last = pattern.length - 1
  const isScript = pattern[last]?.includes('.') === true
  if (isScript ? pieces.length < pattern.length : pieces.length !== pattern.length) return false
  return pattern.every((piece, at) => {
    const given = pieces[at] ?? ''
    return (
      piece.startsWith(':') || piece === given || (at === last && given.startsWith(`${piece}.`))
    )
  })
}
