/**
 * What a replication client says, and how it reads the server's plain answers.
 *
 * Source: PostgreSQL documentation, "Message Formats" and "Streaming Replication Protocol".
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

const PROTOCOL_3_0 = 0x0003_0000
const SSL_REQUEST = 80_877_103
const COLUMNS_MAX = 64

const utf8 = new TextEncoder()

/** First packet of a connection that takes replication commands only. */
export function encodeStartup(options: {
  readonly user: string
  readonly applicationName: string
  /** Of which SQL is asked too; without it the connection is for replication alone. */
  readonly database?: string
}): Uint8Array {
  const { database } = options
  const mode =
    database === undefined
      ? 'replication\0true\0'
      : `replication\0database\0database\0${noNul(database)}\0`
  const text =
    `user\0${noNul(options.user)}\0${mode}` +
    `application_name\0${noNul(options.applicationName)}\0client_encoding\0UTF8\0\0`
  const body = utf8.encode(text)
  const bytes = new Uint8Array(8 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length)
  view.setUint32(4, PROTOCOL_3_0)
  bytes.set(body, 8)
  return bytes
}

/** Asks whether the server speaks TLS; it answers with one byte, `S` or `N`. */
export function encodeSslRequest(): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 8)
  view.setUint32(4, SSL_REQUEST)
  return bytes
}

/** One command, by the simple query protocol. */
export function encodeQuery(command: string): Uint8Array {
  return typed('Q', utf8.encode(`${noNul(command)}\0`))
}

export function encodeSaslInitial(mechanism: string, response: string): Uint8Array {
  const data = utf8.encode(response)
  const name = utf8.encode(`${mechanism}\0`)
  const body = new Uint8Array(name.length + 4 + data.length)
  body.set(name)
  new DataView(body.buffer).setUint32(name.length, data.length)
  body.set(data, name.length + 4)
  return typed('p', body)
}

export function encodeSaslResponse(response: string): Uint8Array {
  return typed('p', utf8.encode(response))
}

export function encodeCopyData(body: Uint8Array): Uint8Array {
  return typed('d', body)
}

export function encodeCopyDone(): Uint8Array {
  return typed('c', new Uint8Array(0))
}

export function encodeTerminate(): Uint8Array {
  return typed('X', new Uint8Array(0))
}

/** A string within a replication command. */
export function quoteLiteral(text: string): string {
  return `'${noNul(text).replaceAll("'", "''")}'`
}

/** A name within a replication command. */
export function quoteName(name: string): string {
  return `"${noNul(name).replaceAll('"', '""')}"`
}

/** What the server wants next while it checks who we are. */
export type Authentication =
  | { readonly kind: 'ok' }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue' | 'sasl-final'; readonly data: string }
  /** A way that sends the password, or its MD5, to whoever asks: we refuse it. */
  | { readonly kind: 'unsafe'; readonly name: string }

const unsafeWays: Readonly<Record<number, string>> = {
  2: 'Kerberos V5',
  3: 'clear-text password',
  5: 'MD5 password',
  7: 'GSSAPI',
  9: 'SSPI',
}

/** @throws {ProtocolError} PG_VALUE_INVALID. */
export function decodeAuthentication(body: Uint8Array): Authentication {
  if (body.length < 4) throw invalid('Authentication')
  const code = new DataView(body.buffer, body.byteOffset, body.length).getUint32(0)
  const data = text(body.subarray(4))
  if (code === 0) return { kind: 'ok' }
  if (code === 10) return { kind: 'sasl', mechanisms: data.split('\0').filter(Boolean) }
  if (code === 11) return { kind: 'sasl-continue', data }
  if (code === 12) return { kind: 'sasl-final', data }
  return { kind: 'unsafe', name: unsafeWays[code] ?? `method ${code}` }
}

/** What an error or a notice says. */
export type ServerReport = {
  /** ERROR, FATAL, PANIC, WARNING, NOTICE …; never translated. */
  readonly severity: string
  /** Five characters; PostgreSQL documentation, "Error Codes". */
  readonly sqlstate: string
  readonly message: string
  readonly detail: string
}

/** @throws {ProtocolError} PG_VALUE_INVALID. */
export function decodeReport(body: Uint8Array): ServerReport {
  const fields = new Map(
    text(body)
      .split('\0')
      .filter(Boolean)
      .map((field) => [field.slice(0, 1), field.slice(1)]),
  )
  const sqlstate = fields.get('C')
  if (sqlstate?.length !== 5) throw invalid('ErrorResponse')
  return {
    severity: fields.get('V') ?? fields.get('S') ?? '',
    sqlstate,
    message: fields.get('M') ?? '',
    detail: fields.get('D') ?? '',
  }
}

/** The values of a DataRow in text form; null stays null. @throws {ProtocolError} As above. */
export function decodeRow(body: Uint8Array): readonly (string | null)[] {
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  if (body.length < 2) throw invalid('DataRow')
  const count = view.getUint16(0)
  if (count > COLUMNS_MAX) throw invalid('DataRow')
  const values: (string | null)[] = []
  let at = 2
  for (let column = 0; column < count; column++) {
    if (at + 4 > body.length) throw invalid('DataRow')
    const size = view.getInt32(at)
    at += 4
    if (size < -1 || size > body.length - at) throw invalid('DataRow')
    values.push(size === -1 ? null : text(body.subarray(at, at + size)))
    at += Math.max(size, 0)
  }
  if (at !== body.length) throw invalid('DataRow')
  return values
}

/** For example `server_version` and `15.18 (Debian)`. */
export function decodeParameter(body: Uint8Array): readonly [name: string, value: string] {
  const [name = '', value = ''] = text(body).split('\0')
  return [name, value]
}

function typed(letter: string, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, letter.charCodeAt(0))
  view.setUint32(1, 4 + body.length)
  bytes.set(body, 5)
  return bytes
}

/** A NUL would end the string early and let the rest be read as something else. */
function noNul(value: string): string {
  if (value.includes('\0')) throw new ProtocolError('PG_VALUE_INVALID', 'a NUL within a string')
  return value
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('PG_VALUE_INVALID', `${what} is not as the protocol says`)
}
