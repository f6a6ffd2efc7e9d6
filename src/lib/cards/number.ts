/**
 * Whether digits are a payment card number: length and prefix of an issuer, and Luhn's check digit.
 *
 * Source: ISO/IEC 7812-1 (Luhn, annex B); the prefixes that the card schemes publish. Lengths that
 * no issuer uses any more (Visa's 13) are left out: times and phone numbers have them.
 *
 * @module
 */

export const CARD_DIGITS_MIN = 14
export const CARD_DIGITS_MAX = 19

/** First to last prefix, inclusive, both of one length; and the lengths a number may have. */
type Range = readonly [first: number, last: number, lengths: readonly number[]]

const long = [16, 17, 18, 19]

const ranges: readonly Range[] = [
  [4, 4, [16, 19]], // Visa
  [51, 55, [16]], // Mastercard
  [2221, 2720, [16]], // Mastercard
  [34, 34, [15]], // American Express
  [37, 37, [15]],
  [300, 305, [14, 16]], // Diners Club
  [36, 36, [14, 16]],
  [38, 39, [14, 16]],
  [6011, 6011, long], // Discover
  [644, 649, long],
  [65, 65, long],
  [3528, 3589, long], // JCB
  [62, 62, long], // UnionPay
  [5018, 5018, long], // Maestro and Bancontact
  [5020, 5020, long],
  [5038, 5038, long],
  [5893, 5893, long],
  [6304, 6304, long],
  [6703, 6703, long],
  [6759, 6763, long],
]

const CODE_0 = 0x30

/** @param digits ASCII digits only. */
export function isCardNumber(digits: string): boolean {
  if (digits.length < CARD_DIGITS_MIN || digits.length > CARD_DIGITS_MAX) return false
  if (!ranges.some((range) => isWithin(digits, range))) return false
  return passesLuhn(digits) && new Set(digits).size > 1 // one digit repeated is nobody’s
}

function isWithin(digits: string, [first, last, lengths]: Range): boolean {
  const prefix = Number(digits.slice(0, String(first).length))
  return prefix >= first && prefix <= last && lengths.includes(digits.length)
}

/** Luhn: every second digit from the right doubled, digits summed, a multiple of ten. */
export function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - CODE_0
    const doubled = at % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}
