/**
 * What each byte may be part of, for the look for card numbers.
 *
 * @module
 */

export const DIGIT: number = 1
/** Digits, separators, and what escapes are made of. */
export const NUMERIC: number = 2
export const BASE64: number = 4
/** What a digit of the number leaves in base64, wherever it stands among its three bytes. */
export const DIGIT_IN_BASE64: number = 8
/** Begins an escape. */
export const ESCAPE: number = 16
export const SEPARATOR: number = 32

/** Byte → the classes it is of, as bits. */
export const classes: Uint8Array = (() => {
  const table = new Uint8Array(256)
  const mark = (bit: number, bytes: Iterable<number>): void => {
    for (const byte of bytes) table[byte]! |= bit
  }
  const digits = Buffer.from('0123456789')
  const separators = Buffer.from(' \t\n\v\f\r-./_+\u00a0\u00c2', 'latin1')
  mark(DIGIT | NUMERIC, digits)
  mark(SEPARATOR | NUMERIC, separators)
  mark(NUMERIC, [0]) // UTF-16 puts one between any two ASCII characters
  mark(ESCAPE | NUMERIC, Buffer.from('%\\&'))
  mark(NUMERIC, Buffer.from('#;abcdefABCDEFuUxXnrt'))
  mark(
    BASE64,
    Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/-_\r\n'),
  )
  mark(DIGIT_IN_BASE64, Buffer.from('MNODTjzwxyz012345'))
  return table
})()
