/**
 * Hardening of the application's cookies, cookie by cookie, never weaker than they came.
 *
 * @module
 */
import type { FlatHeaders } from '#protocol/http/head.ts'
import {
  domainMatches,
  parseSetCookie,
  serialiseSetCookie,
  type SetCookie,
} from '#protocol/http/set-cookie.ts'

export type CookieConfig = {
  /** `learn` leaves cookies that hold no session to scripts, until it is known which they read. */
  readonly mode: 'enforce' | 'learn'
  /** Cookies that the application's own scripts read: they are not made HttpOnly. */
  readonly readByScripts: readonly string[]
}

/** What leaves in place of one Set-Cookie line: a line, or nothing and why. */
export type HardenedCookie = { readonly line: string } | { readonly dropped: string }

/**
 * Names under which the well-known frameworks hand a token to their scripts. Such a cookie is
 * public to the page by design and worthless to a thief without the session beside it.
 */
const tokensForScripts: ReadonlySet<string> = new Set([
  '_csrf_token',
  '_xsrf',
  'csrf-token',
  'csrf_token',
  'csrftoken',
  'form_key', // Magento
  'xsrf-token',
  'x-csrf-token',
  'x-xsrf-token',
])

/** What the own scripts of well-known applications read, and what tells nobody who somebody is. */
const stateForScripts: readonly RegExp[] = [
  /^wp-settings-(?:time-)?\d+$/, // WordPress: how the editor looks
  /^woocommerce_(?:cart_hash|items_in_cart)$/,
  /^grafana_session_expiry$/, // a time; the session itself is `grafana_session`
  /^drupal\.visitor\./, // what a visitor wrote into the fields of a comment
  /^(?:mage-messages|mage-cache-sessid|private_content_version)$/, // Magento: a flag, not a session
]

/** Names under which frameworks keep who somebody is; never left to scripts. */
const sessionName = /sess|sid$|^sid|auth|login|remember|jwt|access|refresh|^connect\.|token/i

/** Whether a cookie's name says that it keeps somebody signed in. */
export function isSessionName(name: string): boolean {
  return sessionName.test(name) && !isKnownForScripts(name)
}

/** Longest set-cookie line we read: a browser takes 4096 bytes and the attributes beside them. */
const LINE_MAX = 8192

/** Answers for each Set-Cookie line what the browser is sent instead. */
export class CookiePolicy {
  readonly #readByScripts: ReadonlySet<string>
  readonly #learns: boolean

  constructor(config: CookieConfig) {
    this.#readByScripts = new Set(config.readByScripts)
    this.#learns = config.mode === 'learn'
  }

  /**
   * Secure always; HttpOnly unless a script must read it; SameSite=Lax when the application says
   * nothing. Domain and Path are never widened: a Domain the host does not belong to would be
   * dropped by the browser, and is dropped here, seen.
   *
   * @param host Of the request, lower case, without port.
   */
  harden(line: string, host: string): HardenedCookie {
    if (line.length > LINE_MAX) return { dropped: `longer than ${LINE_MAX} bytes` }
    const cookie = parseSetCookie(line)
    if ('invalid' in cookie) return { dropped: cookie.invalid }
    if (cookie.domain !== undefined && !domainMatches(host, cookie.domain)) {
      return { dropped: 'a Domain the host does not belong to' }
    }
    return { line: serialiseSetCookie(this.#hardened(cookie)) }
  }

  #hardened(cookie: SetCookie): SetCookie {
    const httpOnly = cookie.httpOnly || !this.#isReadByScripts(cookie.name)
    return { ...cookie, secure: true, httpOnly, sameSite: cookie.sameSite ?? 'Lax' }
  }

  #isReadByScripts(name: string): boolean {
    if (this.#learns && !isSessionName(name)) return true
    return this.#readByScripts.has(name) || isKnownForScripts(name)
  }
}

function isKnownForScripts(name: string): boolean {
  const plain = name.toLowerCase().replace(/^__(host|secure)-/, '')
  return tokensForScripts.has(plain) || stateForScripts.some((pattern) => pattern.test(plain))
}

/** The first value that a request's cookies give a name; undefined without one. */
export function cookieValue(headers: FlatHeaders, name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'cookie') continue
    for (const pair of (headers[at + 1] ?? '').split(';')) {
      const text = pair.trim()
      if (text.startsWith(`${name}=`)) return text.slice(name.length + 1)
    }
  }
  return undefined
}
