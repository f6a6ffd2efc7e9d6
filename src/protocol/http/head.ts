/**
 * HTTP/1.1 message heads, strictly: bytes in, a checked head out. No sockets, no clock.
 *
 * A gateway and the server behind it must never disagree about where a message ends. So whatever
 * RFC 9112 calls "MAY be lenient" is refused here: bare CR or LF, folded lines, space before the
 * colon, absolute-form targets, two lengths, a length beside a transfer coding, any coding but
 * `chunked`. What passes has exactly one reading.
 *
 * Source: RFC 9110 §5 (fields), RFC 9112 §2–6 (messages and framing).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { checkPath } from './path.ts'

/** Field lines as name, value, name, value …; names in lower case, values without outer space. */
export type FlatHeaders = readonly string[]

/** How the body ends: not there, after `length` bytes, by its chunks, or with the connection. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'until-close'

export type RequestHead = {
  readonly method: string
  /** Origin-form (`/path?query`), or `*` for OPTIONS. */
  readonly target: string
  readonly minorVersion: 0 | 1
  readonly headers: FlatHeaders
  /** Lower case, as sent, port included. */
  readonly host: string
  readonly body: 'none' | 'length' | 'chunked'
  /** Bytes of the body when `body` is 'length'; else 0. */
  readonly length: number
  /** Whether the peer would send another request on this connection. */
  readonly keepAlive: boolean
  /** Names that `Connection` nominates, lower case. */
  readonly connection: readonly string[]
  readonly expectsContinue: boolean
  /** The protocol asked for by `Upgrade`, lower case, when `Connection` says so too. */
  readonly upgrade: string | undefined
}

export type ResponseHead = {
  readonly status: number
  readonly reason: string
  readonly minorVersion: 0 | 1
  readonly headers: FlatHeaders
  readonly body: BodyKind
  /** What Content-Length says, also where no body follows (HEAD, 304); undefined without one. */
  readonly length: number | undefined
  readonly keepAlive: boolean
  readonly connection: readonly string[]
  readonly upgrade: string | undefined
}

/** Bytes and numbers a peer may spend on a head. */
export type HeadLimits = {
  /** The whole head, start line and final empty line included, in bytes. */
  readonly headMax: number
  /** The start line, in bytes. */
  readonly startLineMax: number
  readonly fieldCountMax: number
}

/**
 * Reads a request head from the text a `HeadScanner` found.
 *
 * @param text Latin-1, start line first, without the empty line at the end.
 * @throws {ProtocolError} HTTP_REQUEST_LINE_INVALID, HTTP_VERSION_UNSUPPORTED, HTTP_TARGET_INVALID,
 *   HTTP_FIELD_INVALID, HTTP_FIELDS_TOO_MANY, HTTP_HOST_INVALID, HTTP_LENGTH_INVALID,
 *   HTTP_CODING_INVALID, HTTP_FRAMING_AMBIGUOUS, HTTP_EXPECTATION_UNKNOWN.
 */
export function parseRequestHead(text: string, limits: HeadLimits): RequestHead {
  const lineEnd = endOfLine(text, 0)
  const { method, target, minorVersion } = parseRequestLine(text.slice(0, lineEnd))
  const fields = parseFields(text, lineEnd + 2, limits.fieldCountMax)
  const { length, chunked } = fields
  if (length !== undefined && chunked) throw ambiguous()
  if (chunked && minorVersion === 0) throw invalid('HTTP_CODING_INVALID', 'chunked in HTTP/1.0')
  if (fields.hosts !== 1 || !hostPattern.test(fields.host)) {
    throw invalid('HTTP_HOST_INVALID', fields.hosts === 1 ? 'not a host' : `${fields.hosts} hosts`)
  }
  if (fields.expect !== undefined && fields.expect.toLowerCase() !== '100-continue') {
    throw invalid('HTTP_EXPECTATION_UNKNOWN', 'only 100-continue is known')
  }
  return {
    method,
    target,
    minorVersion,
    headers: fields.flat,
    host: fields.host.toLowerCase(),
    body: chunked ? 'chunked' : length ? 'length' : 'none',
    length: length ?? 0,
    keepAlive: isKeptAlive(minorVersion, fields.connection),
    connection: fields.connection,
    expectsContinue: fields.expect !== undefined && minorVersion === 1,
    upgrade: upgradeOf(fields),
  }
}

