/**
 * Finds card numbers in characters as they come: digits in groups, with the usual separators.
 *
 * `4111 1111 1111 1111`, `4111-1111-…`, one digit a group, all in one: a number may begin and end
 * only at the edge of a group, so that no piece of a longer digit string counts, and it is written
 * regularly, or every line of a drawing (`10.1-9 12-5.2-1.9-9`) would be one. At most the last
 * 38 digits are held, and forgotten as soon as another character comes.
 *
 * @module
 */
import { CARD_DIGITS_MAX, CARD_DIGITS_MIN, isCardNumber } from './number.ts'

/** Longest string of digits that is looked at: a number of 19, each digit as two of hexadecimal. */
const GROUP_MAX = 2 * CARD_DIGITS_MAX
const SEPARATORS_MAX = 3

const CODE_0 = 0x30
const NOTHING = -1
const MINUS = 0x2d
const CODE_9 = 0x39

/** How the number stood: as digits, or as hexadecimal of their ASCII codes. */
export type DigitForm = 'digits' | 'hex'

type Group = {
  readonly digits: string
  /** The separators between it and the group before. */
  readonly before: string
}

export class DigitGroups {
  readonly #onCard: (digitCount: number, form: DigitForm) => void
  /** Finished groups and the one that grows. */
  #groups: Group[] = []
  #current = ''
  /** The separators since the last digit. */
  #between = ''
  #tooLong = false
  /** The character before the first group. */
  #outside = NOTHING

  constructor(onCard: (digitCount: number, form: DigitForm) => void) {
    this.#onCard = onCard
  }

  /** @param code A character's code. */
  push(code: number): void {
    if (code >= CODE_0 && code <= CODE_9) return this.#pushDigit(code)
    if (code === 0) return // UTF-16 puts one between any two ASCII characters
    if (this.#current !== '') this.#endGroup(code)
    if (this.#groups.length > 0 && isSeparator(code) && this.#between.length < SEPARATORS_MAX) {
      this.#between += String.fromCharCode(code)
      return
    }
    this.#reset()
    this.#outside = code
  }

  end(): void {
    if (this.#current !== '') this.#endGroup(NOTHING)
    this.#reset()
    this.#outside = NOTHING
  }

  #pushDigit(code: number): void {
    if (this.#tooLong) return
    this.#current += String.fromCharCode(code)
    if (this.#current.length > GROUP_MAX) this.#tooLong = true
  }

  /** @param after The character that ends it. */
  #endGroup(after: number): void {
    const group = this.#current
    this.#current = ''
    if (this.#tooLong) {
      this.#groups = []
      this.#outside = NOTHING
      this.#tooLong = false
      return
    }
    this.#groups.push({ digits: group, before: this.#between })
    this.#between = ''
    this.#check(group, after)
    this.#forget()
  }

  /** Every run of whole groups that ends here. */
  #check(last: string, after: number): void {
    let digits = ''
    for (let at = this.#groups.length - 1; at >= 0; at--) {
      digits = `${this.#groups[at]?.digits ?? ''}${digits}`
      if (digits.length > CARD_DIGITS_MAX) break
      if (!isCardNumber(digits) || !isRegular(this.#groups.slice(at))) continue
      // Digits between letters from a to f are a piece of a digest; or of a UUID, after a minus.
      const begins = isHexLetter(this.#outside) || this.#outside === MINUS
      if (at === 0 && begins && isHexLetter(after)) continue
      return this.#found(digits.length, 'digits')
    }
    if (last.length < 2 * CARD_DIGITS_MIN || !/^(?:3\d)+$/.test(last)) return
    const unpacked = last.replace(/3(\d)/g, '$1')
    if (isCardNumber(unpacked)) this.#found(unpacked.length, 'hex')
  }

  #found(digitCount: number, form: DigitForm): void {
    this.#groups = []
    this.#outside = NOTHING
    this.#onCard(digitCount, form)
  }

  #forget(): void {
    let kept = 0
    let at = this.#groups.length
    const sizeOf = (index: number): number => this.#groups[index]?.digits.length ?? 0
    while (at > 0 && kept + sizeOf(at - 1) < CARD_DIGITS_MAX) kept += sizeOf(--at)
    if (at === 0) return
    this.#groups.splice(0, at)
    this.#outside = NOTHING
  }

  #reset(): void {
    this.#groups.length = 0
    this.#between = ''
  }

  /** Whether nothing is held: the next character cannot complete a number begun before. */
  get idle(): boolean {
    return this.#current === '' && this.#groups.length === 0
  }
}

/** One separator throughout; groups of one size, the last one shorter at most; or 4-6-5, 4-6-4. */
function isRegular(groups: readonly Group[]): boolean {
  const [first, second] = groups
  if (!first || !second) return true
  if (groups.slice(2).some(({ before }) => before !== second.before)) return false
  const sizes = groups.map(({ digits }) => digits.length)
  if (/^4,6,[45]$/.test(sizes.join(','))) return true // American Express, Diners Club
  const size = first.digits.length
  return sizes.slice(0, -1).every((one) => one === size) && (sizes.at(-1) ?? 0) <= size
}

function isHexLetter(code: number): boolean {
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66
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
