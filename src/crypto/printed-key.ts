/**
 * Secret seeds on paper: symbols nobody confuses, and a check that catches any slip of the pen.
 *
 * Source: docs/formats/repository.md §1.2. The alphabet is Crockford's base 32.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import { concatBytes, equalBytes } from '#lib/byte-fields.ts'
import { UsageError } from '#lib/errors.ts'
import { SEED_SIZE } from './key-wrap.ts'

/** What each kind of key is called. */
const KINDS = {
  'VEILIG-RECOVERY-1': 'recovery',
  'VEILIG-VERIFIER-1': 'verifier',
  'VEILIG-SUBJECTS-1': 'class',
} as const

export type PrintedKind = keyof typeof KINDS

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const CHECK_SIZE = 5
const SYMBOLS = 60
const GROUP = 5

export function printKey(kind: PrintedKind, seed: Uint8Array): string {
  const bytes = concatBytes([seed, checkOf(kind, seed)])
  let bits = 0n
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte)
  bits <<= BigInt(SYMBOLS * 5 - bytes.length * 8)
  let text = ''
  for (let at = SYMBOLS - 1; at >= 0; at--) text += ALPHABET[Number((bits >> BigInt(at * 5)) & 31n)]
  const groups = Array.from({ length: SYMBOLS / GROUP }, (_, at) =>
    text.slice(at * GROUP, (at + 1) * GROUP),
  )
  return `${kind} ${groups.join('-')}`
}

/**
 * @returns The seed.
 * @throws {UsageError} KEY_NOT_READABLE: another kind of key, a wrong symbol, or a slip.
 */
export function readPrintedKey(kind: PrintedKind, text: string): Uint8Array {
  const cleaned = text.trim().toUpperCase()
  if (!cleaned.startsWith(kind)) throw notReadable(kind, `it does not begin with ${kind}`)
  const symbols = cleaned
    .slice(kind.length)
    .replace(/[\s-]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  if (symbols.length !== SYMBOLS) {
    throw notReadable(kind, `it has ${symbols.length} symbols, not ${SYMBOLS}`)
  }
  let bits = 0n
  for (const symbol of symbols) {
    const value = ALPHABET.indexOf(symbol)
    if (value < 0) throw notReadable(kind, `the symbol ${symbol} is not used in keys`)
    bits = (bits << 5n) | BigInt(value)
  }
  const size = SEED_SIZE + CHECK_SIZE
  const spare = BigInt(SYMBOLS * 5 - size * 8)
  const bytes = Uint8Array.from({ length: size }, (_, at) =>
    Number((bits >> (spare + BigInt((size - 1 - at) * 8))) & 255n),
  )
  const seed = bytes.subarray(0, SEED_SIZE)
  const strayBits = bits & ((1n << spare) - 1n)
  if (strayBits !== 0n || !equalBytes(bytes.subarray(SEED_SIZE), checkOf(kind, seed))) {
    throw notReadable(kind, 'its check does not match; one symbol or more was copied wrongly')
  }
  return seed.slice()
}

function checkOf(kind: PrintedKind, seed: Uint8Array): Uint8Array {
  return createHash('sha256').update(`${kind} `).update(seed).digest().subarray(0, CHECK_SIZE)
}

function notReadable(kind: PrintedKind, why: string): UsageError {
  return new UsageError('KEY_NOT_READABLE', `this is not a ${KINDS[kind]} key: ${why}`)
}
