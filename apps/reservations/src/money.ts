/**
 * Amounts in euro cents, as people write and read them.
 *
 * @module
 */
import type { Language } from './time.ts'

/** With the currency, as the language writes it: `€ 12,50`, `12,50 €`, `€12.50`. */
export function euros(cents: number, language: Language): string {
  const locale = language === 'en' ? 'en-IE' : language === 'nl' ? 'nl-BE' : 'fr-BE'
  return new Intl.NumberFormat(locale, { style: 'currency', currency: 'EUR' }).format(cents / 100)
}

/** As it stands in a field for a number: `12.50`. */
export function eurosInField(cents: number): string {
  return (cents / 100).toFixed(2)
}

/** @returns Cents of `12`, `12.5` or `12,50`; undefined when it is no such amount. */
export function centsOf(text: string): number | undefined {
  const [, whole = '', part = ''] = /^(\d{1,6})(?:[.,](\d{1,2}))?$/.exec(text.trim()) ?? []
  return whole === '' ? undefined : Number(whole) * 100 + Number(part.padEnd(2, '0'))
}

const HOUR_MS = 3_600_000

/** What so long on a court costs, in cents. */
export function priceOf(court: { readonly priceCentsHour: number }, lengthMs: number): number {
  return Math.round((court.priceCentsHour * lengthMs) / HOUR_MS)
}
