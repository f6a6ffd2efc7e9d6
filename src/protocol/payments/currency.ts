/**
 * Amounts: whole numbers of a currency's smallest unit, and how each gateway writes them.
 *
 * Source: ISO 4217, list one (2024-06): code, numeric code, exponent.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

type Currency = { readonly numeric: string; readonly exponent: number }

const currencies: Readonly<Record<string, Currency>> = {
  AUD: { numeric: '036', exponent: 2 },
  BHD: { numeric: '048', exponent: 3 },
  CAD: { numeric: '124', exponent: 2 },
  CHF: { numeric: '756', exponent: 2 },
  CZK: { numeric: '203', exponent: 2 },
  DKK: { numeric: '208', exponent: 2 },
  EUR: { numeric: '978', exponent: 2 },
  GBP: { numeric: '826', exponent: 2 },
  HUF: { numeric: '348', exponent: 2 },
  ISK: { numeric: '352', exponent: 0 },
  JPY: { numeric: '392', exponent: 0 },
  KWD: { numeric: '414', exponent: 3 },
  NOK: { numeric: '578', exponent: 2 },
  PLN: { numeric: '985', exponent: 2 },
  SEK: { numeric: '752', exponent: 2 },
  TND: { numeric: '788', exponent: 3 },
  USD: { numeric: '840', exponent: 2 },
}

/** Largest amount taken, in minor units: a limit on mistakes, not on clubs. */
export const AMOUNT_MAX = 100_000_000

export function isCurrency(code: string): boolean {
  return Object.hasOwn(currencies, code)
}

/** @throws {ProtocolError} PAYMENT_CURRENCY_UNKNOWN. */
export function currencyOf(code: string): Currency {
  const found = Object.hasOwn(currencies, code) ? currencies[code] : undefined
  if (!found) throw new ProtocolError('PAYMENT_CURRENCY_UNKNOWN', 'no such currency')
  return found
}

/** `1250` EUR → `12.50`; `1250` JPY → `1250`. */
export function toDecimal(minor: number, code: string): string {
  const { exponent } = currencyOf(code)
  if (!Number.isSafeInteger(minor) || minor < 0) {
    throw new ProtocolError('PAYMENT_AMOUNT_INVALID', 'not a whole number of minor units')
  }
  if (exponent === 0) return String(minor)
  const digits = String(minor).padStart(exponent + 1, '0')
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** The inverse of `toDecimal`, exact. @throws {ProtocolError} PAYMENT_AMOUNT_INVALID. */
export function fromDecimal(text: string, code: string): number {
  const { exponent } = currencyOf(code)
  const [, whole = '', fraction = ''] = /^(\d{1,12})(?:\.(\d{1,4}))?$/.exec(text) ?? []
  const minor = Number(`${whole}${fraction.padEnd(exponent, '0')}`)
  if (whole === '' || fraction.length > exponent || !Number.isSafeInteger(minor)) {
    throw new ProtocolError('PAYMENT_AMOUNT_INVALID', 'not an amount of that currency')
  }
  return minor
}
