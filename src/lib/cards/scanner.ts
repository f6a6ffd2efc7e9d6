/**
 * Looks for payment card numbers in a stream of bytes, however it is cut: plain, with separators,
 * URL-encoded, as JSON or HTML escapes, as hexadecimal, as UTF-16, and all of these inside base64.
 *
 * It reports that a number was there, how many digits it had and how it was written; never a digit.
 * Held at any time: the digits of one number begun, one escape, 4 KiB of base64.
 *
 * @module
 */
import { DigitGroups, type DigitForm } from './digit-groups.ts'
import { EscapeReader } from './escapes.ts'

export type CardSighting = {
  readonly digitCount: number
  /** How it was written. */
  readonly form: DigitForm | 'base64'
}

/** Shortest base64 that can hold a number of 14 digits. */
const BASE64_MIN = 19
const BLOCK = 4096
/** Carried into the next block: more than the base64 of the longest number with separators. */
const OVERLAP = 128

export class CardScanner {
  readonly #onCard: (sighting: CardSighting) => void
  readonly #groups: DigitGroups
  readonly #escapes: EscapeReader
  /** What was escaped twice. */
  readonly #again: EscapeReader
  #run: number[] = []

  constructor(onCard: (sighting: CardSighting) => void) {
    this.#onCard = onCard
    this.#groups = new DigitGroups((digitCount, form) => onCard({ digitCount, form }))
    this.#again = new EscapeReader((code) => this.#groups.push(code))
    this.#escapes = new EscapeReader((code) => this.#again.push(code))
  }

  push(bytes: Uint8Array): void {
    for (const code of bytes) {
      this.#escapes.push(code)
      this.#pushBase64(code)
    }
  }

  /** The stream ends here: a number that ends with it counts. */
  end(): void {
    this.#escapes.end()
    this.#again.end()
    this.#groups.end()
    this.#endRun()
  }

  #pushBase64(code: number): void {
    if (isBase64(code)) {
      this.#run.push(code)
      if (this.#run.length >= BLOCK) {
        this.#decode()
        this.#run = this.#run.slice(-OVERLAP)
      }
      return
    }
    // Lines of a mail: the break belongs to the encoding.
    if ((code === 0x0d || code === 0x0a) && this.#run.length > 0) return
    if (this.#run.length > 0) this.#endRun()
  }

  #endRun(): void {
    if (this.#run.length >= BASE64_MIN) this.#decode()
    this.#run = []
  }

  /** A run may begin before the encoding does (`/path/MTIz…`): all four ways to cut it are read. */
  #decode(): void {
    const text = String.fromCharCode(...this.#run)
    for (let offset = 0; offset < 4; offset++) {
      const groups = new DigitGroups((digitCount) => this.#onCard({ digitCount, form: 'base64' }))
      const again = new EscapeReader((code) => groups.push(code))
      const escapes = new EscapeReader((code) => again.push(code))
      for (const code of Buffer.from(text.slice(offset), 'base64')) escapes.push(code)
      escapes.end()
      again.end()
      groups.end()
    }
  }
}

/** Sightings in a whole text. */
export function scanForCards(bytes: Uint8Array): CardSighting[] {
  const found: CardSighting[] = []
  const scanner = new CardScanner((sighting) => found.push(sighting))
  scanner.push(bytes)
  scanner.end()
  return found
}

function isBase64(code: number): boolean {
  const lower = code | 0x20
  return (
    (lower >= 0x61 && lower <= 0x7a) ||
    (code >= 0x2f && code <= 0x39) || // slash and digits
    code === 0x2b ||
    code === 0x2d ||
    code === 0x5f
  )
}
