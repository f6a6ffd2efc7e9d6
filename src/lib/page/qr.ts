/**
 * A QR code as an SVG path: byte mode, error correction L, versions 1 to 10 (up to 271 bytes).
 *
 * Pure, so that a secret never leaves the page that shows it.
 *
 * Source: ISO/IEC 18004:2015; the numbers in brackets are its clauses.
 *
 * @module
 */
import assert from 'node:assert/strict'

/** For level L by version: code words of data in all, of correction in each block, and blocks. */
const sizes: readonly (readonly [data: number, correction: number, blocks: number])[] = [
  [19, 7, 1],
  [34, 10, 1],
  [55, 15, 1],
  [80, 20, 1],
  [108, 26, 1],
  [136, 18, 2],
  [156, 20, 2],
  [194, 24, 2],
  [232, 30, 2],
  [274, 18, 4],
]
/** Middles of the alignment patterns by version (annex E). */
const alignments: readonly (readonly number[])[] = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
]
/** Which cells are turned over (7.8.2). */
const masks: readonly ((row: number, column: number) => boolean)[] = [
  (i, j) => (i + j) % 2 === 0,
  (i) => i % 2 === 0,
  (_, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
]

/** Cells around it that stay light (9.1). */
const QUIET = 4

/** Side of the picture in cells, and the path of its dark cells, each one unit wide. */
export type QrCode = { readonly side: number; readonly path: string }

/** Longest text that fits, in bytes of UTF-8. */
export const QR_BYTES_MAX = 271

/** @param text At most `QR_BYTES_MAX`; more is a bug. */
export function qrCode(text: string): QrCode {
  const cells = qrCells(text)
  const runs = cells.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x + QUIET} ${y + QUIET}h1v1h-1z`] : [])),
  )
  return { side: cells.length + 2 * QUIET, path: runs.join('') }
}

/** Rows of cells, true for dark, without the margin. */
export function qrCells(text: string): readonly (readonly boolean[])[] {
  const bytes = new TextEncoder().encode(text)
  const version = 1 + sizes.findIndex(([data], at) => bytes.length + headBytes(at + 1) <= data)
  assert(version > 0, 'too long for a QR code of version 10')
  const grid = new Grid(version)
  grid.place(wordsOf(bytes, version))
  return grid.masked()
}

/** Mode and length, and the end mark's first half byte. */
function headBytes(version: number): number {
  return version < 10 ? 2 : 3
}

/** Data and correction, in blocks, woven (7.4 to 7.6). */
function wordsOf(bytes: Uint8Array, version: number): number[] {
  const [data = 0, correction = 0, blocks = 1] = sizes[version - 1] ?? []
  const lengthBits = version < 10 ? 8 : 16
  const bits = `0100${bytes.length.toString(2).padStart(lengthBits, '0')}${[...bytes]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')}0000`
  const words = (bits.match(/.{1,8}/g) ?? []).map((part) => Number.parseInt(part.padEnd(8, '0'), 2))
  for (let pad = 0xec; words.length < data; pad ^= 0xec ^ 0x11) words.push(pad)
  const short = Math.floor(data / blocks)
  const shorts = blocks - (data % blocks)
  let at = 0
  const pieces = Array.from({ length: blocks }, (_, block) => {
    const piece = words.slice(at, (at += short + (block < shorts ? 0 : 1)))
    return { piece, check: correctionOf(piece, correction) }
  })
  const woven: number[] = []
  for (let index = 0; index <= short; index++)
    for (const { piece } of pieces) if (index < piece.length) woven.push(piece[index] ?? 0)
  for (let index = 0; index < correction; index++)
    for (const { check } of pieces) woven.push(check[index] ?? 0)
  return woven
}

/** Product in GF(256) modulo x⁸ + x⁴ + x³ + x² + 1 (7.5.2). */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d)
    product ^= ((b >>> bit) & 1) * a
  }
  return product
}

/** Remainder by the generator whose roots are 1, 2, 4 … 2^(size−1). */
function correctionOf(data: readonly number[], size: number): number[] {
  let generator = [1]
  let root = 1
  for (let at = 0; at < size; at++) {
    const next = [...generator, 0]
    for (const [index, factor] of generator.entries())
      next[index + 1] = (next[index + 1] ?? 0) ^ times(factor, root)
    generator = next
    root = times(root, 2)
  }
  const rest = [...data, ...Array.from({ length: size }, () => 0)]
  for (let at = 0; at < data.length; at++) {
    const factor = rest[at] ?? 0
    for (const [index, part] of generator.entries())
      rest[at + index] = (rest[at + index] ?? 0) ^ times(part, factor)
  }
  return rest.slice(data.length)
}

class Grid {
  readonly #version: number
  readonly #side: number
  readonly #dark: boolean[][]
  /** Cells of the patterns, which hold no data and are not masked. */
  readonly #fixed: boolean[][]

