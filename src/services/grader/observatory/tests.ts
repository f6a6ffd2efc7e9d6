/**
 * The ten tests of the HTTP Observatory, each from a visit to one result.
 *
 * Source: MDN HTTP Observatory, algorithm 4; a test holds each against the npm package.
 *
 * @module
 */
import { parseSetCookie, type SetCookie } from '#protocol/http/set-cookie.ts'
import type { Visit } from '../visit.ts'
import { parseCsp, parseMetaCsp, type Csp } from './csp.ts'
import { metaPolicies, scripts } from './html.ts'
import type { ObservatoryCode } from './results.ts'

const HALF_A_YEAR_SECONDS = 15_552_000

const broad: ReadonlySet<string> = new Set(
  'ftp: http: https: * http://* http://*.* https://* https://*.*'.split(' '),
)
const inline: ReadonlySet<string> = new Set(["'unsafe-inline'", 'data:'])

/** Test name → its result, in the order of the Observatory. */
export function observatoryTests(visit: Visit): ReadonlyMap<string, ObservatoryCode> {
  const meta = isHtml(visit) ? metaPolicies(visit.page.body) : new Map<string, string[]>()
  return new Map<string, ObservatoryCode>([
    ['content-security-policy', cspTest(visit, meta)],
    ['cookies', cookiesTest(visit)],
    ['cross-origin-resource-sharing', corsTest(visit)],
    ['redirection', redirectionTest(visit)],
    ['referrer-policy', referrerTest(visit, meta)],
    ['strict-transport-security', hstsTest(visit)],
    ['subresource-integrity', integrityTest(visit)],
    ['x-content-type-options', sniffTest(visit)],
    ['x-frame-options', frameTest(visit, meta)],
    ['cross-origin-resource-policy', corpTest(visit)],
  ])
}

function isHtml({ page }: Visit): boolean {
  const type = (page.fields['content-type'] ?? '').split(';')[0] ?? ''
  return type === 'text/html' || type === 'application/xhtml+xml'
}

type Meta = ReadonlyMap<string, readonly string[]>

function cspTest({ page }: Visit, meta: Meta): ObservatoryCode {
  const header = present(page.fields['content-security-policy'])
  const inPage = meta.get('content-security-policy') ?? []
  const parsed = parseCsp([...header, ...inPage])
  if (!parsed) return 'csp-header-invalid'
  const effective = (parseCsp(header)?.csp.size ?? 0) + (parseMetaCsp(inPage)?.size ?? 0)
  if (effective === 0) {
    const reports = (page.fields['content-security-policy-report-only'] ?? '') !== ''
    return reports ? 'csp-not-implemented-but-reporting-enabled' : 'csp-not-implemented'
  }
  const result = judgeCsp(parsed.csp)
  const fine = result.startsWith('csp-implemented-with-no-unsafe') || milderCsp.has(result)
  return fine && parsed.repeated ? 'csp-implemented-but-duplicate-directives' : result
}

const milderCsp: ReadonlySet<ObservatoryCode> = new Set([
  'csp-implemented-with-unsafe-inline-in-style-src-only',
  'csp-implemented-with-insecure-scheme-in-passive-content-only',
])

