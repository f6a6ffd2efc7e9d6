/**
 * Files copied in pieces, in whatever order their pieces come: where each now is, and its checksum.
 *
 * Pure.
 *
 * @module
 */
import { crc32cWithZeros, joinCrc32c } from '#crypto/crc32c-join.ts'
import { crc32c } from '#crypto/crc32c.ts'

/** Bytes [at, at + length) of a file are at `start` of the row of all that was copied. */
export type CopiedPiece = {
  readonly at: number
  readonly start: number
  length: number
  /** CRC-32C of the bytes. */
  crc: number
}

/** One file; pieces of it do not overlap. */
export class CopiedFile {
  #pieces: CopiedPiece[] = []

  /** @param start Where the row is just now. */
  add(at: number, start: number, bytes: Uint8Array): void {
    const crc = crc32c(0, bytes)
    const last = this.#pieces.at(-1)
    const follows = last && last.at + last.length === at && last.start + last.length === start
    if (!follows) {
      this.#pieces.push({ at, start, length: bytes.length, crc })
      return
    }
    last.crc = joinCrc32c(last.crc, crc, bytes.length)
    last.length += bytes.length
  }

  /** Ascending. */
  get pieces(): readonly CopiedPiece[] {
    return (this.#pieces = this.#pieces.sort((a, b) => a.at - b.at))
  }

  /** CRC-32C of a file of this size; what no piece covers is zero. */
  checksum(size: number): number {
    let crc = 0
    let at = 0
    for (const piece of this.pieces) {
      crc = joinCrc32c(crc32cWithZeros(crc, piece.at - at), piece.crc, piece.length)
      at = piece.at + piece.length
    }
    return crc32cWithZeros(crc, size - at)
  }
}
