/**
 * The message as it leaves: for one recipient, with the way out of the list, signed.
 *
 * @module
 */
import type { DkimKey } from '#protocol/mail/dkim.ts'
import { dkimFields } from '#protocol/mail/dkim.ts'
import {
  fieldValues,
  headerField,
  messageBytes,
  type HeaderField,
  type Message,
} from '#protocol/mail/message.ts'
import { mapText, type TextPart } from '#protocol/mail/mime.ts'
import type { Category } from './config.ts'
import { languageOf, words, type Words } from './words.ts'

export type Outgoing = {
  readonly message: Message
  readonly category: Category
  readonly list: string
  readonly fromDomain: string
  /** Of this recipient; POST to it unsubscribes, GET shows a page. */
  readonly unsubscribeUrl: string
  readonly deliveryId: string
  readonly hostname: string
  readonly receivedMs: number
  readonly nowMs: number
}

/** An application that writes its own sentence puts this where the address belongs. */
export const URL_MARK = '[[unsubscribe-url]]'

/**
 * The bytes to send.
 *
 * A security mail has no List-Unsubscribe field: it cannot be switched off, and its footer says so.
 *
 * @throws {DeniedError} MAIL_MIME_INVALID.
 */
export function compose(out: Outgoing, keys: readonly DkimKey[]): Uint8Array {
  const text = words[languageOf(fieldValues(out.message, 'content-language')[0])]
  const readable = mapText(out.message, (part) => withFooter(part, out, text))
  const fields = [...readable.fields, ...missingFields(out), ...listFields(out)]
  const message = { fields, body: readable.body }
  const signatures = dkimFields(message, keys, Math.floor(out.nowMs / 1000))
  const top = [...signatures, received(out)]
  return messageBytes({ fields: [...top, ...fields], body: readable.body })
}

function listFields(out: Outgoing): readonly HeaderField[] {
  if (out.category === 'security') return []
  return [
    headerField('List-Id', `<${out.list}.${out.fromDomain}>`),
    headerField('List-Unsubscribe', `<${out.unsubscribeUrl}>`),
    headerField('List-Unsubscribe-Post', 'List-Unsubscribe=One-Click'),
  ]
}

function missingFields(out: Outgoing): readonly HeaderField[] {
  const fields: HeaderField[] = []
  const has = (name: string): boolean => fieldValues(out.message, name).length > 0
  if (!has('date')) fields.push(headerField('Date', mailDate(out.receivedMs)))
  if (!has('message-id')) {
    fields.push(headerField('Message-ID', `<${out.deliveryId}@${out.fromDomain}>`))
  }
  // RFC 3834: automatic answers to automatic mail are how loops begin.
  if (!has('auto-submitted')) fields.push(headerField('Auto-Submitted', 'auto-generated'))
  return fields
}

function received(out: Outgoing): HeaderField {
  const by = `by ${out.hostname} with ESMTPSA id ${out.deliveryId}`
  return headerField('Received', `${by};\r\n ${mailDate(out.receivedMs)}`)
}

function mailDate(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000')
}

function withFooter(part: TextPart, out: Outgoing, text: Words): string {
  if (part.text.includes(URL_MARK)) return part.text.replaceAll(URL_MARK, out.unsubscribeUrl)
  const sentence = out.category === 'security' ? text.footerSecurity : text.footer
  if (part.type === 'text/plain') {
    const plain = part.charset === 'utf-8' ? sentence : withoutMarks(sentence)
    const body = part.text.replace(/(\r\n)*$/, '')
    return `${body}\r\n\r\n-- \r\n${plain}\r\n${out.unsubscribeUrl}\r\n`
  }
  const href = `href="${out.unsubscribeUrl}" style="color:inherit"`
  const link = `<a ${href}>${entities(text.footerLink)}</a>`
  const style = 'max-width:560px;margin:24px auto 0;font:14px/1.5 sans-serif;color:#5f6772'
  // By the class, a mail that knows the dark gives it another ink.
  const mark = `class="veilig-footer" style="${style}"`
  const footer = `<p ${mark}>${entities(sentence)}<br>${link}</p>\r\n`
  const end = part.text.search(/<\/body\s*>/i)
  return end < 0
    ? `${part.text}\r\n${footer}`
    : part.text.slice(0, end) + footer + part.text.slice(end)
}

/** HTML that says the same in any charset that contains ASCII. */
function entities(text: string): string {
  return text.replaceAll(/[&<>"\u0080-\uffff]/g, (char) => `&#${char.charCodeAt(0)};`)
}

function withoutMarks(text: string): string {
  return text.normalize('NFD').replaceAll(/[^\x20-\x7e]/g, '')
}
