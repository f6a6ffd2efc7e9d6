/**
 * Aggregate reports of DMARC, in the form of RFC 9990 and in the older one of RFC 7489. Pure.
 *
 * Read by local name: some reporters use the new namespace, some the new elements without it. What
 * is not needed is passed over; what is needed and missing makes the whole no report.
 *
 * Source: RFC 9990 §3 and appendix A, RFC 7489 appendix C.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import { childOf, childrenOf, textOf, type XmlElement } from '#protocol/mail/xml.ts'
import { printable } from './printable.ts'

export type DmarcRow = {
  /** Address the mail came from. */
  readonly source: string
  readonly messages: number
  /** Whether each passed and was aligned. */
  readonly dkim: boolean
  readonly spf: boolean
  readonly disposition: string
  readonly headerFrom: string
}

export type DmarcReport = {
  readonly form: 'rfc9990' | 'rfc7489'
  readonly reporter: string
  readonly reportId: string
  readonly domain: string
  readonly policy: string
  readonly beginsMs: number
  readonly endsMs: number
  readonly rows: readonly DmarcRow[]
}

const ROWS_MAX = 50_000
const WORD_MAX = 255
const MESSAGES_MAX = 2 ** 31 - 1
/** No report covers more; a time far off would stand on every chart. */
const SPAN_MAX_S = 8 * 86_400
const YEAR_2000_S = 946_684_800
const YEAR_2100_S = 4_102_444_800

/** @throws {DeniedError} MAIL_REPORT_INVALID. */
export function readDmarcReport(root: XmlElement): DmarcReport {
  if (root.name !== 'feedback') throw invalid('the root is not feedback')
  const metadata = required(root, 'report_metadata')
  const published = required(root, 'policy_published')
  const range = required(metadata, 'date_range')
  const [begin, end] = ['begin', 'end'].map((name) => seconds(word(range, name)))
  if (begin === undefined || end === undefined || end < begin || end - begin > SPAN_MAX_S)
    throw invalid('the time it covers makes no sense')
  const records = childrenOf(root, 'record')
  if (records.length > ROWS_MAX) throw invalid('too many records')
  const isNew =
    root.namespace.endsWith('dmarc-2.0') || childOf(published, 'discovery_method') !== undefined
  return {
    form: isNew ? 'rfc9990' : 'rfc7489',
    reporter: word(metadata, 'org_name') || word(metadata, 'email'),
    reportId: word(metadata, 'report_id'),
    domain: word(published, 'domain').toLowerCase(),
    policy: optional(published, 'p'),
    beginsMs: begin * 1000,
    endsMs: end * 1000,
    rows: records.map(rowOf),
  }
}

function rowOf(record: XmlElement): DmarcRow {
  const row = required(record, 'row')
  const evaluated = required(row, 'policy_evaluated')
  const source = word(row, 'source_ip')
  if (!/^[0-9a-fA-F.:]{2,45}$/.test(source)) throw invalid('a source is no address')
  const messages = Number(word(row, 'count'))
  if (!Number.isSafeInteger(messages) || messages < 0 || messages > MESSAGES_MAX)
    throw invalid('a count is none')
  const identifiers = childOf(record, 'identifiers') ?? childOf(record, 'identities')
  return {
    source: source.toLowerCase(),
    messages,
    dkim: optional(evaluated, 'dkim') === 'pass',
    spf: optional(evaluated, 'spf') === 'pass',
    disposition: optional(evaluated, 'disposition') || 'none',
    headerFrom: identifiers ? optional(identifiers, 'header_from').toLowerCase() : '',
  }
}

function seconds(text: string): number | undefined {
  const value = Number(text)
  return value > YEAR_2000_S && value < YEAR_2100_S ? Math.floor(value) : undefined
}

function required(parent: XmlElement, name: string): XmlElement {
  const found = childOf(parent, name)
  if (!found) throw invalid(`${name} is missing`)
  return found
}

function word(parent: XmlElement, name: string): string {
  const text = optional(parent, name)
  if (text === '') throw invalid(`${name} is missing`)
  return text
}

function optional(parent: XmlElement, name: string): string {
  const found = childOf(parent, name)
  return found ? printable(textOf(found)).slice(0, WORD_MAX) : ''
}

function invalid(why: string): DeniedError {
  const said = 'this is no aggregate report'
  return new DeniedError('MAIL_REPORT_INVALID', why, said)
}
