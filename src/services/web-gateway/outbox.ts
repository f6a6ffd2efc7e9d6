/**
 * Pieces that leave in one write: over TLS a write is a record or a few, and a record costs more
 * than the bytes in it; so a head and what is there of its body share one.
 *
 * @module
 */
import type { Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/** From this size on, memory is used again: to fault in fresh pages costs as much as to encrypt. */
const LARGE = 8 * 1024
const SLAB_SIZE = 72 * 1024
/** Kept for the next write. */
const SLABS_MAX = 64

const slabs: Buffer[] = []

/** In front of what is read: for a head of ours, which is longer than the one it stands for. */
const HEAD_ROOM = 8 * 1024
const room: Buffer = Buffer.allocUnsafeSlow(HEAD_ROOM + 64 * 1024)

/**
 * What any application sends is read into here, and has left, or was copied, before the next read:
 * a new buffer for each read would cost more than the read.
 */
export const readBuffer: Buffer = room.subarray(HEAD_ROOM)

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

  /**
   * As `flushTo`, but nothing is copied to a socket that has nothing else to write: such a socket
   * has encrypted what it is given, or copied it, before it returns.
   */
  encryptTo(socket: TLSSocket): boolean {
    const mustWait = socket.writableLength > 0 || socket.writableCorked > 0 || socket.connecting
    const whole = mustWait ? undefined : this.#inOnePlace()
    if (!whole) return this.flushTo(socket)
    this.#pieces = []
    this.#size = 0
    return socket.write(whole)
  }

  /** Of a head and what was read behind it: the head written in front, where nothing is needed. */
  #inOnePlace(): Buffer | undefined {
    const [head, content] = this.#pieces
    const count = this.#pieces.length
    if (count === 1 && typeof head === 'object') return head
    if (count !== 2 || typeof head !== 'string' || typeof content !== 'object') return undefined
    const start = content.byteOffset - head.length
    if (content.buffer !== room.buffer || start < 0) return undefined
    room.write(head, start, 'latin1')
    return room.subarray(start, content.byteOffset + content.length)
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
