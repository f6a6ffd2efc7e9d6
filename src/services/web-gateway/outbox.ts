/**
 * Pieces that leave in one write: over TLS a write is a record or a few, and a record costs more
 * than the bytes in it; so a head and what is there of its body share one.
 *
 * @module
 */
import type { Writable } from 'node:stream'

/** From this size on, memory is used again: to fault in fresh pages costs as much as to encrypt. */
const LARGE = 8 * 1024
const SLAB_SIZE = 72 * 1024
/** Kept for the next write. */
const SLABS_MAX = 64

const slabs: Buffer[] = []

export class Outbox {
  #pieces: (string | Buffer)[] = []
  #size = 0

  /** @param piece Text is Latin-1.. */
  add(piece: string | Buffer): void {
    this.#pieces.push(piece)
    this.#size += piece.length
  }

  get size(): number {
    return this.#size
  }

  /**
   * Writes all of it, copied, so that the pieces may be used again at once.
   *
   * @returns Whether the writer takes more; else wait for its `drain`.
   */
  flushTo(writer: Writable): boolean {
    const pieces = this.#pieces
    if (pieces.length === 0) return !writer.writableNeedDrain
    const size = this.#size
    this.#pieces = []
    this.#size = 0
    const only = pieces[0]
    if (pieces.length === 1 && typeof only === 'string') return writer.write(only, 'latin1')
    if (size < LARGE || size > SLAB_SIZE) {
      return writer.write(join(pieces, Buffer.allocUnsafe(size)))
    }
    const slab = slabs.pop() ?? Buffer.allocUnsafeSlow(SLAB_SIZE)
    return writer.write(join(pieces, slab).subarray(0, size), () => {
      if (slabs.length < SLABS_MAX) slabs.push(slab)
    })
  }

  /** Writes all of it; a single piece as it is, since it belongs to the writer from now on. */
  handTo(writer: Writable): boolean {
    const only = this.#pieces[0]
    if (this.#pieces.length !== 1 || only === undefined) return this.flushTo(writer)
    this.#pieces = []
    this.#size = 0
    return writer.write(only, 'latin1')
  }
}

function join(pieces: readonly (string | Buffer)[], whole: Buffer): Buffer {
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') whole.write(piece, at, 'latin1')
    else whole.set(piece, at)
    at += piece.length
  }
  return whole
}
