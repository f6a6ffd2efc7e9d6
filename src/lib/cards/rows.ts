/**
 * Finds long rows of bytes that could hold a card number: in what numbers are written with, and in
 * base64. A large piece is first looked through by vector instructions, 64 bytes at a time, which
 * say where a row could be (`rows.wat`); a small one, and what they point at, byte by byte: if the
 * byte that would be the last of a row cannot be part of one, nothing before it is read.
 *
 * @module
 */
import { BASE64, classes, NUMERIC } from './classes.ts'
import { CARD_DIGITS_MIN } from './number.ts'

/** A kind of rows: the class of their bytes, and the length from which on they matter. */
export type RowKind = { readonly bit: number; readonly min: number }
export type OnRow = (start: number, end: number) => void

export const numericRows: RowKind = { bit: NUMERIC, min: CARD_DIGITS_MIN }
/** Shortest base64 that can hold a number. */
export const base64Rows: RowKind = { bit: BASE64, min: 19 }

/** From here on copying a piece to where vectors reach it costs less than it saves. */
const VECTOR_MIN = 512
const BLOCK_SIZE = 64
/** As `rows.wat` has it. */
const INPUT_MAX = 256 * 1024
const FOUND_AT = INPUT_MAX + BLOCK_SIZE
/** Of no row. */
const NEITHER = 1

/** `rows.wat`, compiled. */
export const program: string =
  'AGFzbQEAAAABGARgA3t7ewF+YAJ+fgF+YAF+AX5gAX8BfwMGBQABAQIDBQMBAAUHEQIGbWVtb3J5AgAEcm93cwAECpoG' +
  'BSMA/QwAAAAAAAAAAAAAAAAAAAAAIAEgAiAA/Q79Tv0j/WStCw8AIABCf4V5IAFCf4V6fAsKACAAIAAgAYiDCxAAIABC' +
  'ARACQgIQAkIEEAILxwUDBH8EfgN7AkADQCABIABPDQEgAUEGdCEEIAT9AAQAIQkgCf0MDw8PDw8PDw8PDw8PDw8PD/1O' +
  'IQr9DAEABAgQIECAAAACAAIAAAAgCUEE/Y0B/QwPDw8PDw8PDw8PDw8PDw8P/U79DiELIAogC/0MD1jaXNj8XAioCQEN' +
  'IQVEJBAAIQUgCiAL/Qyo+Pj4+Pj4+Pj48VRQVVB0EAAhByAE/QAEECEJIAn9DA8PDw8PDw8PDw8PDw8PDw/9TiEK/QwB' +
  'AAQIECBAgAAAAgACAAAAIAlBBP2NAf0MDw8PDw8PDw8PDw8PDw8PD/1O/Q4hCyAFIAogC/0MD1jaXNj8XAioCQENIQVE' +
  'JBAAQhCGhCEFIAcgCiAL/Qyo+Pj4+Pj4+Pj48VRQVVB0EABCEIaEIQcgBP0ABCAhCSAJ/QwPDw8PDw8PDw8PDw8PDw8P' +
  '/U4hCv0MAQAECBAgQIAAAAIAAgAAACAJQQT9jQH9DA8PDw8PDw8PDw8PDw8PDw/9Tv0OIQsgBSAKIAv9DA9Y2lzY/FwI' +
  'qAkBDSEFRCQQAEIghoQhBSAHIAogC/0MqPj4+Pj4+Pj4+PFUUFVQdBAAQiCGhCEHIAT9AAQwIQkgCf0MDw8PDw8PDw8P' +
  'Dw8PDw8PD/1OIQr9DAEABAgQIECAAAACAAIAAAAgCUEE/Y0B/QwPDw8PDw8PDw8PDw8PDw8P/U79DiELIAUgCiAL/QwP' +
  'WNpc2PxcCKgJAQ0hBUQkEABCMIaEIQUgByAKIAv9DKj4+Pj4+Pj4+PjxVFBVUHQQAEIwhoQhByAFQn+FIQUgB0J/hSEH' +
  'IAYgBRABQg5aQgAgBRADQgYQAlJyIAggBxABQhNaQgAgBxADQggQAkIDEAJSckEBdHIhAyADBEAgAkECdCADIAFBAnRy' +
  'NgLAgBAgAkEBaiECCyAFIQYgByEIIAFBAWohAQwACwsgAgs='