function judgeCsp(parsed: Csp): ObservatoryCode {
  // Copies, but a list inherited from default-src is one and the same: what is dropped, is gone.
  const csp = new Map([...parsed].map(([name, sources]) => [name, new Set(sources)] as const))
  const inherited = (name: string): Set<string> =>
    csp.get(name) ?? csp.get('default-src') ?? new Set(['*'])
  const object = inherited('object-src')
  const script = inherited('script-src')
  const style = inherited('style-src')
  // A nonce or hash makes browsers ignore 'unsafe-inline'.
  for (const list of [script, style]) if (hasNonce(list)) list.delete("'unsafe-inline'")
  if (script.has("'strict-dynamic'")) {
    if (!hasNonce(script)) return 'csp-header-invalid'
    dropOverruled(script)
  }
  const some = (sources: Iterable<string>, ...sets: readonly ReadonlySet<string>[]): boolean =>
    [...sources].some((source) => sets.some((set) => set.has(source)))
  if (some(script, broad, inline) || some(object, broad)) {
    return 'csp-implemented-with-unsafe-inline'
  }
  const passiveNames = ['img-src', 'media-src']
  const active = [...csp].filter(([name]) => !passiveNames.includes(name) && name !== 'script-src')
  if ([...active.flatMap(([, sources]) => [...sources]), ...script].some(isInsecure)) {
    return 'csp-implemented-with-insecure-scheme'
  }
  if (script.has("'unsafe-eval'") || style.has("'unsafe-eval'")) {
    return 'csp-implemented-with-unsafe-eval'
  }
  const passive = passiveNames.flatMap((name) => [
    ...(csp.get(name) ?? csp.get('default-src') ?? []),
  ])
  if (passive.some(isInsecure)) {
    return 'csp-implemented-with-insecure-scheme-in-passive-content-only'
  }
  if (some(style, broad, inline)) return 'csp-implemented-with-unsafe-inline-in-style-src-only'
  const standard = csp.get('default-src')
  return standard?.size === 1 && standard.has("'none'")
    ? 'csp-implemented-with-no-unsafe-default-src-none'
    : 'csp-implemented-with-no-unsafe'
}

function isInsecure(source: string): boolean {
  return source.startsWith('http:') || source.startsWith('ftp:')
}

