/**
 * Canonical JSON: one value, one sequence of bytes, so that a signature means one thing.
 *
 * The form of RFC 8785 (JCS), restricted to integers: evidence needs no fractions, and a verifier
 * in another language then needs no ECMAScript number formatting.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Deeper nesting than this is refused: nothing of ours has it, and recursion must end. */
const DEPTH_MAX = 32

/**
 * The canonical text of a value.
 *
 * @throws {ProtocolError} JSON_NOT_CANONICAL for fractions, unsafe integers, lone surrogates and
 *   nesting deeper than 32.
 */
export function canonicalJson(value: Json): string {
  return write(value, 0)
}

/** The canonical form in bytes. @throws {ProtocolError} As `canonicalJson`. */
export function canonicalBytes(value: Json): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value))
}

/**
 * Reads JSON that must already be canonical, byte for byte.
 *
 * @throws {ProtocolError} JSON_NOT_CANONICAL when it is not, JSON_INVALID when it is not JSON.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  let text: string
  let value: Json
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text) as Json
  } catch (error) {
    throw new ProtocolError('JSON_INVALID', 'not JSON in UTF-8', { cause: error })
  }
  if (canonicalJson(value) !== text) {
    throw new ProtocolError('JSON_NOT_CANONICAL', 'the bytes are not in canonical form')
  }
  return value
}

function write(value: Json, depth: number): string {
  if (depth > DEPTH_MAX) throw refuse(`nested deeper than ${DEPTH_MAX}`)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return writeInteger(value)
  if (typeof value === 'string') return writeString(value)
  if (isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`
  // Array.sort compares UTF-16 code units, as RFC 8785 §3.2.3 demands.
  const members = Object.keys(value)
    .sort()
    .map((name) => `${writeString(name)}:${write(value[name] ?? null, depth + 1)}`)
  return `{${members.join(',')}}`
}

// Array.isArray alone does not narrow a readonly array.
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function writeInteger(value: number): string {
  if (!Number.isSafeInteger(value)) throw refuse(`${value} is not an exact integer`)
  return String(Object.is(value, -0) ? 0 : value)
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw refuse('a lone surrogate')
  return JSON.stringify(value) // ECMAScript's escapes are those of RFC 8785 §3.2.2.2
}

function refuse(why: string): ProtocolError {
  return new ProtocolError('JSON_NOT_CANONICAL', why)
}
