/**
 * What every answer carries, and which posts are believed.
 *
 * The application sends its own headers and does not count on anything in front of it.
 *
 * @module
 */
import type { MiddlewareHandler } from 'hono'

/** No inline script or style exists, so none is allowed; no script may make HTML from text. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** An image does nothing; opened by itself it may not even try. */
const imagePolicy = `${policy.replaceAll(" 'self'", " 'none'")}; sandbox`

const headers: Readonly<Record<string, string>> = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=()',
}

/** Pages hold names and depend on who asks: nothing keeps them, unless the route says otherwise. */
export const sendHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) {
    // Only the interface for programs says otherwise, and only on this (api-routes.ts).
    const isShared = name === 'Cross-Origin-Resource-Policy' && c.res.headers.has(name)
    if (!isShared) c.res.headers.set(name, value)
  }
  if (c.res.headers.get('Content-Type')?.startsWith('image/')) {
    c.res.headers.set('Content-Security-Policy', imagePolicy)
  }
  if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store')
}

/**
 * Whether a post comes from our own pages. Browsers say so themselves, in a header no page can
 * forge: Sec-Fetch-Site, or Origin where that is missing. Cookies are SameSite=Lax besides.
 */
export function isOwnPost(request: Headers, publicOrigin: string): boolean {
  const site = request.get('sec-fetch-site')
  if (site !== null) return site === 'same-origin'
  return request.get('origin') === publicOrigin
}
