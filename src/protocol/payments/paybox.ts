/**
 * Paybox System (Verifone, Up2Pay e-Transactions): the signed form, and the signed answer.
 *
 * Source: Paybox System integration manual; three public answers verify over the bytes as they
 * were sent, and not over a query that was decoded and encoded again.
 *
 * @module
 */
import { createHmac, timingSafeEqual, verify, type KeyObject } from 'node:crypto'
import { ProtocolError } from '#lib/errors.ts'

/** A form's fields in the order in which they are sent, which is the order they are signed in. */
export type FormFields = readonly (readonly [name: string, value: string])[]

const HMAC_FIELD = 'PBX_HMAC'
const QUERY_MAX = 8192

/** Authorisation of a test transaction: worth nothing, though it says "accepted". */
export const TEST_AUTHORISATION = 'XXXXXX'

/** `PBX_A=…&PBX_B=…`: in form order, values as they are, not URL-encoded. */
export function formText(fields: FormFields): string {
  return fields
    .filter(([name]) => name !== HMAC_FIELD)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** HMAC-SHA512 in upper-case hexadecimal. @param keyHex As the back office shows it. */
export function formHmac(fields: FormFields, keyHex: string): string {
  const key = Buffer.from(keyHex, 'hex')
  return createHmac('sha512', key).update(formText(fields), 'utf8').digest('hex').toUpperCase()
}

/** The form with its HMAC, last. */
export function signForm(fields: FormFields, keyHex: string): FormFields {
  return [...fields, [HMAC_FIELD, formHmac(fields, keyHex)]]
}

export function isFormSigned(fields: FormFields, keyHex: string): boolean {
  const [name, given] = fields.at(-1) ?? []
  if (name !== HMAC_FIELD || given === undefined) return false
  const wanted = Buffer.from(formHmac(fields, keyHex))
  const found = Buffer.from(given)
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

/** An answer whose signature was verified. */
export type VerifiedAnswer = ReadonlyMap<string, string> & { readonly __verified: 'paybox' }

/**
 * Verifies a notification over the bytes of its query.
 *
 * @param rawQuery What followed the `?`, exactly as it was sent.
 * @param signatureName The name under which `K` was asked; it must come last.
 * @throws {ProtocolError} PAYBOX_ANSWER_INVALID.
 */
export function verifyAnswer(
  rawQuery: string,
  signatureName: string,
  key: KeyObject,
): VerifiedAnswer {
  if (rawQuery.length > QUERY_MAX) throw invalid('too long')
  const mark = `&${signatureName}=`
  const at = rawQuery.lastIndexOf(mark)
  if (at < 0) throw invalid('no signature')
  const signed = rawQuery.slice(0, at)
  const signature = unescape(rawQuery.slice(at + mark.length))
  if (!/^[A-Za-z0-9+/ ]+={0,2}$/.test(signature)) throw invalid('the signature is not the last')
  const bytes = Buffer.from(signature.replaceAll(' ', '+'), 'base64')
  if (!verify('RSA-SHA1', Buffer.from(signed, 'latin1'), key, bytes)) throw invalid('signature')
  return valuesOf(signed) as unknown as VerifiedAnswer
}

/** Each name once: a second value of a name would let two readers differ. */
function valuesOf(query: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const part of query.split('&')) {
    const at = part.indexOf('=')
    const name = unescape(at < 0 ? part : part.slice(0, at))
    if (values.has(name)) throw invalid('a name stands twice')
    values.set(name, at < 0 ? '' : unescape(part.slice(at + 1)))
  }
  return values
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalid('escape')
  }
}

function invalid(what: string): ProtocolError {
  return new ProtocolError('PAYBOX_ANSWER_INVALID', `the answer is not Paybox's: ${what}`)
}
