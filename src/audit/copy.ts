/**
 * What of the books is new since a copy was made, and books laid out again from copies.
 *
 * Bytes of segments are copied as they are, so that a copy is verified as the book itself is.
 * Source: docs/formats/audit.md §9.
 *
 * @module
 */
import { join } from 'node:path'
import { IntegrityError } from '#lib/errors.ts'
import type { Disk } from '#system/disk.ts'
import { BookFiles, listBooks } from './book-files.ts'
import { recordEnd } from './record.ts'
import { checkProcessName, decodeHeader, SEGMENT_BYTES_LIMIT, segmentName } from './segment.ts'

/** Where bytes stand: in which book's segment, from which byte. */
export type PiecePlace = {
  readonly process: string
  readonly segment: number
  readonly offset: number
}

export type Piece = PiecePlace & { readonly bytes: Uint8Array }

/** Book → what of it comes next: a segment and a byte in it. */
export type Positions = Readonly<
  Record<string, { readonly segment: number; readonly offset: number }>
>

export type NewPieces = {
  readonly pieces: readonly Piece[]
  /** What comes after these pieces. */
  readonly positions: Positions
  /** Whether this is all there is. */
  readonly complete: boolean
}

/** Bytes of a record before `left`, which says how many of its append follow. */
const LEFT_AT = 22

/**
 * What the books have from `positions` on, up to about `bytesMax`: only whole appends of a segment
 * that may still grow.
 *
 * @throws {FaultError} DISK_….
 */
export async function newPieces(
  folder: string,
  disk: Disk,
  positions: Positions,
  bytesMax: number,
): Promise<NewPieces> {
  const pieces: Piece[] = []
  const next: Record<string, { segment: number; offset: number }> = { ...positions }
  let room = bytesMax
  for (const process of await listBooks(folder, disk)) {
    const files = new BookFiles(disk, join(folder, process))
    const from = positions[process] ?? { segment: 0, offset: 0 }
    const numbers = (await files.numbers()).filter((segment) => segment >= from.segment)
    for (const segment of numbers) {
      const offset = segment === from.segment ? from.offset : 0
      const size = Math.max(0, ((await disk.size(files.path(segment))) ?? 0) - offset)
      if (size === 0) continue
      if (room <= 0) return { pieces, positions: next, complete: false }
      const read = await disk.readRange(files.path(segment), offset, Math.min(size, room))
      const isLast = segment === numbers.at(-1)
      const bytes = isLast ? read.subarray(0, wholeAppends(read, offset === 0)) : read
      room -= read.length
      if (bytes.length === 0) continue
      pieces.push({ process, segment, offset, bytes })
      next[process] = { segment, offset: offset + bytes.length }
      if (read.length < size) return { pieces, positions: next, complete: false }
    }
  }
  return { pieces, positions: next, complete: true }
}

/** Bytes up to the end of the last append that is whole. */
function wholeAppends(part: Uint8Array, isStart: boolean): number {
  const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength)
  let whole = isStart ? headerSize(bytes) : 0
  if (isStart && whole === 0) return 0
  for (let at = whole; ;) {
    const end = recordEnd(bytes, at)
    if (end === undefined) return whole
    if (bytes.readUInt16BE(at + LEFT_AT) === 0) whole = end
    at = end
  }
}

function headerSize(bytes: Buffer): number {
  try {
    return decodeHeader(bytes).size
  } catch (error) {
    if (!(error instanceof IntegrityError)) throw error
    return 0 // being created
  }
}

/** Writes pieces into the files of a folder of books; in whatever order they come. */
export class BookLayout {
  readonly #disk: Disk
  readonly #folder: string
  /** File → its bytes so far, and pieces that begin beyond them. */
  readonly #files = new Map<string, { end: number; waiting: Piece[] }>()

  /** @param folder Absolute; books that are there are not looked at. */
  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  /** @throws {IntegrityError} AUDIT_COPY_INVALID for a place that no book of ours has. */
  take(piece: Piece): void {
    const { process, segment, offset, bytes } = piece
    checkPlace(piece)
    const path = join(this.#folder, process, segmentName(segment))
    const file = this.#files.get(path) ?? { end: 0, waiting: [] }
    this.#files.set(path, file)
    if (offset > file.end) return void file.waiting.push(piece)
    this.#write(path, file, bytes.subarray(file.end - offset))
    for (let at = 0; at < file.waiting.length;) {
      const waiting = file.waiting[at]
      if (!waiting || waiting.offset > file.end) at++
      else {
        file.waiting.splice(at, 1)
        this.#write(path, file, waiting.bytes.subarray(file.end - waiting.offset))
        at = 0
      }
    }
  }

  /**
   * What is missing stands as zeros, so that a verification names the records it held.
   *
   * @returns Bytes that no piece had.
   */
  finish(): number {
    let missing = 0
    for (const [path, file] of this.#files) {
      for (const piece of file.waiting.toSorted((a, b) => a.offset - b.offset)) {
        const gap = Math.max(0, piece.offset - file.end)
        missing += gap
        this.#write(path, file, new Uint8Array(gap))
        this.#write(path, file, piece.bytes.subarray(file.end - piece.offset))
      }
      file.waiting = []
    }
    return missing
  }

  #write(path: string, file: { end: number }, bytes: Uint8Array): void {
    if (bytes.length === 0) return
    using open = this.#disk.openAppend(path)
    open.append(bytes)
    file.end += bytes.length
  }
}

function checkPlace({ process, segment, offset, bytes }: Piece): void {
  const isSane =
    Number.isSafeInteger(segment) &&
    segment > 0 &&
    segment < 1e10 &&
    Number.isSafeInteger(offset) &&
    offset >= 0 &&
    offset + bytes.length <= SEGMENT_BYTES_LIMIT
  if (!isSane) throw new IntegrityError('AUDIT_COPY_INVALID', 'a copy names a place of no book')
  checkProcessName(process)
}
