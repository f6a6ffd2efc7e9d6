/**
 * Encodes the few messages the gateway writes itself, to the client and to the server.
 *
 * Source: PostgreSQL documentation, "Message Formats".
 *
 * @module
 */
import assert from 'node:assert/strict'

/** Answers to SSLRequest and GSSENCRequest. */
export const TLS_WILLING: Uint8Array = Uint8Array.of(0x53)
export const NOT_WILLING: Uint8Array = Uint8Array.of(0x4e)

const SSL_REQUEST = 80877103
const CANCEL_REQUEST = 80877102
/** No SQL in any grammar of PostgreSQL; the server's log shows it. */
const REFUSED_TEXT = 'REFUSED BY THE DATABASE GATEWAY'
const VERSION_3_0 = 0x0003_0000

/** A typed message: type, length, body. */
export function encodeMessage(type: string, body: Uint8Array): Uint8Array {
  assert(type.length === 1)
  const bytes = Buffer.alloc(5 + body.length)
  bytes.write(type, 0, 'latin1')
  bytes.writeInt32BE(4 + body.length, 1)
  bytes.set(body, 5)
  return bytes
}

/**
 * ErrorResponse with severity FATAL: the session ends after it.
 *
 * @param sqlstate Five characters, from PostgreSQL's Appendix A.
 * @param message For the person at the other end; no internals.
 * @param hint What they can do.
 */
export function encodeFatal(sqlstate: string, message: string, hint = ''): Uint8Array {
  return encodeResponse('FATAL', sqlstate, message, hint)
}

/** ErrorResponse with severity ERROR: one statement fails. Otherwise as `encodeFatal`. */
export function encodeError(sqlstate: string, message: string, hint = ''): Uint8Array {
  return encodeResponse('ERROR', sqlstate, message, hint)
}

function encodeResponse(
  severity: 'ERROR' | 'FATAL',
  sqlstate: string,
  message: string,
  hint: string,
): Uint8Array {
  assert.match(sqlstate, /^[0-9A-Z]{5}$/)
  const fields = [`S${severity}`, `V${severity}`, `C${sqlstate}`, `M${message}`, hint && `H${hint}`]
  const body = fields.filter(Boolean).map((field) => `${field}\0`)
  return encodeMessage('E', Buffer.from(`${body.join('')}\0`, 'utf8'))
}

/**
 * NegotiateProtocolVersion: the newest minor we take, and the options we know nothing of.
 *
 * The version is sent whole (196610 for 3.2), as PostgreSQL does.
 */
export function encodeNegotiation(minor: number, options: readonly string[]): Uint8Array {
  const head = Buffer.alloc(8)
  head.writeInt32BE(VERSION_3_0 | minor, 0)
  head.writeInt32BE(options.length, 4)
  const names = Buffer.from(options.map((name) => `${name}\0`).join(''), 'utf8')
  return encodeMessage('v', Buffer.concat([head, names]))
}

/** Query or Parse of a text that fails when it is parsed, in place of one that was refused. */
export function encodeRefused(message: 'Query' | 'Parse', name: string): Uint8Array {
  if (message === 'Query') return encodeMessage('Q', Buffer.from(`${REFUSED_TEXT}\0`))
  return encodeMessage('P', Buffer.from(`${name}\0${REFUSED_TEXT}\0\0\0`, 'latin1'))
}

export function encodeBackendKey(pid: number, key: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeInt32BE(pid, 0)
  return encodeMessage('K', Buffer.concat([head, key]))
}

/** StartupMessage 3.0. */
export function encodeStartup(parameters: ReadonlyMap<string, string>): Uint8Array {
  const pairs = Array.from(parameters, ([name, value]) => `${name}\0${value}\0`)
  return untyped(VERSION_3_0, Buffer.from(`${pairs.join('')}\0`, 'utf8'))
}

export function encodeCancel(pid: number, key: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeInt32BE(pid, 0)
  return untyped(CANCEL_REQUEST, Buffer.concat([head, key]))
}

export function encodeSslRequest(): Uint8Array {
  return untyped(SSL_REQUEST, new Uint8Array(0))
}

function untyped(code: number, body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + body.length)
  bytes.writeInt32BE(bytes.length, 0)
  bytes.writeInt32BE(code, 4)
  bytes.set(body, 8)
  return bytes
}
