/**
 * Made-up visits for graders: the same number gives the same visits, for ever.
 *
 * The expected results beside the tests were computed for these visits by another program; changing
 * anything here makes them worthless.
 */
import type { Fields, Visit } from '#services/grader/visit.ts'
import { mulberry32 } from './random.ts'

const URL_OF_PAGE = 'https://example.com/'
const ORIGIN = 'https://grader.invalid'

const sources = (
  "'self' 'none' 'unsafe-inline' 'unsafe-eval' data: https: http: * 'nonce-abc' 'sha256-xyz=' " +
  "'strict-dynamic' https://cdn.example.com http://x.example https://* *.example.com ftp://a " +
  'blob: https://example.com/a/ https://example.com/a/b HTTPS://UP.example'
).split(' ')
const directives = (
  'default-src script-src style-src img-src media-src object-src frame-ancestors base-uri ' +
  'form-action report-uri report-to upgrade-insecure-requests connect-src Script-Src'
).split(' ')
const routes: readonly (readonly string[] | undefined)[] = [
  ['http://example.com/'],
  ['http://example.com/', 'https://example.com/'],
  ['http://example.com/', 'https://www.example.com/'],
  ['http://example.com/', 'http://www.example.com/', 'https://example.com/'],
  ['http://example.com/', 'http://a.example.com/'],
  undefined,
]
const fieldValues: Readonly<Record<string, readonly string[]>> = {
  'content-type': ['text/html; charset=utf-8', 'text/html', 'application/json'],
  'strict-transport-security': [
    'max-age=31536000',
    'max-age=100',
    'max-age=31536000; includeSubDomains; preload',
    'max-age=1, max-age=2',
    'includeSubDomains',
    'MAX-AGE=15552000',
    'max-age="31536000"',
    'max-age=',
    'max-age=15551999',
  ],
  'x-frame-options': ['DENY', 'sameorigin', 'ALLOW-FROM https://a', 'deny, deny', 'x', ' DENY '],
  'x-content-type-options': ['nosniff', 'NOSNIFF', 'nosniff, nosniff', 'x'],
  'referrer-policy': [
    'no-referrer',
    'unsafe-url',
    'no-referrer, strict-origin-when-cross-origin',
    'x',
    'origin,same-origin',
    'same-origin, x',
    'ORIGIN',
  ],
  'cross-origin-resource-policy': ['same-origin', 'same-site', 'cross-origin', 'x', 'Same-Origin'],
}

/** As many visits as wanted. */
export function* madeUpVisits(count: number): Generator<Visit> {
  const random = mulberry32(2026)
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(random() * list.length)]!
  const maybe = (chance: number): boolean => random() < chance
  const many = <Item>(max: number, make: () => Item): Item[] =>
    Array.from({ length: Math.floor(random() * max) }, make)
  const policy = (): string => {
    const used = new Set<string>()
    const parts = many(7, () => {
      const name = pick(directives)
      if (used.has(name) && maybe(0.85)) return ''
      used.add(name)
      return `${name} ${many(4, () => pick(sources)).join(' ')}`
    }).filter((part) => part !== '')
    return parts.join('; ') || pick(['x', "default-src 'none'"])
  }
  const cookie = (): string =>
    [
      `${pick(['session', 'login', 'a', 'csrf', '__Host-sess', 'theme'])}=1`,
      ...(maybe(0.5) ? ['Secure'] : []),
      ...(maybe(0.5) ? ['HttpOnly'] : []),
      ...(maybe(0.6) ? [`SameSite=${pick(['Lax', 'Strict', 'None', 'odd', '', 'lax'])}`] : []),
      ...(maybe(0.5) ? ['Path=/'] : []),
    ].join('; ')
  const places = (
    '/a.js a.js https://example.com/x.js https://cdn.example.com/x.js ' +
    'https://other.org/x.js http://other.org/x.js //other.org/x.js'
  ).split(' ')
  const script = (): string =>
    `<script${maybe(0.8) ? ` src="${pick(places)}"` : ''}` +
    `${maybe(0.4) ? ' integrity="sha384-x"' : ''}></script>`
  for (let at = 0; at < count; at++) {
    const fields: Record<string, string> = {}
    for (const [name, values] of Object.entries(fieldValues)) {
      if (maybe(0.75)) fields[name] = pick(values)
    }
    if (maybe(0.8)) fields['content-security-policy'] = policy()
    if (maybe(0.2)) fields['content-security-policy-report-only'] = policy()
    const meta = maybe(0.15)
      ? `<meta http-equiv="Content-Security-Policy" content="${policy()}">`
      : ''
    const referrer = maybe(0.1)
      ? `<meta name="referrer" content="${pick(['no-referrer', 'unsafe-url', 'x'])}">`
      : ''
    const body = `<html><head>${meta}${referrer}</head><body>${many(3, script).join('')}</body></html>`
    const cookies = many(3, cookie)
    const route = pick(routes)?.map((text) => new URL(text))
    const allowed: Fields = maybe(0.5)
      ? { 'access-control-allow-origin': pick(['*', 'https://o.example', ORIGIN]) }
      : {}
    const credentials: Fields = maybe(0.4)
      ? { 'access-control-allow-credentials': pick(['true', 'True', 'false']) }
      : {}
    yield {
      hostName: 'example.com',
      page: { url: new URL(URL_OF_PAGE), status: 200, fields, cookies, body },
      trusted: maybe(0.9),
      plainRoute: route,
      cors: { origin: ORIGIN, fields: { ...allowed, ...credentials } },
    }
  }
}
