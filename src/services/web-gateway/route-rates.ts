/**
 * The `webGateway.rateLimits` section of veilig.yaml: how many requests a visitor may make on a
 * route, and who counts as one visitor.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { networkOf } from '#lib/lockout/network.ts'
import type { RequestHead } from '#protocol/http/head.ts'
import { readPath } from '#protocol/http/path.ts'
import { cookieValue } from './cookies.ts'
import type { GuardRefusal } from './guard.ts'
import { hostName } from './policy.ts'
import type { RateLimits, RateQuestion } from '#lib/rates.ts'

export type RateLimitedRoute = {
  /** `/api` is `/api` and all below it; `/` is everything. */
  readonly path: string
  /** Only of this host name; of all without it. */
  readonly host?: string | undefined
  /** Only these methods; all without it. */
  readonly methods?: readonly string[] | undefined
  /** In the long run. */
  readonly perMinute: number
  /** At once, after a rest. */
  readonly burst: number
  /** Who has a count of his own: an address (IPv6: a /64 network), or a session. */
  readonly by: 'address' | 'session'
  /** Names the session, for `by: session`. */
  readonly cookie?: string | undefined
}

/**
 * A session is what the visitor says it is. So whoever makes up sessions has, in all of them, what
 * ten have; a household or an office with more people at one time needs a higher limit.
 */
const SESSIONS_PER_ADDRESS = 10

/** One route with a limit. */
export const rateLimitedRoute: z.ZodType<RateLimitedRoute> = z
  .strictObject({
    path: z.string().regex(/^\/[\w/.-]{0,254}$/, 'a path such as /api'),
    host: z.string().min(1).max(253).optional(),
    methods: z
      .array(z.string().regex(/^[A-Z]{1,32}$/, 'a method in capitals'))
      .min(1)
      .max(10)
      .optional(),
    perMinute: z.number().min(0.01).max(1_000_000),
    burst: z.int().min(1).max(1_000_000).default(10),
    by: z.enum(['address', 'session']).default('address'),
    cookie: z.string().min(1).max(256).optional(),
  })
  .refine((given) => (given.by === 'session') === (given.cookie !== undefined), {
    message: 'by: session needs the name of its cookie, and only that does',
  })

export type RouteRateTools = {
  /** Hides sessions: what is counted can be kept and sent, and opens nothing. */
  readonly key: Uint8Array
  readonly rates: RateLimits
}

/** All limited routes of a gateway. */
export class RouteRates {
  readonly #routes: readonly (RateLimitedRoute & { readonly pieces: readonly string[] })[]
  readonly #tools: RouteRateTools

  constructor(routes: readonly RateLimitedRoute[], tools: RouteRateTools) {
    this.#routes = routes.map((route) => ({ ...route, pieces: readPath(route.path) }))
    this.#tools = tools
  }

  /** Counts a request on its routes. @returns A refusal when it is one too many. */
  admit(
    head: RequestHead,
    address: string,
  ): GuardRefusal | undefined | Promise<GuardRefusal | undefined> {
    if (this.#routes.length === 0) return undefined
    const pieces = readPath(head.target)
    const host = hostName(head.host)
    const questions = this.#routes
      .filter(
        (route) =>
          (route.host ?? host) === host &&
          (route.methods?.includes(head.method) ?? true) &&
          route.pieces.every((piece, at) => piece === pieces[at]),
      )
      .flatMap((route) => this.#questions(route, head, networkOf(address)))
    return questions.length === 0 ? undefined : this.#ask(questions)
  }

  #questions(route: RateLimitedRoute, head: RequestHead, network: string): RateQuestion[] {
    const { perMinute, burst, by, cookie = '' } = route
    const name = `${route.host ?? ''}${route.path} ${route.methods?.join() ?? ''}`
    if (by === 'address') return [{ key: `${name} a ${network}`, perMinute, burst }]
    const times = SESSIONS_PER_ADDRESS
    const all = { key: `${name} n ${network}`, perMinute: perMinute * times, burst: burst * times }
    const value = cookieValue(head.headers, cookie)
    if (value === undefined) return [all]
    const mac = createHmac('sha256', this.#tools.key).update(`veilig session v1\0${value}`)
    return [{ key: `${name} s ${mac.digest('base64url').slice(0, 22)}`, perMinute, burst }, all]
  }

  /** The narrowest first: what it refuses is not counted further. */
  #ask(questions: readonly RateQuestion[]): ReturnType<RouteRates['admit']> {
    for (const [at, question] of questions.entries()) {
      const waitMs = this.#tools.rates.take(question)
      if (waitMs instanceof Promise) return this.#askOthers(waitMs, questions.slice(at + 1))
      if (waitMs > 0) return refusalAfter(waitMs)
    }
    return undefined
  }

  async #askOthers(
    first: Promise<number>,
    rest: readonly RateQuestion[],
  ): Promise<GuardRefusal | undefined> {
    const waitMs = await first
    return waitMs > 0 ? refusalAfter(waitMs) : await this.#ask(rest)
  }
}

function refusalAfter(waitMs: number): GuardRefusal {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  return {
    code: 'WEB_RATE_LIMITED',
    detail: 'more requests than the route allows',
    retryAfterSeconds,
  }
}