function hasNonce(sources: ReadonlySet<string>): boolean {
  return [...sources].some((source) => /^'(?:sha(?:256|384|512)|nonce)-/.test(source))
}

/** What 'strict-dynamic' makes browsers ignore. */
function dropOverruled(sources: Set<string>): void {
  for (const source of sources) {
    const dropped = source === "'self'" || [...broad].some((start) => source.startsWith(start))
    if (dropped) sources.delete(source)
  }
}

const cookieOrder: readonly ObservatoryCode[] = [
  'cookies-without-secure-flag-but-protected-by-hsts',
  'cookies-without-secure-flag',
  'cookies-session-without-secure-flag-but-protected-by-hsts',
  'cookies-samesite-flag-invalid',
  'cookies-anticsrf-without-samesite-flag',
  'cookies-session-without-httponly-flag',
  'cookies-session-without-secure-flag',
]

function cookiesTest(visit: Visit): ObservatoryCode {
  const hsts = hstsTest(visit) === 'hsts-implemented-max-age-at-least-six-months'
  const cookies = storedCookies(visit.page.cookies)
  if (cookies.length === 0) return 'cookies-not-found'
  const found = cookies.flatMap((cookie) => cookieFaults(cookie, hsts))
  if (visit.page.cookies.some(hasOddSameSite)) found.push('cookies-samesite-flag-invalid')
  const worst = Math.max(...found.map((code) => cookieOrder.indexOf(code)), -1)
  if (worst >= 0) return cookieOrder[worst] ?? 'cookies-not-found'
  return cookies.every(isSameSite)
    ? 'cookies-secure-with-httponly-sessions-and-samesite'
    : 'cookies-secure-with-httponly-sessions'
}

/** What a browser's jar would hold: of each name and path the last, none with a broken prefix. */
function storedCookies(lines: readonly string[]): SetCookie[] {
  const jar = new Map<string, SetCookie>()
  for (const line of lines) {
    // The path a browser assumes: that of the page, here the root.
    const cookie = parseSetCookie(/;\s*path\s*=/i.test(line) ? line : `${line}; Path=/`)
    if ('invalid' in cookie || cookie.name === '') continue
    if (/^__(?:Host|Secure)-/.test(cookie.name) && !cookie.secure) continue
    if (cookie.name === 'heroku-session-affinity') continue // their balancer's, of no use to anyone
    jar.set(`${cookie.name};${cookie.path ?? '/'}`, cookie)
  }
  return [...jar.values()]
}

function isSameSite({ sameSite }: SetCookie): boolean {
  return sameSite !== undefined
}

function cookieFaults(cookie: SetCookie, hsts: boolean): ObservatoryCode[] {
  const name = cookie.name.toLowerCase()
  const session = name.includes('login') || name.includes('sess')
  const found: ObservatoryCode[] = []
  if (!cookie.secure) {
    if (cookie.sameSite === 'None') found.push('cookies-samesite-flag-invalid')
    found.push(
      hsts ? 'cookies-without-secure-flag-but-protected-by-hsts' : 'cookies-without-secure-flag',
    )
    if (session && hsts) found.push('cookies-session-without-secure-flag-but-protected-by-hsts')
    else if (session) found.push('cookies-session-without-secure-flag')
  }
  if (name.includes('csrf') && !isSameSite(cookie)) {
    found.push('cookies-anticsrf-without-samesite-flag')
  }
  if (session && !cookie.httpOnly) found.push('cookies-session-without-httponly-flag')
  return found
}

function hasOddSameSite(line: string): boolean {
  return line.split(';').some((part) => {
    const [name = '', value = ''] = part.trim().split('=')
    const known = ['lax', 'strict', 'none'].includes(value.trim().toLowerCase())
    return name.trim().toLowerCase() === 'samesite' && !known
  })
}

function corsTest({ cors }: Visit): ObservatoryCode {
  const allowed = cors?.fields['access-control-allow-origin'] ?? ''
  if (!cors || allowed === '') return 'cross-origin-resource-sharing-not-implemented'
  if (allowed.trim() === '*') {
    return 'cross-origin-resource-sharing-implemented-with-public-access'
  }
  const credentials = cors.fields['access-control-allow-credentials'] ?? ''
  return allowed === cors.origin && credentials.trim().toLowerCase() === 'true'
    ? 'cross-origin-resource-sharing-implemented-with-universal-access'
    : 'cross-origin-resource-sharing-implemented-with-restricted-access'
}

function redirectionTest({ plainRoute, trusted }: Visit): ObservatoryCode {
  if (!plainRoute) return 'redirection-not-needed-no-http'
  const [first, second] = plainRoute
  const last = plainRoute.at(-1)
  const leadsToHttps = plainRoute.some(({ protocol }) => protocol === 'https:')
  if (!trusted && leadsToHttps) return 'redirection-invalid-cert'
  if (!first || !second || !last) return 'redirection-missing'
  if (last.protocol !== 'https:') return 'redirection-not-to-https'
  if (second.protocol === 'http:') return 'redirection-not-to-https-on-initial-redirection'
  return first.hostname === second.hostname
    ? 'redirection-to-https'
    : 'redirection-off-host-from-http'
}

const privatePolicies: readonly string[] = [
  'no-referrer',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
]
const openPolicies: readonly string[] = [
  'origin',
  'origin-when-cross-origin',
  'unsafe-url',
  'no-referrer-when-downgrade',
]

function referrerTest({ page }: Visit, meta: Meta): ObservatoryCode {
  const given = [...present(page.fields['referrer-policy']), ...(meta.get('referrer-policy') ?? [])]
  if (given.length === 0) return 'referrer-policy-not-implemented'
  const last = given
    .join(',')
    .split(',')
    .map((token) => token.trim().toLowerCase())
    .findLast((token) => privatePolicies.includes(token) || openPolicies.includes(token))
  if (last === undefined) return 'referrer-policy-header-invalid'
  return privatePolicies.includes(last) ? 'referrer-policy-private' : 'referrer-policy-unsafe'
}

function hstsTest({ page, trusted }: Visit): ObservatoryCode {
  if (!trusted) return 'hsts-invalid-cert'
  const header = page.fields['strict-transport-security']
  if (header === undefined) return 'hsts-not-implemented'
  if (header.includes(',')) return 'hsts-header-invalid'
  const ages = header
    .split(';')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part.startsWith('max-age='))
  const last = ages.at(-1)
  if (last === undefined) return 'hsts-header-invalid'
  const seconds = Number.parseInt(last.slice('max-age='.length), 10)
  return seconds < HALF_A_YEAR_SECONDS
    ? 'hsts-implemented-max-age-less-than-six-months'
    : 'hsts-implemented-max-age-at-least-six-months'
}

