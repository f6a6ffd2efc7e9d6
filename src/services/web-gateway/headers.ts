/**
 * The header policy: one table, and how each row meets what the application says itself.
 *
 * Every answer that leaves the gateway carries every row, whoever made the answer. The application
 * is never sent twice in one field, never loosened, and its own Content-Security-Policy (with its
 * nonce) is never touched.
 *
 * @module
 */
import { isPolicy } from '#protocol/http/csp.ts'

/**
 * How a row meets the application's own field:
 * `ours` replaces it; `keep` keeps its first valid value; the others say so by name.
 */
export type MergeRule = 'ours' | 'keep' | 'keep-policies' | 'stricter' | 'longest' | 'fill-in'

export type HeaderRow = {
  /** Lower case. */
  readonly name: string
  /** What we send when the application is silent; undefined sends nothing. */
  readonly value: string | undefined
  /** In words, for the operator and the trust page. */
  readonly purpose: string
  readonly state: 'current' | 'retired'
  readonly merge: MergeRule
  /** Sent over TLS only, as RFC 6797 §7.2 demands of HSTS. */
  readonly tlsOnly: boolean
  /** For `stricter`: values from strict to lax. For `keep`: all that is valid. */
  readonly values: readonly string[]
}

/** The values an operator may choose. */
export type HeaderConfig = {
  readonly contentSecurityPolicy: string
  readonly strictTransportSecurity: string
  readonly frameOptions: 'DENY' | 'SAMEORIGIN'
  readonly referrerPolicy: string
  readonly permissionsPolicy: string
  /** Sent only when set: browsers enforce Certificate Transparency by themselves. */
  readonly expectCt?: string | undefined
}

const row = { state: 'current', tlsOnly: false, values: [] } as const

/** The table. */
export function headerTable(config: HeaderConfig): readonly HeaderRow[] {
  return [
    {
      ...row,
      name: 'strict-transport-security',
      value: config.strictTransportSecurity,
      purpose: 'browsers come back over HTTPS only',
      merge: 'longest',
      tlsOnly: true,
    },
    {
      ...row,
      name: 'content-security-policy',
      value: config.contentSecurityPolicy,
      purpose:
        'a page runs and loads only what the policy names, so an injected script does not run',
      merge: 'keep-policies',
    },
    {
      ...row,
      name: 'x-frame-options',
      value: config.frameOptions,
      purpose: 'no other site shows our pages in a frame and steals clicks',
      merge: 'stricter',
      values: ['deny', 'sameorigin'],
    },
    {
      ...row,
      name: 'x-content-type-options',
      value: 'nosniff',
      purpose: 'a browser never guesses that an upload is a script',
      merge: 'ours',
    },
    {
      ...row,
      name: 'referrer-policy',
      value: config.referrerPolicy,
      purpose: 'other sites do not learn the addresses of our pages',
      merge: 'stricter',
      values: ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'],
    },
    {
      ...row,
      name: 'permissions-policy',
      value: config.permissionsPolicy,
      purpose: 'camera, microphone, location and the like stay off unless the application asks',
      merge: 'fill-in',
    },
    {
      ...row,
      name: 'cross-origin-opener-policy',
      value: 'same-origin-allow-popups',
      purpose: 'a page that opened ours, or was opened by it, cannot reach into it',
      merge: 'keep',
      values: ['same-origin', 'same-origin-allow-popups', 'noopener-allow-popups', 'unsafe-none'],
    },
    {
      ...row,
      name: 'cross-origin-resource-policy',
      value: 'same-origin',
      purpose: 'other sites cannot load our answers into their process',
      merge: 'keep',
      values: ['same-origin', 'same-site', 'cross-origin'],
    },
    {
      ...row,
      name: 'origin-agent-cluster',
      value: '?1',
      purpose: 'the browser keeps our origin apart from its sister domains',
      merge: 'keep',
      values: ['?1', '?0'],
    },
    {
      ...row,
      name: 'x-xss-protection',
      value: '0',
      purpose: 'switches off a filter of old browsers that itself made holes; CSP replaced it',
      state: 'retired',
      merge: 'ours',
    },
    {
      ...row,
      name: 'expect-ct',
      value: config.expectCt,
      purpose: 'asked for Certificate Transparency; browsers now demand it unasked',
      state: 'retired',
      merge: 'ours',
      tlsOnly: true,
    },
  ]
}

/** Fields of the application that never leave: they tell attackers what runs, or lead round us. */
const removed: ReadonlySet<string> = new Set([
  'alt-svc',
  'public-key-pins',
  'public-key-pins-report-only',
  'server',
  'via',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-generator',
  'x-powered-by',
  'x-runtime',
])

/** Remembered of answers, and of how much text each. */
const KNOWN_MAX = 64
const KNOWN_SIZE_MAX = 2_048

/** The policy made ready for the hot path: most answers get one constant text. */
export class HeaderPolicy {
  readonly rows: readonly HeaderRow[]
  /** Row by row what is sent when the application is silent. */
  readonly #silent: readonly string[]
  readonly #byName: ReadonlyMap<string, HeaderRow>
  /** Every row's line, for answers that carry none of their own. */
  readonly lines: string
  /** What an application sends of governed fields is mostly the same: given → lines. */
  readonly #known = new Map<string, string>()