/**
 * Reads a response head. What the request was decides whether a body follows.
 *
 * @throws {ProtocolError} HTTP_STATUS_LINE_INVALID, HTTP_FIELD_INVALID, HTTP_FIELDS_TOO_MANY,
 *   HTTP_LENGTH_INVALID, HTTP_CODING_INVALID, HTTP_FRAMING_AMBIGUOUS.
 */
export function parseResponseHead(
  text: string,
  limits: HeadLimits,
  requestMethod: string,
): ResponseHead {
  const lineEnd = endOfLine(text, 0)
  const matched = statusLinePattern.exec(text.slice(0, lineEnd))
  if (!matched) throw invalid('HTTP_STATUS_LINE_INVALID', 'not HTTP/1.0 or 1.1 with a status')
  const status = Number(matched[2])
  const minorVersion = matched[1] === '1' ? 1 : 0
  const fields = parseFields(text, lineEnd + 2, limits.fieldCountMax)
  const { length, chunked } = fields
  if (length !== undefined && chunked) throw ambiguous()
  if (chunked && minorVersion === 0) throw invalid('HTTP_CODING_INVALID', 'chunked in HTTP/1.0')
  const bodiless = requestMethod === 'HEAD' || status < 200 || status === 204 || status === 304
  const delimited = chunked ? 'chunked' : length === undefined ? 'until-close' : 'length'
  const body = bodiless || (delimited === 'length' && length === 0) ? 'none' : delimited
  return {
    status,
    reason: matched[3] ?? '',
    minorVersion,
    headers: fields.flat,
    body,
    length,
    keepAlive: body !== 'until-close' && isKeptAlive(minorVersion, fields.connection),
    connection: fields.connection,
    upgrade: upgradeOf(fields),
  }
}

/**
 * Reads a request line. A scanner calls it as soon as the line is whole, so that garbage is
 * answered at once and not when the peer has waited for its time to run out.
 *
 * @throws {ProtocolError} HTTP_REQUEST_LINE_INVALID, HTTP_VERSION_UNSUPPORTED, HTTP_TARGET_INVALID.
 */
export function parseRequestLine(line: string): {
  readonly method: string
  readonly target: string
  readonly minorVersion: 0 | 1
} {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  const method = line.slice(0, first)
  const target = line.slice(first + 1, second)
  if (first < 1 || second < 0 || method.length > METHOD_MAX || !tokenPattern.test(method)) {
    throw invalid('HTTP_REQUEST_LINE_INVALID', 'not METHOD target HTTP/1.1')
  }
  const version = line.slice(second + 1)
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    if (!/^HTTP\/\d\.\d$/.test(version)) {
      throw invalid('HTTP_REQUEST_LINE_INVALID', 'does not end with a version')
    }
    throw invalid('HTTP_VERSION_UNSUPPORTED', version)
  }
  if (!targetPattern.test(target) && !(target === '*' && method === 'OPTIONS')) {
    throw invalid('HTTP_TARGET_INVALID', 'not in origin-form')
  }
  checkPath(target)
  return { method, target, minorVersion: version === 'HTTP/1.1' ? 1 : 0 }
}

const METHOD_MAX = 32
const LENGTH_DIGITS_MAX = 15 // below 2^53

