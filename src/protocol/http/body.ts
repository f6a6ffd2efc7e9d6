/**
 * HTTP/1.1 message bodies, strictly: bytes in, content out, and where the body ends.
 *
 * Chunk extensions are read, checked, bounded and dropped: nothing we forward depends on them, and
 * they are where parsers disagree. Trailer fields are read as strictly, and kept.
 *
 * Source: RFC 9112 §6–7.
 *
 * @module
 */
import assert from 'node:assert/strict'
import { ProtocolError } from '#lib/errors.ts'
import type { BodyKind, FlatHeaders } from './head.ts'

const CR = 13
const LF = 10
const TAB = 9
const SPACE = 32
const DELETE = 127
const SEMICOLON = 59
const COLON = 58

/** Hexadecimal digits of a chunk size: below 2^52, so that no sum loses a bit. */
const SIZE_DIGITS_MAX = 13
const EXTENSION_MAX = 256
const TRAILERS_MAX = 8 * 1024
/** Beyond, as with too many bytes, it is no trailer but an attack. */
const TRAILER_COUNT_MAX = 64
const none: FlatHeaders = []

// prettier-ignore
type TrailerState = 'line' | 'name' | 'value' | 'line-lf' | 'last-lf'
// prettier-ignore
type State =
  | 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | TrailerState | 'done'

/** Reads one body. The content never depends on how the bytes were chunked. */
export class BodyReader {
  readonly #kind: BodyKind
  #remaining: number
  #state: State
  #digits = 0
  #spent = 0
  #trailers: string[] | undefined
  #name = ''
  #text = ''

  /** @param length Bytes, when `kind` is 'length'. */
  constructor(kind: BodyKind, length: number) {
    this.#kind = kind
    this.#remaining = kind === 'length' ? length : 0
    this.#state = kind === 'none' || (kind === 'length' && length === 0) ? 'done' : 'size'
  }

  /** Whether the body has ended; bytes after it belong to the next message. */
  get done(): boolean {
    return this.#state === 'done'
  }

  /** Fields after a chunked body, once it is done; names in lower case. */
  get trailers(): FlatHeaders {
    return this.#trailers ?? none
  }

  /**
   * Takes bytes from `start` on and hands the content among them to `sink`, in order.
   *
   * @returns Where the bytes after the body begin in `chunk`.
   * @throws {ProtocolError} HTTP_CHUNK_INVALID or HTTP_TRAILER_INVALID, after the content before
   *   the fault was delivered.
   */
  push(chunk: Buffer, start: number, sink: (content: Buffer) => void): number {
    if (this.#state === 'done') return start
    if (this.#kind === 'chunked') return this.#pushChunked(chunk, start, sink)
    if (this.#kind === 'until-close') {
      if (start < chunk.length) sink(start === 0 ? chunk : chunk.subarray(start))
      return chunk.length
    }
    const end = Math.min(chunk.length, start + this.#remaining)
    this.#remaining -= end - start
    if (this.#remaining === 0) this.#state = 'done'
    if (end > start) sink(start === 0 && end === chunk.length ? chunk : chunk.subarray(start, end))
    return end
  }

  /**
   * The connection has ended.
   *
   * @throws {ProtocolError} HTTP_BODY_CUT when the body has not.
   */
  end(): void {
    if (this.#kind === 'until-close') this.#state = 'done'
    if (this.#state !== 'done') throw new ProtocolError('HTTP_BODY_CUT', 'the body is cut short')
  }

  #pushChunked(chunk: Buffer, start: number, sink: (content: Buffer) => void): number {
    let at = start
    while (at < chunk.length) {
      if (this.#state === 'data') {
        const end = Math.min(chunk.length, at + this.#remaining)
        this.#remaining -= end - at
        if (this.#remaining === 0) this.#state = 'data-cr'
        sink(chunk.subarray(at, end))
        at = end
        continue
      }
      this.#step(chunk[at++]!)
      if (this.#state === 'done') return at
    }
    return at
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#takeSize(byte)
      case 'extension':
        if (byte === CR) this.#state = 'size-lf'
        else if (!isText(byte) || ++this.#spent > EXTENSION_MAX) throw chunkInvalid('extension')
        return
      case 'size-lf':
        if (byte !== LF) throw chunkInvalid('a CR without its LF')
        this.#state = this.#remaining > 0 ? 'data' : 'line'
        this.#digits = this.#spent = 0
        return
      case 'data-cr':
        if (byte !== CR) throw chunkInvalid('more data than announced')
        this.#state = 'data-lf'
        return
      case 'data-lf':
        if (byte !== LF) throw chunkInvalid('a CR without its LF')
        this.#state = 'size'
        return
      case 'line':
      case 'name':
      case 'value':
      case 'line-lf':
      case 'last-lf':
        return this.#takeTrailer(this.#state, byte)
      case 'data':
      case 'done':
        assert.fail('not read byte by byte')
    }
  }

  #takeSize(byte: number): void {
    const digit = hexValue(byte)
    if (digit >= 0) {
      if (++this.#digits > SIZE_DIGITS_MAX) throw chunkInvalid('a size beyond all bounds')
      this.#remaining = this.#remaining * 16 + digit
      return
    }
    if (this.#digits === 0) throw chunkInvalid('a size without digits')
    if (byte === CR) this.#state = 'size-lf'
    else if (byte === SEMICOLON) this.#state = 'extension'
    else throw chunkInvalid('a size that is not hexadecimal')
  }

  #takeTrailer(state: TrailerState, byte: number): void {
    if (++this.#spent > TRAILERS_MAX) throw trailerInvalid(`more than ${TRAILERS_MAX} bytes`)
    switch (state) {
      case 'line':
        if (byte === CR) this.#state = 'last-lf'
        else if (isToken(byte)) this.#beginTrailer(byte)
        else throw trailerInvalid('a name is not a token')
        return
      case 'name':
        if (byte === COLON) this.#state = 'value'
        else if (!isToken(byte)) throw trailerInvalid('a name is not a token')
        else this.#name += String.fromCharCode(byte)
        return
      case 'value':
        if (byte === CR) this.#state = 'line-lf'
        else if (!isText(byte)) throw trailerInvalid('a control character')
        else this.#text += String.fromCharCode(byte)
        return
      case 'line-lf':
      case 'last-lf':
        if (byte !== LF) throw trailerInvalid('a CR without its LF')
        this.#state = state === 'last-lf' ? 'done' : 'line'
        if (state === 'line-lf') this.#endTrailer()
    }
  }

  #beginTrailer(byte: number): void {
    this.#state = 'name'
    this.#name = String.fromCharCode(byte)
    this.#text = ''
  }

  #endTrailer(): void {
    const trailers = (this.#trailers ??= [])
    if (trailers.length >= 2 * TRAILER_COUNT_MAX) throw trailerInvalid('too many of them')
    trailers.push(this.#name.toLowerCase(), this.#text.trim())
  }
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const letter = byte | 32
  return letter >= 97 && letter <= 102 ? letter - 87 : -1
}

function isText(byte: number): boolean {
  return (byte >= SPACE && byte !== DELETE) || byte === TAB
}

const tokenBytes: ReadonlySet<number> = new Set(
  Buffer.from("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"),
)

function isToken(byte: number): boolean {
  return tokenBytes.has(byte)
}

function chunkInvalid(message: string): ProtocolError {
  return new ProtocolError('HTTP_CHUNK_INVALID', message)
}

function trailerInvalid(message: string): ProtocolError {
  return new ProtocolError('HTTP_TRAILER_INVALID', message)
}
