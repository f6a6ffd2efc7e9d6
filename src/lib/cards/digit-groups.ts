/**
 * Finds card numbers in characters as they come: digits in groups, with the usual separators.
 *
 * `4111 1111 1111 1111`, `4111-1111-…`, one digit a group, all in one: a number may begin and end
 * only at the edge of a group, so that no piece of a longer digit string counts. At most the last
 * 38 digits are held, and forgotten as soon as another character comes.
 *
 * @module
 */
import { CARD_DIGITS_MAX, CARD_DIGITS_MIN, isCardNumber } from './number.ts'

/** Longest string of digits that is looked at: a number of 19, each digit as two of hexadecimal. */
const GROUP_MAX = 2 * CARD_DIGITS_MAX
const SEPARATORS_MAX = 3

const CODE_0 = 0x30
const CODE_9 = 0x39

/** How the number stood: as digits, or as hexadecimal of their ASCII codes. */
export type DigitForm = 'digits' | 'hex'

export class DigitGroups {
  readonly #onCard: (digitCount: number, form: DigitForm) => void
  /** Finished groups and the one that grows. */
  #groups: string[] = []
  #current = ''
  #tooLong = false
  #separators = 0

  constructor(onCard: (digitCount: number, form: DigitForm) => void) {
    this.#onCard = onCard
  }

  /** @param code A character's code. */
  push(code: number): void {
    if (code >= CODE_0 && code <= CODE_9) return this.#pushDigit(code)
    if (code === 0) return // UTF-16 puts one between any two ASCII characters
    if (this.#current !== '') this.#endGroup()
    if (this.#groups.length > 0 && isSeparator(code) && ++this.#separators <= SEPARATORS_MAX) return
    this.#reset()
  }

  end(): void {
    if (this.#current !== '') this.#endGroup()
    this.#reset()
  }

  #pushDigit(code: number): void {
    this.#separators = 0
    if (this.#tooLong) return
    this.#current += String.fromCharCode(code)
    if (this.#current.length > GROUP_MAX) this.#tooLong = true
  }

  #endGroup(): void {
    const group = this.#current
    this.#current = ''
    if (this.#tooLong) {
      this.#groups = []
      this.#tooLong = false
      return
    }
    this.#groups.push(group)
    this.#check(group)
    this.#forget()
  }

  /** Every run of whole groups that ends here. */
  #check(last: string): void {
    let digits = ''
    for (let at = this.#groups.length - 1; at >= 0; at--) {
      digits = `${this.#groups[at] ?? ''}${digits}`
      if (digits.length > CARD_DIGITS_MAX) break
      if (isCardNumber(digits)) return this.#found(digits.length, 'digits')
    }
    if (last.length < 2 * CARD_DIGITS_MIN || !/^(?:3\d)+$/.test(last)) return
    const unpacked = last.replace(/3(\d)/g, '$1')
    if (isCardNumber(unpacked)) this.#found(unpacked.length, 'hex')
  }

  #found(digitCount: number, form: DigitForm): void {
    this.#groups = []
    this.#onCard(digitCount, form)
  }

  #forget(): void {
    let kept = 0
    let at = this.#groups.length
    while (at > 0 && kept + (this.#groups[at - 1] ?? '').length < CARD_DIGITS_MAX) {
      at--
      kept += (this.#groups[at] ?? '').length
    }
    if (at > 0) this.#groups.splice(0, at)
  }

  #reset(): void {
    this.#groups.length = 0
    this.#separators = 0
  }

  /** Whether nothing is held: the next character cannot complete a number begun before. */
  get idle(): boolean {
    return this.#current === '' && this.#groups.length === 0
  }
}

function isSeparator(code: number): boolean {
  // space, tab, line feed, carriage return, - . / _ + no-break space and its UTF-8 lead byte
  return (
    code === 0x20 ||
    (code >= 0x09 && code <= 0x0d) ||
    (code >= 0x2d && code <= 0x2f) ||
    code === 0x5f ||
    code === 0x2b ||
    code === 0xa0 ||
    code === 0xc2
  )
}
