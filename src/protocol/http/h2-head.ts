/**
 * HTTP/2 field sections and ours: a request is brought into the words of HTTP/1.1 and read by the
 * one strict parser; an answer's lines are taken apart again.
 *
 * Source: RFC 9113 §8.2 (fields), §8.3 (pseudo-header fields), §8.2.3 (cookies).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { parseRequestHead, type FlatHeaders, type HeadLimits, type RequestHead } from './head.ts'

/** What ends a line, or could be read as its end, has no place in a value. */
// oxlint-disable-next-line no-control-regex
const control = /[\0-\x08\x0a-\x1f\x7f]/

/** Fields that speak about a connection have no meaning here, and are refused: RFC 9113 §8.2.2. */
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * @param raw Name, value, name, value …, pseudo-header fields among them.
 * @param isOver Whether no body follows.
 * @throws {ProtocolError} As `parseRequestHead`.
 */
export function parseH2Request(
  raw: readonly string[],
  isOver: boolean,
  limits: HeadLimits,
): RequestHead {
  const pseudo: Record<string, string> = {}
  const lines: string[] = []
  const cookies: string[] = []
  let hosts = 0
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    if (control.test(value) || ofConnections.has(name)) throw fieldInvalid(name)
    if (name.startsWith(':')) {
      if (pseudo[name] !== undefined) throw fieldInvalid(name)
      pseudo[name] = value
    } else if (name === 'cookie') cookies.push(value)
    else if (name === 'host') {
      // Beside :authority it may only repeat it, RFC 9113 §8.3.1.
      if (++hosts > 1 || value !== (pseudo[':authority'] ?? value)) throw fieldInvalid(name)
      pseudo[':authority'] = value
    } else if (name !== 'te' || value === 'trailers') lines.push(`${name}: ${value}`)
  }
  if (cookies.length > 0) lines.push(`cookie: ${cookies.join('; ')}`)
  const { ':method': method, ':path': path, ':authority': authority } = pseudo
  const text = [`${method} ${path} HTTP/1.1`, `host: ${authority}`, ...lines].join('\r\n')
  checkSize(text, limits)
  const head = parseRequestHead(text, limits)
  if (isOver) return { ...head, body: 'none', length: 0, expectsContinue: false }
  return head.body === 'none' ? { ...head, body: 'chunked' } : head
}

function checkSize(text: string, { headMax, startLineMax }: HeadLimits): void {
  if (text.indexOf('\r\n') > startLineMax) {
    throw new ProtocolError('HTTP_START_LINE_TOO_LONG', `more than ${startLineMax} bytes`)
  }
  if (text.length > headMax) {
    throw new ProtocolError('HTTP_HEAD_TOO_LARGE', `more than ${headMax} bytes`)
  }
}

/** An answer's field lines as name, value, name, value …; what speaks of a connection left out. */
export function h2Fields(lines: string): FlatHeaders {
  const fields: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon < 1) continue
    const name = line.slice(0, colon).toLowerCase()
    if (!ofConnections.has(name)) fields.push(name, line.slice(colon + 1).trim())
  }
  return fields
}

function fieldInvalid(name: string): ProtocolError {
  return new ProtocolError('HTTP_FIELD_INVALID', `${name} is not a field of HTTP/2`)
}

/** Trailers of a request; what HTTP/1.1 could read as the end of a line is left out. */
export function trailersOf(raw: readonly string[]): FlatHeaders {
  const fields: string[] = []
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = (raw[at + 1] ?? '').trim()
    const isField = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) && !control.test(value)
    // oxlint-disable-next-line no-control-regex
    if (isField && !/[^\0-\xff]/.test(value)) fields.push(name, value)
  }
  return fields
}