  constructor(version: number) {
    this.#version = version
    this.#side = 17 + 4 * version
    const empty = (): boolean[][] =>
      Array.from({ length: this.#side }, () => Array.from({ length: this.#side }, () => false))
    this.#dark = empty()
    this.#fixed = empty()
    this.#patterns()
  }

  /** Two columns at a time from the right, up and down in turn (7.7.3). */
  place(words: readonly number[]): void {
    let at = 0
    for (let right = this.#side - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5 // the timing column
      const up = ((right + 1) & 2) === 0
      for (let step = 0; step < this.#side; step++) {
        const y = up ? this.#side - 1 - step : step
        for (const x of [right, right - 1]) {
          if (this.#fixed[y]?.[x] !== false) continue
          this.#set(x, y, (((words[at >>> 3] ?? 0) >>> (7 - (at & 7))) & 1) === 1)
          at++
        }
      }
    }
  }

  /** With the mask of the least penalty. */
  masked(): readonly (readonly boolean[])[] {
    const tried = masks.map((turn, mask) => {
      this.#format(mask)
      return this.#dark.map((row, y) =>
        row.map((dark, x) => dark !== (this.#fixed[y]?.[x] === false && turn(y, x))),
      )
    })
    const [first = []] = tried
    return tried.reduce((best, one) => (penalty(one) < penalty(best) ? one : best), first)
  }

  #set(x: number, y: number, dark: boolean): void {
    const row = this.#dark[y]
    if (row && x >= 0 && x < this.#side) row[x] = dark
  }

  #fix(x: number, y: number, dark: boolean): void {
    this.#set(x, y, dark)
    const row = this.#fixed[y]
    if (row && x >= 0 && x < this.#side) row[x] = true
  }

  #patterns(): void {
    const last = this.#side - 1
    for (let at = 0; at <= last; at++) {
      this.#fix(at, 6, at % 2 === 0)
      this.#fix(6, at, at % 2 === 0)
    }
    for (const [x, y] of [
      [3, 3],
      [last - 3, 3],
      [3, last - 3],
    ] as const)
      this.#square(x, y, 4, (ring) => ring !== 2 && ring !== 4)
    const middles = alignments[this.#version - 1] ?? []
    const end = middles.at(-1)
    for (const x of middles)
      for (const y of middles)
        if (!(x === 6 && y === 6) && !(x === 6 && y === end) && !(x === end && y === 6))
          this.#square(x, y, 2, (ring) => ring !== 1)
    this.#format(0)
    if (this.#version >= 7) this.#versionMark()
  }

  #square(x: number, y: number, radius: number, isDark: (ring: number) => boolean): void {
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++)
        this.#fix(x + dx, y + dy, isDark(Math.max(Math.abs(dx), Math.abs(dy))))
  }

  /** Level L and the mask, twice (7.9). */
  #format(mask: number): void {
    const data = (1 << 3) | mask
    let rest = data
    for (let at = 0; at < 10; at++) rest = (rest << 1) ^ ((rest >>> 9) * 0x537)
    const bits = ((data << 10) | rest) ^ 0x5412
    const bit = (at: number): boolean => ((bits >>> at) & 1) === 1
    const last = this.#side - 1
    for (let at = 0; at < 15; at++) {
      // Beside the first finder: down its right side, then along its lower one, past the timing.
      if (at < 8) this.#fix(8, at < 6 ? at : at + 1, bit(at))
      else this.#fix(at === 8 ? 7 : 14 - at, 8, bit(at))
      // And again beside the other two.
      if (at < 8) this.#fix(last - at, 8, bit(at))
      else this.#fix(8, last - 14 + at, bit(at))
    }
    this.#fix(8, last - 7, true)
  }

  /** From version 7 on, twice (7.10). */
  #versionMark(): void {
    let rest = this.#version
    for (let at = 0; at < 12; at++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25)
    const bits = (this.#version << 12) | rest
    for (let at = 0; at < 18; at++) {
      const dark = ((bits >>> at) & 1) === 1
      const [long, short] = [this.#side - 11 + (at % 3), Math.floor(at / 3)]
      this.#fix(long, short, dark)
      this.#fix(short, long, dark)
    }
  }
}

/** How hard it would be to read (7.8.3), without the rule about what looks like a finder. */
function penalty(cells: readonly (readonly boolean[])[]): number {
  const side = cells.length
  const at = (x: number, y: number): boolean => cells[y]?.[x] === true
  let sum = 0
  let dark = 0
  for (let one = 0; one < side; one++) {
    for (const look of [(two: number) => at(two, one), (two: number) => at(one, two)]) {
      let run = 1
      for (let two = 1; two < side; two++) {
        run = look(two) === look(two - 1) ? run + 1 : 1
        if (run === 5) sum += 3
        else if (run > 5) sum += 1
      }
    }
    for (let two = 0; two < side; two++) {
      if (at(one, two)) dark++
      const same = (x: number, y: number): boolean => at(x, y) === at(one, two)
      const square = one + 1 < side && two + 1 < side
      if (square && same(one + 1, two) && same(one, two + 1) && same(one + 1, two + 1)) sum += 3
    }
  }
  return sum + 10 * Math.floor(Math.abs((dark * 20) / (side * side) - 10))
}