  /** @param tls False for answers over plain HTTP: rows that are for TLS alone are left out. */
  constructor(config: HeaderConfig, tls: boolean) {
    this.rows = headerTable(config).filter((each) => tls || !each.tlsOnly)
    this.#byName = new Map(headerTable(config).map((each) => [each.name, each]))
    this.#silent = this.rows.map((each) => line(each.name, each.value))
    this.lines = this.#silent.join('')
  }

  /** Whether a field of the application never leaves. */
  removes(name: string): boolean {
    return removed.has(name)
  }

  /** Whether the policy has a word on this field. */
  governs(name: string): boolean {
    return this.#byName.has(name)
  }

  /**
   * The policy's lines for one answer.
   *
   * @param given What the application sent of the governed fields: name, value, name, value …
   */
  merged(given: readonly string[]): string {
    if (given.length === 0) return this.lines
    const key = given.join('\n')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const lines = this.#merge(given)
    if (this.#known.size >= KNOWN_MAX) this.#known.clear() // with a nonce each is another
    if (key.length <= KNOWN_SIZE_MAX) this.#known.set(key, lines)
    return lines
  }

  #merge(given: readonly string[]): string {
    let text = ''
    for (const [place, each] of this.rows.entries()) {
      if (!isGiven(given, each.name)) {
        text += this.#silent[place]
        continue
      }
      const values = given.filter((_, at) => at % 2 === 1 && given[at - 1] === each.name)
      const merged = merge(each, values)
      if (each.merge === 'keep-policies' && typeof merged !== 'string') {
        for (const policy of merged ?? []) text += line(each.name, policy)
      } else text += line(each.name, merged as string | undefined)
    }
    return text
  }

  /** The same lines, but with another Content-Security-Policy: for the gateway's own pages. */
  withCsp(policy: string): string {
    const csp = 'content-security-policy'
    return this.rows
      .map((each) => line(each.name, each.name === csp ? policy : each.value))
      .join('')
  }
}

function isGiven(given: readonly string[], name: string): boolean {
  for (let at = 0; at < given.length; at += 2) if (given[at] === name) return true
  return false
}

function line(name: string, value: string | undefined): string {
  return value === undefined ? '' : `${name}: ${value}\r\n`
}

function merge(each: HeaderRow, values: readonly string[]): string | readonly string[] | undefined {
  switch (each.merge) {
    case 'ours':
      return each.value
    case 'keep':
      return values.find((value) => each.values.includes(value.trim())) ?? each.value
    case 'keep-policies':
      return keepPolicies(each, values)
    case 'stricter':
      return stricter(each, values)
    case 'longest':
      return longest(each, values)
    case 'fill-in':
      return fillIn(each, values)
  }
}

/** Several policies all hold, so each is passed on, in its own line as it came. */
function keepPolicies(each: HeaderRow, values: readonly string[]): readonly string[] | string {
  const policies = values.filter(isPolicy)
  return policies.length > 0 ? policies : (each.value ?? [])
}

/** The strictest known value, the application's or ours. Referrer-Policy may list several. */
function stricter(each: HeaderRow, values: readonly string[]): string | undefined {
  const known = values.flatMap((value) => value.toLowerCase().split(','))
  const candidates = [...known.map((value) => value.trim()), (each.value ?? '').toLowerCase()]
  const best = each.values.find((value) => candidates.includes(value))
  if (best === undefined || best === each.value?.toLowerCase()) return each.value
  return each.name === 'x-frame-options' ? best.toUpperCase() : best
}

type Hsts = { maxAge: number; subdomains: boolean; preload: boolean }

/** Longest of the two ages; what either adds, stays. An invalid one counts for nothing. */
function longest(each: HeaderRow, values: readonly string[]): string | undefined {
  const all = [each.value ?? '', ...values].map(parseHsts).filter((hsts) => hsts !== undefined)
  if (all.length === 0) return each.value
  const maxAge = Math.max(...all.map((hsts) => hsts.maxAge))
  const subdomains = all.some((hsts) => hsts.subdomains) ? '; includeSubDomains' : ''
  return `max-age=${maxAge}${subdomains}${all.some((hsts) => hsts.preload) ? '; preload' : ''}`
}

/** @see RFC 6797 §6.1: names without case, max-age demanded, none twice. */
export function parseHsts(value: string): Hsts | undefined {
  const directives = value.split(';').map((text) => text.trim().toLowerCase())
  const names = directives.filter(Boolean).map((text) => text.split('=')[0]?.trim())
  if (new Set(names).size !== names.length) return undefined
  const age = directives
    .map((text) => /^max-age\s*=\s*"?(\d{1,15})"?$/.exec(text)?.[1])
    .find(Boolean)
  if (age === undefined) return undefined
  return {
    maxAge: Number(age),
    subdomains: names.includes('includesubdomains'),
    preload: names.includes('preload'),
  }
}

/** The application's word on each feature it names; ours on all others. */
function fillIn(each: HeaderRow, values: readonly string[]): string | undefined {
  const own = features(values.join(','))
  if (own.size === 0) return each.value
  const all = new Map([...features(each.value ?? ''), ...own])
  return [...all].map(([feature, allowlist]) => `${feature}=${allowlist}`).join(', ')
}

/** Feature → allow-list, of a structured dictionary whose values are `*`, `self` or a list. */
function features(value: string): ReadonlyMap<string, string> {
  const pattern = /([a-z][a-z0-9-]*)=(\*|self|\([^()]*\))/g
  return new Map([...value.matchAll(pattern)].map(([, name = '', list = '']) => [name, list]))
}
