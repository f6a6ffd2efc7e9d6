/**
 * Paybox Direct (`PPPS.php`): questions from server to server, and their answers.
 *
 * Source: Paybox Direct integration manual, version 00104. `DATEQ` is day, month, year and time;
 * `NUMQUESTION` is ten digits, at most 2147483647, never used twice in a day; `MONTANT` is ten
 * digits of minor units. A transaction is found by its reference and amount (`00011`) or told of by
 * its number (`00017`); `STATUS` comes as a French word in ISO 8859-1.
 *
 * @module
 */
import { formHmac, type FormFields } from './paybox.ts'

export type DirectType = '00011' | '00014' | '00017' | '00053' | '00058'

/** Is there a transaction of this reference and amount? */
export const DIRECT_FIND: DirectType = '00011'
/** Gives money back, as a transaction of its own. */
export const DIRECT_REFUND: DirectType = '00014'
/** What became of a transaction? */
export const DIRECT_INQUIRE: DirectType = '00017'

/** Debits a kept token at once (Direct Plus). */
export const DIRECT_DEBIT: DirectType = '00053'
/** Forgets a kept token (Direct Plus). */
export const DIRECT_FORGET: DirectType = '00058'

export const DIRECT_DONE = '00000'
export const DIRECT_NOT_FOUND = '00018'
/** The token, or whose it is, is not known. */
export const DIRECT_NO_TOKEN = '00017'

export type DirectAsker = {
  readonly site: string
  readonly rank: string
  /** As the back office shows it, hexadecimal. */
  readonly hmacKey: string
}

/**
 * A signed question, its fields in the order in which they are signed and sent.
 *
 * @param digit 0 to 9, at random: two questions of one millisecond differ by it.
 */
export function directQuestion(
  asker: DirectAsker,
  type: DirectType,
  fields: FormFields,
  nowMs: number,
  digit: number,
): FormFields {
  const asked: FormFields = [
    ['VERSION', '00104'],
    ['TYPE', type],
    ['SITE', asker.site],
    ['RANG', asker.rank],
    ['NUMQUESTION', String((nowMs % DAY_MS) * 10 + digit).padStart(10, '0')],
    ['DATEQ', dateText(nowMs)],
    ...fields,
    ['HASH', 'SHA512'],
  ]
  return [...asked, ['HMAC', formHmac(asked, asker.hmacKey)]]
}

/** `1250` → `0000001250`. */
export function directAmount(minor: number): string {
  return String(minor).padStart(10, '0')
}

const DAY_MS = 86_400_000

/** `DDMMYYYYHHMMSS`, in universal time. */
function dateText(ms: number): string {
  const [year, month, day, ...time] = new Date(ms).toISOString().split(/[-T:.]/)
  return `${day}${month}${year}${time.slice(0, 3).join('')}`
}

export type DirectStatus =
  'captured' | 'authorised' | 'refunded' | 'cancelled' | 'refused' | 'unknown'

export type DirectAnswer = {
  /** `CODEREPONSE`; '' when the text is no answer. */
  readonly code: string
  readonly transaction: string
  /** `NUMAPPEL`, needed to give money back. */
  readonly call: string
  readonly authorisation: string
  readonly status: DirectStatus
}

/** Beginnings of `STATUS`: what follows is an accented letter, in whatever encoding it comes. */
const statuses: readonly (readonly [string, DirectStatus])[] = [
  ['Captur', 'captured'],
  ['Autoris', 'authorised'],
  ['Rembours', 'refunded'],
  ['Annul', 'cancelled'],
  ['Refus', 'refused'],
]

export function readDirectAnswer(text: string): DirectAnswer {
  const values = new URLSearchParams(text)
  const value = (name: string): string => values.get(name)?.trim() ?? ''
  const [, status = 'unknown'] =
    statuses.find(([beginning]) => value('STATUS').startsWith(beginning)) ?? []
  return {
    code: /^\d{5}$/.test(value('CODEREPONSE')) ? value('CODEREPONSE') : '',
    transaction: value('NUMTRANS'),
    call: value('NUMAPPEL'),
    authorisation: value('AUTORISATION'),
    status,
  }
}
