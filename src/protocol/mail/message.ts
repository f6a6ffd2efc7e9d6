/**
 * An e-mail message as bytes: header fields and body, cut strictly, put together again unchanged.
 *
 * Strict, because what one server forgives another reads differently: a lone LF ends a message for
 * some receivers (SMTP smuggling), a second From field shows another sender, a line of only blanks
 * ends the header for some.
 *
 * Source: RFC 5322 §2.1–2.2, §3.6; RFC 5321 §4.5.3.1; https://smtpsmuggling.com.
 *
 * @module
 */
import { DeniedError, ProtocolError } from '#lib/errors.ts'

/** One header field. `value` is unfolded and trimmed; `raw` is the field as it stood, with CRLF. */
export type HeaderField = {
  readonly name: string
  readonly value: string
  readonly raw: string
}

/** A whole message: header in order, and all bytes after the empty line. */
export type Message = { readonly fields: readonly HeaderField[]; readonly body: Uint8Array }

/** RFC 5322 §2.1.1, without CRLF. */
export const LINE_MAX_BYTES = 998
const HEADER_MAX_BYTES = 64 * 1024
const FIELDS_MAX = 200

const CR = 13
const LF = 10

/** Fields that RFC 5322 §3.6 allows once; a second one is how an injected header shows. */
const onlyOnce: ReadonlySet<string> = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
  'date',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
])

/**
 * Refuses what could end a message early for another server: a CR or LF alone, or NUL.
 *
 * @throws {ProtocolError} MAIL_BARE_LINE_END, MAIL_NUL. {DeniedError} MAIL_LINE_TOO_LONG.
 */
export function checkLines(bytes: Uint8Array): void {
  let lineStart = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === 0) throw new ProtocolError('MAIL_NUL', `a NUL byte at ${at}`)
    if (byte === LF) throw new ProtocolError('MAIL_BARE_LINE_END', `LF without CR at ${at}`)
    if (byte !== CR) continue
    if (bytes[at + 1] !== LF) {
      throw new ProtocolError('MAIL_BARE_LINE_END', `CR without LF at ${at}`)
    }
    if (at - lineStart > LINE_MAX_BYTES) {
      throw denied('MAIL_LINE_TOO_LONG', `a line of ${at - lineStart} bytes`, 'a line is too long')
    }
    lineStart = ++at + 1
  }
  if (bytes.length - lineStart > LINE_MAX_BYTES) {
    throw denied('MAIL_LINE_TOO_LONG', 'the last line is too long', 'a line is too long')
  }
}

/**
 * Cuts a message into fields and body.
 *
 * @throws {ProtocolError} As `checkLines`.
 * @throws {DeniedError} MAIL_HEADER_TOO_LARGE, MAIL_HEADER_INVALID, MAIL_HEADER_DUPLICATE.
 */
export function parseMessage(bytes: Uint8Array): Message {
  checkLines(bytes)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const gap = text.indexOf('\r\n\r\n')
  const headerEnd = gap < 0 ? text.length : gap + 2
  if (headerEnd > HEADER_MAX_BYTES) {
    throw denied('MAIL_HEADER_TOO_LARGE', `${headerEnd} bytes of header`, 'the header is too large')
  }
  const fields = parseFields(text.toString('latin1', 0, headerEnd))
  return { fields, body: bytes.subarray(gap < 0 ? text.length : gap + 4) }
}

function parseFields(header: string): readonly HeaderField[] {
  const raws = header.split(/(?<=\r\n)(?![ \t])/).filter((raw) => raw !== '')
  if (raws.length > FIELDS_MAX) {
    throw denied('MAIL_HEADER_TOO_LARGE', `${raws.length} fields`, 'the header has too many fields')
  }
  const seen = new Set<string>()
  return raws.map((raw) => {
    const field = parseField(raw)
    const name = field.name.toLowerCase()
    if (onlyOnce.has(name) && seen.has(name)) {
      const message = `two fields ${field.name}`
      throw denied('MAIL_HEADER_DUPLICATE', message, `the header has ${message}`)
    }
    seen.add(name)
    return field
  })
}

function parseField(raw: string): HeaderField {
  const lines = raw.split('\r\n').slice(0, -1)
  const [, name, first] = /^([!-9;-~]{1,76}):([^\r\n]*)$/.exec(lines[0] ?? '') ?? []
  if (name === undefined || first === undefined) {
    throw denied('MAIL_HEADER_INVALID', 'a line is no field', 'a header line is not a field')
  }
  if (/[^\t\x20-\x7e\r\n]/.test(raw)) {
    const said = `the field ${name} has bytes beyond ASCII: encode them by RFC 2047`
    throw denied('MAIL_HEADER_INVALID', said, said)
  }
  if (lines.slice(1).some((line) => line.trim() === '')) {
    throw denied('MAIL_HEADER_INVALID', `${name} is folded over nothing`, `${name} is malformed`)
  }
  return { name, value: [first, ...lines.slice(1)].join('').trim(), raw }
}

/** A field to add. @param value One line of printable ASCII; folding is the caller's. */
export function headerField(name: string, value: string): HeaderField {
  if (
    !/^[!-9;-~]+$/.test(name) ||
    !/^[\x20-\x7e]*(?:\r\n[ \t]+[\x21-\x7e][\x20-\x7e]*)*$/.test(value)
  ) {
    throw denied('MAIL_HEADER_INVALID', `${name} would break the header`, `${name} is malformed`)
  }
  const unfolded = value.replaceAll('\r\n', '').trim()
  return { name, value: unfolded, raw: `${name}: ${value}\r\n` }
}

/** Values of all fields of a name, in order; the name's case does not matter. */
export function fieldValues(message: Message, name: string): readonly string[] {
  const wanted = name.toLowerCase()
  return message.fields
    .filter((field) => field.name.toLowerCase() === wanted)
    .map((field) => field.value)
}

/** The same message without the fields of these names (lower case). */
export function withoutFields(message: Message, names: ReadonlySet<string>): Message {
  const fields = message.fields.filter((field) => !names.has(field.name.toLowerCase()))
  return { fields, body: message.body }
}

/** The message as bytes. `parseMessage` of them gives the same fields and body. */
export function messageBytes(message: Message): Uint8Array {
  const header = `${message.fields.map((field) => field.raw).join('')}\r\n`
  return Buffer.concat([Buffer.from(header, 'latin1'), message.body])
}

function denied(code: string, message: string, said: string): DeniedError {
  return new DeniedError(code, message, said)
}
