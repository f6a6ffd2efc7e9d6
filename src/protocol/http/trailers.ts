/**
 * Trailer fields: what may follow a chunked body, and may pass on.
 *
 * A field that says how to read a message, who it is for or who sent it has decided already when
 * its trailer comes; a receiver that merges it into the head would decide again. Those are dropped,
 * as are all that only a gateway may say.
 *
 * Source: RFC 9110 §6.5.1 (which may be trailers), RFC 9112 §7.1.2 (where they stand).
 *
 * @module
 */
import { isForwardedClaim } from './forwarded.ts'
import type { FlatHeaders } from './head.ts'

const forbidden: ReadonlySet<string> = new Set(
  [
    // Framing, routing, and what belongs to one connection.
    'connection content-length expect host keep-alive max-forwards proxy-connection te trailer',
    'transfer-encoding upgrade http2-settings',
    // Who asks, and what an answer does to a browser.
    'authorization cookie origin proxy-authenticate proxy-authorization set-cookie',
    'www-authenticate location retry-after clear-site-data',
    // How content is read and kept.
    'age cache-control content-encoding content-range content-type date expires if-match',
    'if-modified-since if-none-match if-range if-unmodified-since pragma range vary warning',
  ].flatMap((line) => line.split(' ')),
)

const nothing: FlatHeaders = []

/** @param isOurs Whether a name is one that the gateway alone writes. */
export function passableTrailers(
  fields: FlatHeaders,
  isOurs: (name: string) => boolean = () => false,
): FlatHeaders {
  if (fields.length === 0) return nothing
  const passed: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    if (forbidden.has(name) || isForwardedClaim(name) || isOurs(name)) continue
    passed.push(name, fields[at + 1] ?? '')
  }
  return passed
}

/** The end of a chunked body. */
export function lastChunk(trailers: FlatHeaders): string {
  let text = '0\r\n'
  for (let at = 0; at < trailers.length; at += 2) text += `${trailers[at]}: ${trailers[at + 1]}\r\n`
  return `${text}\r\n`
}

/** Whether whoever sent this head takes trailers: `TE: trailers`, RFC 9110 §10.1.4. */
export function takesTrailers(headers: FlatHeaders): boolean {
  const at = headers.indexOf('te')
  if (at < 0 || at % 2 === 1) return false
  return (headers[at + 1] ?? '').split(',').some((coding) => coding.trim() === 'trailers')
}