const tokenPattern = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Visible ASCII, no fragment. Browsers send `|`, `{`, `^` and the like unescaped in queries. */
const targetPattern = /^\/[!"$-~]*$/
/** A registered name, an IPv4 or a bracketed IPv6 address, and perhaps a port. */
const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/
const statusLinePattern = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/
const lengthPattern = /^\d+$/
const listSeparator = /[ \t]*,[ \t]*/

type Fields = {
  flat: string[]
  length: number | undefined
  chunked: boolean
  host: string
  hosts: number
  connection: readonly string[]
  expect: string | undefined
  upgrade: string | undefined
}

const nobody: readonly string[] = []

function parseFields(text: string, start: number, countMax: number): Fields {
  const fields: Fields = {
    flat: [],
    length: undefined,
    chunked: false,
    host: '',
    hosts: 0,
    connection: nobody,
    expect: undefined,
    upgrade: undefined,
  }
  let count = 0
  let at = start
  while (at < text.length) {
    const end = endOfLine(text, at)
    if (++count > countMax) throw invalid('HTTP_FIELDS_TOO_MANY', `more than ${countMax} fields`)
    const colon = text.indexOf(':', at)
    // A name that is no token covers the folded line (it begins with space), too.
    if (colon < 0 || colon > end) throw invalid('HTTP_FIELD_INVALID', 'a line without a colon')
    const given = text.slice(at, colon)
    const name = knownNames.get(given) ?? lowerCaseName(given)
    const value = trimmed(text, colon + 1, end)
    fields.flat.push(name, value)
    if (framingNames.has(name)) note(fields, name, value)
    at = end + 2
  }
  return fields
}

/** Names that decide where a message ends or who it is for. */
const framingNames: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'transfer-encoding',
  'upgrade',
])

function note(fields: Fields, name: string, value: string): void {
  if (name === 'content-length') {
    if (fields.length !== undefined) throw ambiguous()
    if (!lengthPattern.test(value) || value.length > LENGTH_DIGITS_MAX) {
      throw invalid('HTTP_LENGTH_INVALID', 'Content-Length is not one number')
    }
    fields.length = Number(value)
  } else if (name === 'transfer-encoding') {
    if (fields.chunked) throw ambiguous()
    if (value.toLowerCase() !== 'chunked') {
      throw invalid('HTTP_CODING_INVALID', 'a transfer coding other than chunked')
    }
    fields.chunked = true
  } else if (name === 'host') {
    fields.host = value
    fields.hosts++
  } else if (name === 'connection') {
    const tokens = value.toLowerCase().split(listSeparator)
    fields.connection = fields.connection === nobody ? tokens : [...fields.connection, ...tokens]
  } else if (name === 'expect') {
    fields.expect = fields.expect === undefined ? value : `${fields.expect}, ${value}`
  } else {
    fields.upgrade = value.toLowerCase()
  }
}

function isKeptAlive(minorVersion: 0 | 1, connection: readonly string[]): boolean {
  if (connection === nobody) return minorVersion === 1
  if (connection.includes('close')) return false
  return minorVersion === 1 || connection.includes('keep-alive')
}

function upgradeOf(fields: Fields): string | undefined {
  return fields.connection.includes('upgrade') ? fields.upgrade : undefined
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\r\n', at)
  return end < 0 ? text.length : end
}

function lowerCaseName(name: string): string {
  if (!tokenPattern.test(name)) throw invalid('HTTP_FIELD_INVALID', 'a field name is not a token')
  return name.toLowerCase()
}

const SPACE = 32
const TAB = 9

function trimmed(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB
}

function ambiguous(): ProtocolError {
  return invalid('HTTP_FRAMING_AMBIGUOUS', 'the head gives the length of its body twice')
}

function invalid(code: string, message: string): ProtocolError {
  return new ProtocolError(code, message)
}

/** The usual spellings of usual names, so that most need neither check nor folding. */
const knownNames: ReadonlyMap<string, string> = new Map(
  [
    'Accept Accept-Encoding Accept-Language Accept-Ranges Age Authorization Cache-Control',
    'Connection Content-Encoding Content-Language Content-Length Content-Type Cookie',
    'DNT Date ETag Expires Host If-Modified-Since If-None-Match Keep-Alive Last-Modified Location',
    'Origin Pragma Priority Range Referer Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Server',
    'Sec-Fetch-User Set-Cookie Transfer-Encoding Upgrade-Insecure-Requests User-Agent Vary',
    'X-Powered-By X-Requested-With sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform',
  ]
    .flatMap((line) => line.split(' '))
    .flatMap((name) => [
      [name, name.toLowerCase()],
      [name.toLowerCase(), name.toLowerCase()],
    ]),
)