const scriptOrder: readonly ObservatoryCode[] = [
  'sri-implemented-and-all-scripts-loaded-securely',
  'sri-implemented-but-external-scripts-not-loaded-securely',
  'sri-not-implemented-but-external-scripts-loaded-securely',
  'sri-not-implemented-and-external-scripts-not-loaded-securely',
]

function integrityTest(visit: Visit): ObservatoryCode {
  if (!isHtml(visit)) return 'sri-not-implemented-response-not-html'
  const { page, hostName } = visit
  const { count, loaded } = scripts(page.body)
  if (count === 0) return 'sri-not-implemented-but-no-scripts-loaded'
  let worst = -1
  let foreign = false
  for (const { src, integrity } of loaded) {
    const absolute = /^https?:\/\//.test(src)
    const schemeless = /^\/\/[^/]/.test(src)
    const own = !schemeless && (!absolute || siteOf(new URL(src).hostname) === siteOf(hostName))
    const secure = absolute ? src.startsWith('https:') : !schemeless
    if (own) {
      if (integrity && secure && worst < 0) worst = 0
      continue
    }
    foreign = true
    if (integrity && secure) continue
    worst = Math.max(worst, integrity ? 1 : secure ? 2 : 3)
  }
  const code = scriptOrder[worst]
  if (code) return code
  return foreign
    ? 'sri-implemented-and-external-scripts-loaded-securely'
    : 'sri-not-implemented-but-all-scripts-loaded-from-secure-origin'
}

/** The last two labels: what one owner has, save under public suffixes such as `co.uk`. */
function siteOf(hostName: string): string {
  const isAddress = /^[\d.]+$|:/.test(hostName)
  return isAddress ? hostName : hostName.split('.').slice(-2).join('.')
}

function sniffTest({ page }: Visit): ObservatoryCode {
  const header = page.fields['x-content-type-options'] ?? ''
  if (header === '') return 'x-content-type-options-not-implemented'
  return header.trim().toLowerCase() === 'nosniff'
    ? 'x-content-type-options-nosniff'
    : 'x-content-type-options-header-invalid'
}

function frameTest(visit: Visit, meta: Meta): ObservatoryCode {
  const { page } = visit
  const policies = [
    ...present(page.fields['content-security-policy']),
    ...(meta.get('content-security-policy') ?? []),
  ]
  const enforced = !cspTest(visit, meta).startsWith('csp-not-implemented')
  if (enforced && parseCsp(policies)?.csp.has('frame-ancestors')) {
    return 'x-frame-options-implemented-via-csp'
  }
  const header = (page.fields['x-frame-options'] ?? '').trim().toLowerCase()
  if (header === '') return 'x-frame-options-not-implemented'
  if (header === 'deny' || header === 'sameorigin') return 'x-frame-options-sameorigin-or-deny'
  return header.startsWith('allow-from')
    ? 'x-frame-options-allow-from-origin'
    : 'x-frame-options-header-invalid'
}

function corpTest({ page }: Visit): ObservatoryCode {
  const value = (page.fields['cross-origin-resource-policy'] ?? '').trim().toLowerCase()
  if (value === '') return 'corp-not-implemented'
  if (value === 'same-origin' || value === 'same-site' || value === 'cross-origin') {
    return `corp-implemented-with-${value}`
  }
  return 'corp-header-invalid'
}

function present(value: string | undefined): string[] {
  return value === undefined ? [] : [value]
}
