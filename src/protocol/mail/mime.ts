/**
 * The readable parts of a MIME message: finds them, gives their text, and puts changed text back
 * without touching any other byte.
 *
 * Source: RFC 2045 §6, RFC 2046 §5.1.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import { fieldValues, headerField, parseMessage, type Message } from './message.ts'

/** A text part as its author wrote it. `charset` in lower case. */
export type TextPart = {
  readonly type: 'text/plain' | 'text/html'
  readonly charset: string
  readonly text: string
}

const DEPTH_MAX = 8
const PARTS_MAX = 100
const QP_LINE_MAX = 75

/** Content types whose bytes are signed or sealed by somebody: never changed. */
const sealed = /^(multipart\/(signed|encrypted)|message\/|application\/(pkcs7|x-pkcs7))/

/**
 * Rewrites every shown text part: `change` gets each part and returns its new text. Attachments,
 * signed and encrypted parts stay as they are.
 *
 * @throws {DeniedError} MAIL_MIME_INVALID when nested too deep or cut into too many parts.
 */
export function mapText(message: Message, change: (part: TextPart) => string): Message {
  return mapPart(message, change, { depth: 0, parts: 0 })
}

type Budget = { depth: number; parts: number }

function mapPart(message: Message, change: (part: TextPart) => string, budget: Budget): Message {
  if (budget.depth > DEPTH_MAX || ++budget.parts > PARTS_MAX) throw tooManyParts()
  const content = fieldValues(message, 'content-type')[0] ?? 'text/plain; charset=us-ascii'
  const type = (/^[^;\s]+/.exec(content)?.[0] ?? '').toLowerCase()
  if (sealed.test(type)) return message
  if (type.startsWith('multipart/')) {
    budget.depth++
    const body = mapMultipart(message.body, parameter(content, 'boundary'), (part) =>
      mapPart(part, change, budget),
    )
    budget.depth--
    return { fields: message.fields, body }
  }
  if (type !== 'text/plain' && type !== 'text/html') return message
  const disposition = fieldValues(message, 'content-disposition')[0] ?? ''
  if (/^\s*attachment/i.test(disposition)) return message
  return mapLeaf(message, type, (parameter(content, 'charset') ?? 'us-ascii').toLowerCase(), change)
}

/** A part that is no multipart: its type in lower case, and its bytes as they were before mail. */
export type Leaf = { readonly type: string; readonly bytes: Uint8Array }

/**
 * Every leaf of a message, shown or attached.
 *
 * @throws {DeniedError} MAIL_MIME_INVALID when nested too deep or cut into too many parts.
 */
export function leavesOf(message: Message): readonly Leaf[] {
  const leaves: Leaf[] = []
  gather(message, leaves, { depth: 0, parts: 0 })
  return leaves
}

function gather(message: Message, leaves: Leaf[], budget: Budget): void {
  if (budget.depth > DEPTH_MAX || ++budget.parts > PARTS_MAX) throw tooManyParts()
  const content = fieldValues(message, 'content-type')[0] ?? 'text/plain'
  const type = (/^[^;\s]+/.exec(content)?.[0] ?? '').toLowerCase()
  if (!type.startsWith('multipart/')) {
    const encoding = fieldValues(message, 'content-transfer-encoding')[0] ?? '7bit'
    leaves.push({ type, bytes: decode(message.body, encoding.toLowerCase()) })
    return
  }
  budget.depth++
  mapMultipart(message.body, parameter(content, 'boundary'), (part) => {
    gather(part, leaves, budget)
    return part
  })
  budget.depth--
}

function tooManyParts(): DeniedError {
  const said = 'the message has too many parts, or they are nested too deep'
  return new DeniedError('MAIL_MIME_INVALID', said, said)
}