type Finder = {
  readonly memory: Uint8Array
  readonly found: Uint32Array
  readonly rows: (blocks: number) => number
}

/** As much of the global as is used here; the types of Node.js have none of it. */
type Assembly = {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => {
    readonly exports: {
      readonly memory: { readonly buffer: ArrayBuffer }
      readonly rows: Finder['rows']
    }
  }
}

const finder = openFinder()

/** Where rows could be in some bytes, so that each kind of them is found without reading all. */
export class RowFinder {
  readonly #bytes: Uint8Array
  /** Block times 4, and bits: 1 numeric, 2 base64. Undefined: anywhere. */
  readonly #blocks: Uint32Array | undefined

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#blocks = finder && bytes.length >= VECTOR_MIN ? blocksOf(bytes, finder) : undefined
  }

  /** Tells each row of a kind, in order. */
  each(kind: RowKind, onRow: OnRow): void {
    const bytes = this.#bytes
    if (!this.#blocks) return void rowsBetween(bytes, 0, bytes.length, kind, onRow)
    const bit = kind.bit === NUMERIC ? 1 : 2
    let done = 0
    for (const block of this.#blocks) {
      const start = (block >>> 2) * BLOCK_SIZE
      const end = start + BLOCK_SIZE
      if ((block & bit) === 0 || done >= end) continue
      let from = Math.max(done, start)
      while (from > done && (classes[bytes[from - 1]!]! & kind.bit) !== 0) from--
      done = rowsBetween(bytes, from, end, kind, onRow)
    }
  }
}

/**
 * Tells each row that begins in a range, reading as few bytes as will do.
 *
 * @returns Up to where nothing is left to be found.
 */
export function rowsBetween(
  bytes: Uint8Array,
  from: number,
  to: number,
  { bit, min }: RowKind,
  onRow: OnRow,
): number {
  const { length } = bytes
  let start = from
  while (start < to && start + min <= length) {
    let at = start + min - 1
    while (at >= start && (classes[bytes[at]!]! & bit) !== 0) at--
    if (at >= start) {
      start = at + 1
      continue
    }
    let end = start + min
    while (end < length && (classes[bytes[end]!]! & bit) !== 0) end++
    onRow(start, end)
    start = end + 1
  }
  return start
}

/** Large pieces in parts; a part begins with the block that the one before ended with. */
function blocksOf(bytes: Uint8Array, { memory, found, rows }: Finder): Uint32Array {
  const all: number[] = []
  for (let at = 0; at < bytes.length; at += INPUT_MAX - BLOCK_SIZE) {
    const part = at === 0 && bytes.length <= INPUT_MAX ? bytes : bytes.subarray(at, at + INPUT_MAX)
    memory.set(part)
    memory.fill(NEITHER, part.length, part.length + BLOCK_SIZE)
    const count = rows(Math.ceil(part.length / BLOCK_SIZE))
    const first = (at / BLOCK_SIZE) * 4
    if (part === bytes) return found.slice(0, count)
    for (let place = 0; place < count; place++) all.push(found[place]! + first)
  }
  return Uint32Array.from(all)
}

/** Undefined on a machine without vector instructions, or where a process may reserve no memory. */
function openFinder(): Finder | undefined {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: Assembly }
  try {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(Buffer.from(program, 'base64')),
    )
    const { buffer } = exports.memory
    return {
      memory: new Uint8Array(buffer),
      found: new Uint32Array(buffer, FOUND_AT),
      rows: exports.rows,
    }
  } catch {
    return undefined
  }
}
