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
import { mapText } from '#protocol/mail/mime.ts'
import type { Category } from './config.ts'
import { withFooter } from './footer.ts'
import { languageOf, words } from './words.ts'

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
