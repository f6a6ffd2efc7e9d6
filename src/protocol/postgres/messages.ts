/**
 * The frontend messages the gateway must understand, read from their held bytes.
 *
 * Names are turned into Latin-1 strings, because that loses no byte: two names that differ in an
 * invalid byte must not become one. PostgreSQL keys statements and portals by their first 63 bytes
 * (NAMEDATALEN - 1), so do we.
 *
 * Source: PostgreSQL documentation, "Message Formats".
 *
 * @module
 */
import { createHash, hash, type Hash } from 'node:crypto'
import { ProtocolError } from '#lib/errors.ts'

const NAME_SIZE_MAX = 63

/** SQL as it came: the bytes kept, the size of the whole, and the SHA-256 of the whole. */
export type RawText = {
  readonly name: string
  readonly kept: Uint8Array
  readonly size: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/** @throws {ProtocolError} PG_TEXT_NUL when a zero byte hides what follows it. */
export function readQuery(body: Uint8Array): RawText {
  const end = body.indexOf(0)
  if (end === -1) throw malformed('Query without its terminator')
  if (end !== body.length - 1) throw nulInside('Query')
  return text('', body.subarray(0, end))
}

/** @throws {ProtocolError} PG_MESSAGE_INVALID when the parts do not add up to the body. */
export function readParse(body: Uint8Array): RawText {
  const nameEnd = terminator(body, 0)
  const textEnd = terminator(body, nameEnd + 1)
  checkParameterTypes(body.subarray(textEnd + 1), body.length - textEnd - 1)
  return text(nameOf(body, 0, nameEnd), body.subarray(nameEnd + 1, textEnd))
}

export type Bind = {
  readonly portal: string
  readonly statement: string
  readonly parameters: number
}

/** Reads what precedes a Bind's values; the values are nobody's business but PostgreSQL's. */
export function readBind(head: Uint8Array): Bind {
  const portalEnd = terminator(head, 0)
  const statementEnd = terminator(head, portalEnd + 1)
  const formats = uint16(head, statementEnd + 1)
  const parameters = uint16(head, statementEnd + 3 + 2 * formats)
  return {
    portal: nameOf(head, 0, portalEnd),
    statement: nameOf(head, portalEnd + 1, statementEnd),
    parameters,
  }
}

/** The portal an Execute runs. */
export function readExecute(body: Uint8Array): string {
  const end = terminator(body, 0)
  if (body.length !== end + 5) throw malformed('Execute of a wrong length')
  return nameOf(body, 0, end)
}

/** What a Describe or Close is about. */
export function readTarget(body: Uint8Array): { kind: 'statement' | 'portal'; name: string } {
  const end = terminator(body, 1)
  if (body.length !== end + 1) throw malformed('Describe or Close of a wrong length')
  if (body[0] === 0x53) return { kind: 'statement', name: nameOf(body, 1, end) }
  if (body[0] === 0x50) return { kind: 'portal', name: nameOf(body, 1, end) }
  throw malformed('Describe or Close of neither a statement nor a portal')
}

/** Follows a Query or Parse longer than the cap: hashes what passes, keeps only its beginning. */
export class LongText {
  readonly #isParse: boolean
  readonly #name: string
  readonly #hash: Hash = createHash('sha256')
  readonly #kept: Uint8Array
  #size = 0
  #ended = false
  #tail = new Uint8Array(2)
  #tailSize = 0

  /** @param head The held beginning of the body. @throws {ProtocolError} As `push`. */
  constructor(message: 'Query' | 'Parse', head: Uint8Array) {
    this.#isParse = message === 'Parse'
    const start = this.#isParse ? terminator(head, 0) + 1 : 0
    this.#name = this.#isParse ? nameOf(head, 0, start - 1) : ''
    this.push(head.subarray(start))
    this.#kept = Uint8Array.from(head.subarray(start, start + this.#size))
  }

  /** @throws {ProtocolError} PG_TEXT_NUL. */
  push(bytes: Uint8Array): void {
    if (this.#ended) return this.#pushTail(bytes)
    const end = bytes.indexOf(0)
    const part = end === -1 ? bytes : bytes.subarray(0, end)
    this.#hash.update(part)
    this.#size += part.length
    if (end === -1) return
    this.#ended = true
    this.#pushTail(bytes.subarray(end + 1))
  }

  /** @throws {ProtocolError} PG_MESSAGE_INVALID when the parts do not add up to the body. */
  end(): RawText {
    if (!this.#ended) throw malformed('SQL text without its terminator')
    if (this.#isParse) checkParameterTypes(this.#tail, this.#tailSize)
    return {
      name: this.#name,
      kept: this.#kept,
      size: this.#size,
      sha256: this.#hash.digest('hex'),
    }
  }

  /**
   * What is known of a text that will not be followed: no digest, and the size its frame announces.
   *
   * @param bodySize Bytes of the whole body.
   */
  beginning(bodySize: number): RawText {
    const around = this.#isParse ? this.#name.length + 4 : 1
    return { name: this.#name, kept: this.#kept, size: bodySize - around, sha256: '' }
  }

  #pushTail(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    if (!this.#isParse) throw nulInside('Query')
    for (let at = 0; this.#tailSize + at < 2 && at < bytes.length; at++) {
      this.#tail[this.#tailSize + at] = bytes[at] ?? 0
    }
    this.#tailSize += bytes.length
  }
}

function text(name: string, bytes: Uint8Array): RawText {
  return { name, kept: bytes, size: bytes.length, sha256: hash('sha256', bytes, 'hex') }
}

/** A Parse ends in a count and as many type OIDs; a NUL in its text would show here. */
function checkParameterTypes(tail: Uint8Array, size: number): void {
  if (size < 2 || size !== 2 + 4 * uint16(tail, 0)) throw malformed('Parse of a wrong length')
}

/** Index of the zero byte that ends the string beginning at `from`. */
function terminator(bytes: Uint8Array, from: number): number {
  if (bytes[from] === 0) return from
  const end = bytes.indexOf(0, from)
  if (end === -1) throw malformed('a string without its terminator')
  return end
}

function nameOf(bytes: Uint8Array, start: number, end: number): string {
  let name = ''
  const stop = Math.min(end, start + NAME_SIZE_MAX)
  for (let at = start; at < stop; at++) name += String.fromCharCode(bytes[at] ?? 0)
  return name
}

function uint16(bytes: Uint8Array, at: number): number {
  const high = bytes[at]
  const low = bytes[at + 1]
  if (high === undefined || low === undefined) throw malformed('a count is missing')
  return (high << 8) | low
}

function malformed(message: string): ProtocolError {
  return new ProtocolError('PG_MESSAGE_INVALID', message)
}

function nulInside(message: string): ProtocolError {
  return new ProtocolError('PG_TEXT_NUL', `zero byte inside the text of a ${message}`)
}
