/**
 * A new message from its parts: header fields encoded, text and HTML beside one another.
 *
 * Source: RFC 5322 §3.6, RFC 2045 §6.7, RFC 2046 §5.1.4, RFC 2047 §5.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { DeniedError } from '#lib/errors.ts'
import { headerField, messageBytes, type HeaderField } from './message.ts'
import { quoted } from './mime.ts'

export type NewMessage = {
  /** `a@club.example` or `Name <a@club.example>`; so are all addresses here. */
  readonly from: string
  /** One is shown; several would each learn of the others, so none is. */
  readonly to: readonly string[]
  readonly replyTo?: string | undefined
  readonly subject: string
  readonly text: string
  readonly html?: string | undefined
  /** More fields, by name. */
  readonly headers?: Readonly<Record<string, string>>
}

/** RFC 2047 §2: an encoded word has at most 75 characters, `=?utf-8?B?` and `?=` among them. */
const WORD_BYTES_MAX = 45

/** @throws {DeniedError} MAIL_HEADER_INVALID when a value would break the header. */
export function buildMessage(mail: NewMessage): Uint8Array {
  const { from, to, replyTo, subject, text, html, headers = {} } = mail
  const only = to.length === 1 ? to[0] : undefined
  const fields: HeaderField[] = [
    headerField('From', mailbox(from)),
    headerField('To', only === undefined ? 'undisclosed-recipients:;' : mailbox(only)),
    ...(replyTo === undefined ? [] : [headerField('Reply-To', mailbox(replyTo))]),
    headerField('Subject', encodedText(subject)),
    headerField('MIME-Version', '1.0'),
    ...Object.entries(headers).map(([name, value]) => headerField(name, value)),
  ]
  if (html === undefined)
    return messageBytes({ fields: [...fields, ...partFields('plain')], body: encoded(text) })
  const boundary = `=_${createHash('sha256').update(text).update(html).digest('hex').slice(0, 32)}`
  const type = headerField('Content-Type', `multipart/alternative; boundary="${boundary}"`)
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\n`),
    messageBytes({ fields: partFields('plain'), body: encoded(text) }),
    Buffer.from(`\r\n--${boundary}\r\n`),
    messageBytes({ fields: partFields('html'), body: encoded(html) }),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
  return messageBytes({ fields: [...fields, type], body })
}

function partFields(kind: 'plain' | 'html'): readonly HeaderField[] {
  return [
    headerField('Content-Type', `text/${kind}; charset=utf-8`),
    headerField('Content-Transfer-Encoding', 'quoted-printable'),
  ]
}

function encoded(text: string): Uint8Array {
  return quoted(Buffer.from(text.replaceAll(/\r\n|\r|\n/g, '\r\n'), 'utf8'))
}

/** Text of a field: as it is when it is ASCII and short, as encoded words otherwise. */
export function encodedText(text: string): string {
  refuseBreaks(text)
  if (/^[\x20-\x7e]*$/.test(text) && text.length < 200 && !text.includes('=?')) return text
  const words: string[] = []
  let word = ''
  for (const char of text) {
    if (Buffer.byteLength(word + char) > WORD_BYTES_MAX) {
      words.push(word)
      word = ''
    }
    word += char
  }
  return [...words, word]
    .map((part) => `=?utf-8?B?${Buffer.from(part).toString('base64')}?=`)
    .join('\r\n ')
}

function mailbox(text: string): string {
  refuseBreaks(text)
  const [, name = '', address = text.trim()] = /^(.*)<([^<>]+)>\s*$/.exec(text) ?? []
  const shown = name.trim().replace(/^"(.*)"$/, '$1')
  if (shown === '') return address
  const isPlain = /^[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+$/.test(shown) && !shown.includes('=?')
  const isAscii = /^[\x20-\x7e]+$/.test(shown)
  const said = isPlain ? shown : isAscii ? quotedName(shown) : encodedText(shown)
  return `${said} <${address}>`
}

function quotedName(name: string): string {
  return `"${name.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function refuseBreaks(text: string): void {
  // eslint-disable-next-line no-control-regex
  if (!/[\u0000-\u001f\u007f]/.test(text)) return
  const said = 'a header value has a line break or control character in it'
  throw new DeniedError('MAIL_HEADER_INVALID', said, said)
}
