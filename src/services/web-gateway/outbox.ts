/**
 * Pieces that should leave in one write: over TLS a write is a record, and a record costs more
 * than the bytes in it.
 *
 * @module
 */
import type { Writable } from 'node:stream'

/** Above this, copying costs more than the second write. */
const JOIN_MAX = 32 * 1024

export class Outbox {
  #pieces: (string | Buffer)[] = []
  #size = 0

  /** @param piece Text is Latin-1. */
  add(piece: string | Buffer): void {
    this.#pieces.push(piece)
    this.#size += piece.length
  }

  get size(): number {
    return this.#size
  }

  /** Writes all of it. @returns Whether the writer takes more; else wait for its `drain`. */
  flushTo(writer: Writable): boolean {
    const pieces = this.#pieces
    const only = pieces[0]
    if (only === undefined) return !writer.writableNeedDrain
    const size = this.#size
    this.#pieces = []
    this.#size = 0
    if (pieces.length === 1) return writer.write(only, 'latin1')
    if (size <= JOIN_MAX) return writer.write(joined(pieces, size))
    writer.cork()
    let open = true
    for (const piece of pieces) open = writer.write(piece, 'latin1')
    writer.uncork()
    return open
  }
}

function joined(pieces: readonly (string | Buffer)[], size: number): Buffer {
  const whole = Buffer.allocUnsafe(size)
  let at = 0
  for (const piece of pieces) {
    if (typeof piece === 'string') whole.write(piece, at, 'latin1')
    else piece.copy(whole, at)
    at += piece.length
  }
  return whole
}
