/**
 * A kept mail, made readable: header fields in words, the text, the links.
 *
 * @module
 */
import { fieldValues, parseMessage } from '#protocol/mail/message.ts'
import { mapText } from '#protocol/mail/mime.ts'
import type { Verdict } from './verify.ts'

/** As kept in one file. */
export type KeptMail = {
  readonly id: string
  readonly receivedMs: number
  readonly from: string
  readonly to: readonly string[]
  readonly verdict: Verdict
  /** The bytes as they came, in base64. */
  readonly content: string
}

export type Letter = {
  readonly subject: string
  readonly from: string
  readonly text: string
  /** Of List-Unsubscribe; undefined on security mail. */
  readonly unsubscribe: string | undefined
  /** The header as it came. */
  readonly header: string
}

export function letterOf(mail: KeptMail): Letter {
  const bytes = Buffer.from(mail.content, 'base64')
  const message = parseMessage(bytes)
  const field = (name: string): string => decodeWords(fieldValues(message, name)[0] ?? '')
  const texts: string[] = []
  const pages: string[] = []
  mapText(message, (part) => {
    if (part.type === 'text/plain') texts.push(part.text)
    else pages.push(part.text)
    return part.text
  })
  const text = texts.join('\n') || withoutTags(pages.join('\n'))
  return {
    subject: field('subject') || '—',
    from: field('from'),
    text: text.replaceAll('\r\n', '\n').trim(),
    unsubscribe: /<(https:[^>]+)>/.exec(field('list-unsubscribe'))?.[1],
    header: message.fields.map((one) => one.raw.replaceAll('\r\n', '\n')).join(''),
  }
}

/** RFC 2047 words, as far as UTF-8 and Latin-1 go. */
export function decodeWords(text: string): string {
  return text
    .replaceAll(/(\?=)\s+(=\?)/g, '$1$2')
    .replaceAll(
      /=\?([\w-]+)\?([BQ])\?([^?]*)\?=/gi,
      (_, charset: string, kind: string, data: string) => {
        const bytes =
          kind.toUpperCase() === 'B'
            ? Buffer.from(data, 'base64')
            : Buffer.from(unquote(data), 'latin1')
        return bytes.toString(/^utf-?8$/i.test(charset) ? 'utf8' : 'latin1')
      },
    )
}

function unquote(data: string): string {
  return data
    .replaceAll('_', ' ')
    .replaceAll(/=([0-9A-F]{2})/gi, (_, digits: string) =>
      String.fromCharCode(parseInt(digits, 16)),
    )
}

function withoutTags(page: string): string {
  return page
    .replaceAll(/<(style|script|head)\b[^]*?<\/\1\s*>/gi, '')
    .replaceAll(/<br\b[^>]*>|<\/(p|div|tr|h\d)>/gi, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/\n{3,}/g, '\n\n')
}
