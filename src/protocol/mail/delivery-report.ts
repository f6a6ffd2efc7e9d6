/**
 * Reports that come back by mail: what became of a delivery, and who complained of it.
 *
 * Written by thousands of servers, so read leniently: line ends of any kind, fields in any case,
 * everything that is not understood passed over. What it says is a stranger's word.
 *
 * Source: RFC 3464 (delivery status), RFC 6522 (multipart/report), RFC 5965 (feedback).
 *
 * @module
 */

export type DeliveryReport = {
  readonly kind: 'delivery'
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded'
  /** Enhanced status, such as `5.1.1`; '' when there is none. RFC 3463. */
  readonly status: string
  /** The receiver's own words; may name a person. */
  readonly diagnostic: string
}

export type FeedbackReport = {
  readonly kind: 'feedback'
  /** `abuse`, `fraud`, `not-spam`, `virus`, `other` … in lower case. */
  readonly feedback: string
  /** Envelope sender of the mail complained of, as far as it is told; '' else. */
  readonly envelopeFrom: string
}

export type Report = DeliveryReport | FeedbackReport

const REPORT_MAX_BYTES = 1024 * 1024
const PARTS_MAX = 20
const GROUPS_MAX = 50

const actions: ReadonlySet<string> = new Set([
  'failed',
  'delayed',
  'delivered',
  'relayed',
  'expanded',
])

/** @returns Undefined when it is no report: an automatic answer, or a person's. */
export function readReport(bytes: Uint8Array): Report | undefined {
  if (bytes.length > REPORT_MAX_BYTES) return undefined
  const text = Buffer.from(bytes).toString('latin1').replaceAll(/\r\n?/g, '\n')
  const [header, body] = cut(text)
  const content = fieldsOf(header).get('content-type') ?? ''
  if (!/^multipart\/report\b/i.test(content)) return undefined
  const [, quoted, plain] = /boundary=(?:"([^"\n]{1,70})"|([^\s;]{1,70}))/i.exec(content) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined) return undefined
  for (const part of body.split(`--${boundary}`).slice(1, PARTS_MAX)) {
    const [partHeader, partBody] = cut(part.replace(/^[ \t]*\n/, ''))
    const type = (fieldsOf(partHeader).get('content-type') ?? '').toLowerCase()
    if (type.startsWith('message/delivery-status')) return deliveryOf(partBody)
    if (type.startsWith('message/feedback-report')) return feedbackOf(partBody)
  }
  return undefined
}

/** The first group of fields is about the message, each further one about one recipient. */
function deliveryOf(body: string): DeliveryReport | undefined {
  for (const group of body.split(/\n[ \t]*\n/).slice(0, GROUPS_MAX)) {
    const fields = fieldsOf(group)
    const action = (fields.get('action') ?? '').toLowerCase()
    if (!isAction(action)) continue
    const [status = ''] = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(fields.get('status') ?? '') ?? []
    const diagnostic = (fields.get('diagnostic-code') ?? '').replace(/^\s*\w+\s*;\s*/, '')
    return { kind: 'delivery', action, status, diagnostic: diagnostic.slice(0, 500) }
  }
  return undefined
}

function isAction(text: string): text is DeliveryReport['action'] {
  return actions.has(text)
}

function feedbackOf(body: string): FeedbackReport | undefined {
  const fields = fieldsOf(body)
  const feedback = (fields.get('feedback-type') ?? '').toLowerCase()
  if (feedback === '') return undefined
  const envelopeFrom = (fields.get('original-mail-from') ?? '').replaceAll(/[<>]/g, '')
  return { kind: 'feedback', feedback, envelopeFrom }
}

function cut(text: string): [header: string, body: string] {
  const at = text.search(/\n[ \t]*\n/)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at).replace(/^\n[ \t]*\n/, '')]
}

/** Names in lower case; of a name that stands twice, the first. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.replaceAll(/\n[ \t]+/g, ' ').split('\n')) {
    const [, name, value] = /^([!-9;-~]{1,76}):[ \t]*(.*)$/.exec(line) ?? []
    const key = name?.toLowerCase()
    if (key !== undefined && !fields.has(key)) fields.set(key, value?.trim() ?? '')
  }
  return fields
}
