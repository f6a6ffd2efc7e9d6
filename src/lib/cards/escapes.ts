/**
 * Undoes the escapes of URLs, JSON and HTML as characters come: `%34`, `\u0034`, `&#52;`, `&#x34;`.
 *
 * What turns out to be no escape passes as it stood. At most nine characters are held.
 *
 * @module
 */

const PERCENT = 0x25
const BACKSLASH = 0x5c
const AMPERSAND = 0x26

/** Whole escapes, and what can still become one. */
const whole = /^(?:%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,6});)$/i
const wholeDecimal = /^&#(\d{1,7});$/
const start =
  /^(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&(?:#(?:\d{1,7}|x[0-9a-f]{0,6})?)?)$/i
/** `\/`, `\n`, `\t`: one character stands for another, and none of them is a digit. */
const short = /^\\[^ux]$/

export class EscapeReader {
  readonly #sink: (code: number) => void
  #held = ''

  constructor(sink: (code: number) => void) {
    this.#sink = sink
  }

  push(code: number): void {
    if (this.#held === '') {
      if (code !== PERCENT && code !== BACKSLASH && code !== AMPERSAND) return this.#sink(code)
      this.#held = String.fromCharCode(code)
      return
    }
    this.#held += String.fromCharCode(code)
    this.#settle()
  }

  end(): void {
    this.#release(this.#held.length)
  }

  #settle(): void {
    const held = this.#held
    const hex = whole.exec(held)
    const decimal = wholeDecimal.exec(held)
    const digits = hex?.[1] ?? hex?.[2] ?? hex?.[3] ?? hex?.[4]
    if (digits !== undefined || decimal) {
      this.#held = ''
      return this.#sink(digits === undefined ? Number(decimal?.[1]) : Number.parseInt(digits, 16))
    }
    if (short.test(held)) {
      this.#held = ''
      const last = held.charCodeAt(1)
      return this.#sink(/[nrt]/.test(held) ? 0x20 : last)
    }
    if (!start.test(held)) this.#release(1)
  }

  /** Passes the first characters on, and reads the rest again. */
  #release(count: number): void {
    const held = this.#held
    this.#held = ''
    for (let at = 0; at < count; at++) this.#sink(held.charCodeAt(at))
    for (let at = count; at < held.length; at++) this.push(held.charCodeAt(at))
  }
}
