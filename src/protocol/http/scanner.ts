/**
 * Finds the end of a message head in a stream of bytes, and refuses what no head may hold.
 *
 * Bytes are judged one after another, so the verdict never depends on how they were chunked, and a
 * peer that sends garbage slowly hears of it at the first wrong byte.
 *
 * Source: RFC 9112 §2.2 (line endings), §3 (request line), §5 (field lines).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import type { HeadLimits } from './head.ts'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const DELETE = 127

const KEPT_MIN = 1024

/** One head after another on one connection. */
export class HeadScanner {
  readonly #limits: HeadLimits
  readonly #checkStartLine: ((line: string) => void) | undefined
  #kept: Buffer | undefined
  #size = 0
  #startLineSize = 0
  #lineSize = 0
  #afterCr = false
  #emptyLineSkipped = false
  #head = ''

  /**
   * @param checkStartLine Called with the start line as soon as it is whole; what it throws, `push`
   *   throws.
   */
  constructor(limits: HeadLimits, checkStartLine?: (line: string) => void) {
    this.#limits = limits
    this.#checkStartLine = checkStartLine
  }

  /** Whether a head has begun and is not whole. */
  get begun(): boolean {
    return this.#size > 0
  }

  /** The head found last: Latin-1 text without the empty line at its end. */
  get head(): string {
    return this.#head
  }

  /**
   * Takes bytes from `start` on.
   *
   * @returns Where the bytes after the head begin in `chunk`, or -1 when it is not whole yet.
   * @throws {ProtocolError} HTTP_CHARACTER_INVALID (a control character, a bare CR or LF),
   *   HTTP_START_LINE_TOO_LONG, HTTP_HEAD_TOO_LARGE, or what `checkStartLine` threw.
   */
  push(chunk: Buffer, start: number): number {
    let from = start
    const { headMax, startLineMax } = this.#limits
    for (let at = start; at < chunk.length; at++) {
      const byte = chunk[at]!
      if (++this.#size > headMax) {
        throw new ProtocolError('HTTP_HEAD_TOO_LARGE', `more than ${headMax} bytes`)
      }
      if (this.#afterCr) {
        if (byte !== LF) throw character('a CR without its LF')
        this.#afterCr = false
        if (this.#lineSize === 0) {
          if (this.#startLineSize > 0) return this.#finish(chunk, from, at + 1)
          this.#skipEmptyLine()
          from = at + 1
        } else if (this.#startLineSize === 0) {
          this.#startLineSize = this.#lineSize
          this.#checkStartLine?.(this.#text(chunk, from, at + 1).slice(0, -2))
        }
        this.#lineSize = 0
      } else if (byte === CR) {
        this.#afterCr = true
      } else if ((byte < SPACE && byte !== TAB) || byte === DELETE) {
        throw character(byte === LF ? 'a LF without its CR' : `byte ${byte}`)
      } else if (++this.#lineSize > startLineMax && this.#startLineSize === 0) {
        throw new ProtocolError('HTTP_START_LINE_TOO_LONG', `more than ${startLineMax} bytes`)
      }
    }
    this.#keep(chunk, from)
    return -1
  }

  /** One empty line before a head is ignored, as RFC 9112 §2.2 asks: old clients end so. */
  #skipEmptyLine(): void {
    if (this.#emptyLineSkipped) throw character('an empty line where a head begins')
    this.#emptyLineSkipped = true
    this.#size = 0
  }

  #finish(chunk: Buffer, from: number, end: number): number {
    const text = this.#text(chunk, from, end)
    this.#head = text.slice(0, -4) // the last line's end, and the empty line
    this.#kept = undefined
    this.#size = this.#startLineSize = this.#lineSize = 0
    this.#emptyLineSkipped = false
    return end
  }

  /** All text of this head so far; `chunk` from `from` to `to` is its newest part. */
  #text(chunk: Buffer, from: number, to: number): string {
    const now = chunk.toString('latin1', from, to)
    return this.#kept ? this.#kept.toString('latin1', 0, this.#size - (to - from)) + now : now
  }

  // Doubling, not the limit: one byte must not buy 32 KiB of our memory.
  #keep(chunk: Buffer, from: number): void {
    const size = this.#size
    const before = size - (chunk.length - from)
    if (!this.#kept || this.#kept.length < size) {
      const grown = Buffer.allocUnsafeSlow(Math.max(KEPT_MIN, 2 * size))
      this.#kept?.copy(grown, 0, 0, before)
      this.#kept = grown
    }
    chunk.copy(this.#kept, before, from)
  }
}

function character(what: string): ProtocolError {
  return new ProtocolError('HTTP_CHARACTER_INVALID', what)
}
