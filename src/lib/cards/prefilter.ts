/**
 * A quick look: may there be a card number at all? Most text says no, at the speed of the engine's
 * own search, and the careful scanner need not read it.
 *
 * @module
 */

/** Bytes of one text to look at together with the next: more than any written number. */
export const CARRY_MAX: number = 1024

/** Thirteen digits, close to each other: every way to write a number that the scanner reads. */
const closeDigits = /(?:[0-9][^0-9]{0,12}){13}/

/** Base64 that could hold a number; line breaks belong to the encoding. */
const base64Runs = /[A-Za-z0-9+/_-](?:[\r\n]*[A-Za-z0-9+/_-]){18,}/g

/** @param text Bytes as characters (latin1). */
export function mayHoldCard(text: string): boolean {
  if (closeDigits.test(text)) return true
  for (const [run] of text.matchAll(base64Runs)) {
    const joined = run.replaceAll(/[\r\n]/g, '')
    for (let offset = 0; offset < 4; offset++) {
      const decoded = Buffer.from(joined.slice(offset), 'base64').toString('latin1')
      if (closeDigits.test(decoded)) return true
    }
  }
  return false
}
