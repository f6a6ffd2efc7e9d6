/**
 * What Paybox passes on to the bank for 3-D Secure 2: how much is in the basket, and where the
 * payer lives. XML inside a form field, letters and digits of ASCII only.
 *
 * Source: Verifone e-commerce, migration to 3DSv2: `PBX_SHOPPINGCART`, `PBX_BILLING`, the widths of
 * their fields; accents are taken off, as the bank's systems cannot read them.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { countryNumber } from './country.ts'

const XML = '<?xml version="1.0" encoding="utf-8"?>'

/** One purchase, one thing in it. */
export const SHOPPING_CART: string =
  XML + '<shoppingcart><total><totalQuantity>1</totalQuantity></total></shoppingcart>'

export type BilledPerson = {
  readonly firstName: string
  readonly lastName: string
  readonly address1: string
  readonly address2?: string | undefined
  readonly zipCode: string
  readonly city: string
  /** ISO 3166-1, two letters. */
  readonly country: string
}

/** Characters of each field, in the order in which they must stand. */
const fields = [
  ['FirstName', 'firstName', 30],
  ['LastName', 'lastName', 30],
  ['Address1', 'address1', 50],
  ['Address2', 'address2', 50],
  ['ZipCode', 'zipCode', 16],
  ['City', 'city', 50],
] as const

/** @throws {ProtocolError} PAYMENT_PAYER_INVALID when the bank could make nothing of it. */
export function billingXml(person: BilledPerson): string {
  const country = countryNumber(person.country)
  if (country === undefined) throw invalid('country')
  const inside = fields.map(([name, key, max]) => {
    const text = plainText(person[key] ?? '', max)
    if (text === '' && key !== 'address2') throw invalid(key)
    return text === '' ? '' : `<${name}>${text}</${name}>`
  })
  const address = `${inside.join('')}<CountryCode>${country}</CountryCode>`
  return `${XML}<Billing><Address>${address}</Address></Billing>`
}

/** Letters that are no letter with an accent, as they are written without. */
const others: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
  þ: 'th',
  ð: 'd',
  ı: 'i',
  '’': "'",
}

/** What is left of a text in the characters that the bank can read. */
export function plainText(text: string, max: number): string {
  return text
    .replaceAll(/[^\0-\u007f]/g, (letter) => others[letter] ?? letter)
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^\w ,.'/-]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, max)
    .trim()
}

function invalid(field: string): ProtocolError {
  return new ProtocolError('PAYMENT_PAYER_INVALID', `the bank cannot read the payer: ${field}`)
}
