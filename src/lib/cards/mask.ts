/**
 * Takes card numbers out of a line of text before it is written.
 *
 * @module
 */
import { isCardNumber } from './number.ts'

/** Digits, alone or with one separator between any two; no piece of a longer string of digits. */
const candidate = /(?<!\d)\d(?:[ .\-_/]?\d){13,18}(?!\d)/g

export const MASKED = '[card number]'

/** The same text where it holds no card number, which is nearly always. */
export function maskCards(text: string): string {
  return text.replace(candidate, (written) =>
    isCardNumber(written.replaceAll(/\D/g, '')) ? MASKED : written,
  )
}