function mapMultipart(
  body: Uint8Array,
  boundary: string | undefined,
  map: (part: Message) => Message,
): Uint8Array {
  if (boundary === undefined || boundary === '' || boundary.length > 70) return body
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const escaped = boundary.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const pieces = text.split(new RegExp(`(^|\r\n)(--${escaped}(?:--)?[ \\t]*)(?=\r\n|$)`))
  // preamble, then for each delimiter: its line break, itself, what follows up to the next one
  let out = pieces[0] ?? ''
  for (let at = 1; at + 2 < pieces.length; at += 3) {
    const [lead = '', delimiter = '', after = ''] = pieces.slice(at, at + 3)
    const closing = delimiter.trimEnd() === `--${boundary}--`
    out += lead + delimiter + (closing ? after : `\r\n${mapped(after.replace(/^\r\n/, ''), map)}`)
    if (closing) {
      out += pieces.slice(at + 3).join('')
      break
    }
  }
  return Buffer.from(out, 'latin1')
}

function mapped(text: string, map: (part: Message) => Message): string {
  // A part without fields begins with the empty line itself.
  const part = text.startsWith('\r\n')
    ? { fields: [], body: Buffer.from(text.slice(2), 'latin1') }
    : parseMessage(Buffer.from(text, 'latin1'))
  const { fields, body } = map(part)
  const header = fields.map((field) => field.raw).join('')
  return `${header}\r\n${Buffer.from(body).toString('latin1')}`
}

function mapLeaf(
  message: Message,
  type: TextPart['type'],
  charset: string,
  change: (part: TextPart) => string,
): Message {
  const encoding = (fieldValues(message, 'content-transfer-encoding')[0] ?? '7bit').toLowerCase()
  const bytes = decode(message.body, encoding)
  const isUtf8 = charset === 'utf-8' || charset === 'utf8'
  const text = bytes.toString(isUtf8 ? 'utf8' : 'latin1')
  const changed = change({ type, charset: isUtf8 ? 'utf-8' : charset, text })
  if (changed === text) return message
  const body = Buffer.from(changed, isUtf8 ? 'utf8' : 'latin1')
  if (encoding === 'base64') return { fields: message.fields, body: base64Body(body) }
  if (encoding === 'quoted-printable') return { fields: message.fields, body: quoted(body) }
  // 7bit and 8bit text that grew beyond ASCII, or beyond the line limit, is encoded anew.
  const plain =
    body.every((byte) => byte < 128) && changed.split('\r\n').every((l) => l.length < 998)
  if (plain) return { fields: message.fields, body }
  const rest = message.fields.filter((f) => f.name.toLowerCase() !== 'content-transfer-encoding')
  const field = headerField('Content-Transfer-Encoding', 'quoted-printable')
  return { fields: [...rest, field], body: quoted(body) }
}

function decode(body: Uint8Array, encoding: string): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (encoding === 'base64') return Buffer.from(bytes.toString('latin1'), 'base64')
  if (encoding !== 'quoted-printable') return bytes
  const text = bytes
    .toString('latin1')
    .replaceAll(/[ \t]+(?=\r\n|$)/g, '')
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-Fa-f]{2})/g, (_, digits: string) =>
      String.fromCharCode(parseInt(digits, 16)),
    )
  return Buffer.from(text, 'latin1')
}

function base64Body(body: Buffer): Buffer {
  return Buffer.from(body.toString('base64').replaceAll(/(.{76})(?=.)/g, '$1\r\n') + '\r\n')
}

/** Quoted-printable, RFC 2045 §6.7. Line breaks of the text stay line breaks. */
export function quoted(body: Uint8Array): Buffer {
  const text = Buffer.from(body).toString('latin1')
  const lines = text.split('\r\n').map((line) => {
    const encoded = line.replaceAll(/[^\t\x20-\x3c\x3e-\x7e]/g, hexOf).replace(/[ \t]$/, hexOf)
    return softBreaks(encoded)
  })
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

function hexOf(char: string): string {
  return `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function softBreaks(line: string): string {
  let out = ''
  let rest = line
  while (rest.length > QP_LINE_MAX) {
    let size = QP_LINE_MAX
    if (rest[size - 1] === '=') size -= 1
    else if (rest[size - 2] === '=') size -= 2
    out += `${rest.slice(0, size)}=\r\n`
    rest = rest.slice(size)
  }
  return out + rest
}

function parameter(content: string, name: string): string | undefined {
  const form = new RegExp(`;\\s*${name}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i')
  const found = form.exec(content)
  return found?.[1]?.replaceAll(/\\(.)/g, '$1') ?? found?.[2]
}
