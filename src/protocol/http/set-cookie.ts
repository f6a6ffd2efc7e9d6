/**
 * Set-Cookie lines: read as a browser reads them, written back without a changed meaning.
 *
 * A gateway that hardens cookies must see exactly what the browser will see: unknown attributes
 * are kept, the last of a repeated attribute counts, and the commas of `Expires` are only text.
 *
 * Source: RFC 6265bis (draft-ietf-httpbis-rfc6265bis-22) §5.6, §4.1.3 (name prefixes).
 *
 * @module
 */

export type SameSite = 'Strict' | 'Lax' | 'None'

/** One cookie as a browser would store it. */
export type SetCookie = {
  readonly name: string
  readonly value: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** As given when it is one of the three; undefined when absent or unknown. */
  readonly sameSite: SameSite | undefined
  /** As given, undefined when absent or empty: the cookie is then for the host alone. */
  readonly domain: string | undefined
  /** As given, undefined when absent or not beginning with `/`. */
  readonly path: string | undefined
  /** All others (Expires, Max-Age, Partitioned, Priority …), in order, as given. */
  readonly others: readonly string[]
}

/** Bytes of name and value together, and of one attribute value, that browsers take. */
const PAIR_MAX = 4096
const ATTRIBUTE_MAX = 1024

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const controls = /[\u0000-\u0008\u000a-\u001f\u007f]/

/**
 * Reads one Set-Cookie value.
 *
 * @returns The cookie, or the reason why every browser would drop it.
 */
export function parseSetCookie(line: string): SetCookie | { readonly invalid: string } {
  if (controls.test(line)) return { invalid: 'a control character' }
  const [pair = '', ...attributes] = line.split(';')
  const equals = pair.indexOf('=')
  const name = equals < 0 ? '' : pair.slice(0, equals).trim()
  const value = (equals < 0 ? pair : pair.slice(equals + 1)).trim()
  if (name === '' && value === '') return { invalid: 'neither name nor value' }
  if (name.length + value.length > PAIR_MAX) return { invalid: `longer than ${PAIR_MAX} bytes` }
  const cookie = attributes.reduce(withAttribute, { ...bare, name, value })
  const broken = brokenPrefix(cookie)
  return broken === undefined ? cookie : { invalid: broken }
}

/** Writes the cookie as one Set-Cookie value. */
export function serialiseSetCookie(cookie: SetCookie): string {
  let line = cookie.name === '' ? cookie.value : `${cookie.name}=${cookie.value}`
  for (const other of cookie.others) line += `; ${other}`
  if (cookie.domain !== undefined) line += `; Domain=${cookie.domain}`
  if (cookie.path !== undefined) line += `; Path=${cookie.path}`
  if (cookie.sameSite !== undefined) line += `; SameSite=${cookie.sameSite}`
  if (cookie.httpOnly) line += '; HttpOnly'
  return cookie.secure ? `${line}; Secure` : line
}

/** Whether a cookie of this `Domain` may be set by this host (RFC 6265 §5.1.3). */
export function domainMatches(host: string, domain: string): boolean {
  const wanted = domain.toLowerCase().replace(/^\./, '')
  return host === wanted || (host.endsWith(`.${wanted}`) && !/^[\d.]+$|:/.test(host))
}

const bare: SetCookie = {
  name: '',
  value: '',
  secure: false,
  httpOnly: false,
  sameSite: undefined,
  domain: undefined,
  path: undefined,
  others: [],
}

const sameSites: Readonly<Record<string, SameSite>> = { strict: 'Strict', lax: 'Lax', none: 'None' }

function withAttribute(cookie: SetCookie, attribute: string): SetCookie {
  const text = attribute.trim()
  const equals = text.indexOf('=')
  const key = (equals < 0 ? text : text.slice(0, equals)).trim().toLowerCase()
  const value = equals < 0 ? '' : text.slice(equals + 1).trim()
  if (text === '' || value.length > ATTRIBUTE_MAX) return cookie
  switch (key) {
    case 'secure':
      return { ...cookie, secure: true }
    case 'httponly':
      return { ...cookie, httpOnly: true }
    case 'samesite':
      return { ...cookie, sameSite: sameSites[value.toLowerCase()] }
    case 'domain':
      return { ...cookie, domain: value === '' ? undefined : value }
    case 'path':
      return { ...cookie, path: value.startsWith('/') ? value : undefined }
    default:
      return { ...cookie, others: [...cookie.others, text] }
  }
}

/**
 * What a name promises by its prefix, and the line does not keep. Secure is not asked for: the
 * gateway adds it. A nameless cookie may not imitate a prefix by its value.
 */
function brokenPrefix(cookie: SetCookie): string | undefined {
  const name = (cookie.name || cookie.value).toLowerCase()
  const host = name.startsWith('__host-') || name.startsWith('__host-http-')
  if (cookie.name === '') {
    return host || name.startsWith('__secure-') || name.startsWith('__http-')
      ? 'a nameless cookie with a prefix'
      : undefined
  }
  if (!host) return undefined
  if (cookie.domain !== undefined) return '__Host- with a Domain'
  return cookie.path === '/' ? undefined : '__Host- without Path=/'
}
