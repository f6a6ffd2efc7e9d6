/**
 * The look for card numbers that every body passes: what `CardScanner` would find, at a price that
 * a page of 100 KB can pay.
 *
 * A number needs at least 14 bytes in a row that are digits, separators or parts of an escape; in
 * base64 at least 19 in a row of its alphabet, 14 of which are among the 16 letters that a digit
 * leaves. Such rows are rare (`rows.ts` finds them); only they are read with care.
 *
 * @module
 */
import { BASE64, classes, DIGIT, DIGIT_IN_BASE64, ESCAPE, NUMERIC, SEPARATOR } from './classes.ts'
import { DigitGroups, type DigitForm } from './digit-groups.ts'
import { EscapeReader } from './escapes.ts'
import type { CardSighting } from './scanner.ts'
import { CARD_DIGITS_MIN } from './number.ts'
import { base64Rows, numericRows, RowFinder, rowsBetween } from './rows.ts'

/** Bytes kept of a row that the end of a piece cuts: more than any written number. */
const CARRY_MAX = 1024
/** Characters without a digit between two digits of one number: separators, no escapes. */
const GAP_MAX = 3

/** Looks at one stream of bytes, however it is cut. Held: a row that the last piece cut. */
export class CardLook {
  readonly #onCard: (sighting: CardSighting) => void
  #carry: Buffer | undefined

  /** @param onCard May be told twice of a number in a row of more than a kilobyte. */
  constructor(onCard: (sighting: CardSighting) => void) {
    this.#onCard = onCard
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return
    const carry = this.#carry
    if (!carry) {
      this.#look(piece, piece.length, 0)
      return this.#keep(piece)
    }
    const seam = Buffer.concat([carry, piece.subarray(0, CARRY_MAX)])
    const isWhole = piece.length <= CARRY_MAX
    // A row of one kind may begin with the piece though one of the other kind was carried.
    this.#look(seam, isWhole ? seam.length : carry.length + 1, 0)
    if (isWhole) return this.#keep(seam)
    this.#look(piece, piece.length, CARRY_MAX)
    this.#keep(piece)
  }

  /** The stream ends here: a number that ends with it counts. */
  end(): void {
    const carry = this.#carry
    this.#carry = undefined
    if (carry) this.#look(carry, carry.length, 0, true)
  }

  /**
   * @param startMax Rows that begin at this place or later are not looked at.
   * @param seen A row that begins the bytes and ends before this was looked at already.
   * @param isEnd Whether nothing follows.
   */
  #look(bytes: Buffer, startMax: number, seen: number, isEnd: boolean = false): void {
    const isAnew = (start: number, end: number): boolean =>
      start < startMax && (start > 0 || seen === 0 || end > seen)
    // A row that the end cuts is looked at with what follows; a long one also now.
    const isCut = (start: number, end: number): boolean =>
      !isEnd && end === bytes.length && end - start <= CARRY_MAX
    const rows = new RowFinder(bytes)
    rows.each(numericRows, (start, end) => {
      if (!isAnew(start, end) || isCut(start, end)) return
      // The digits it begins with may be the rest of a longer number, which was looked at before.
      this.#read(bytes, start === 0 && seen > 0 ? afterDigits(bytes) : start, end)
    })
    rows.each(base64Rows, (start, end) => {
      if (isAnew(start, end) && !isCut(start, end)) this.#decode(bytes, start, end)
    })
  }

  #read(bytes: Buffer, start: number, end: number, form?: 'base64'): void {
    if (!isPlausible(bytes, start, end)) return
    const onGroup = (digitCount: number, written: DigitForm): void =>
      this.#onCard({ digitCount, form: form ?? written })
    const groups = new DigitGroups(onGroup)
    const again = new EscapeReader((code) => groups.push(code)) // escaped twice: `%2520`
    const escapes = new EscapeReader((code) => again.push(code))
    for (let at = start; at < end; at++) escapes.push(bytes[at]!)
    escapes.end()
    again.end()
    groups.end()
  }

  /** A row may begin before the encoding does: all four ways to cut it are read. */
  #decode(bytes: Buffer, start: number, end: number): void {
    let left = 0
    for (let at = start; at < end; at++) if (classes[bytes[at]!]! & DIGIT_IN_BASE64) left++
    if (left < CARD_DIGITS_MIN) return
    const text = bytes.toString('latin1', start, end).replaceAll(/[\r\n]/g, '')
    for (let offset = 0; offset < 4; offset++) {
      const decoded = Buffer.from(offset === 0 ? text : text.slice(offset), 'base64')
      rowsBetween(decoded, 0, decoded.length, numericRows, (first, last) =>
        this.#read(decoded, first, last, 'base64'),
      )
    }
  }

  /** Keeps what may be the beginning of a number. */
  #keep(bytes: Buffer): void {
    const length = Math.max(rowBefore(bytes, NUMERIC), rowBefore(bytes, BASE64))
    // A copy: the piece belongs to the socket, and is many times larger.
    this.#carry = length === 0 ? undefined : Buffer.from(bytes.subarray(bytes.length - length))
  }
}

/** Sightings in a whole text. */
export function lookForCards(bytes: Buffer): CardSighting[] {
  const found: CardSighting[] = []
  const look = new CardLook((sighting) => found.push(sighting))
  look.push(bytes)
  look.end()
  return found
}

/** Bytes at the end that are all of a class, at most `CARRY_MAX`. */
function rowBefore(bytes: Uint8Array, bit: number): number {
  const first = Math.max(0, bytes.length - CARRY_MAX)
  let at = bytes.length
  while (at > first && (classes[bytes[at - 1]!]! & bit) !== 0) at--
  return bytes.length - at
}

function afterDigits(bytes: Uint8Array): number {
  return bytes.findIndex((byte) => (classes[byte]! & DIGIT) === 0)
}

/** Whether the digits of a row are enough, and close enough to each other, for a number. */
function isPlausible(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0
  let escapes = false
  for (let at = start; at < end; at++) {
    const found = classes[bytes[at]!]!
    if ((found & DIGIT) !== 0) all++
    else if ((found & ESCAPE) !== 0) escapes = true
  }
  if (escapes || all < CARD_DIGITS_MIN) return all >= CARD_DIGITS_MIN
  let close = 0
  let gap = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const found = classes[byte]!
    if ((found & DIGIT) !== 0) {
      gap = 0
      if (++close >= CARD_DIGITS_MIN) return true
    } else if (byte !== 0 && ((found & SEPARATOR) === 0 || ++gap > GAP_MAX)) close = 0
  }
  return false
}
