/**
 * Reads what the server sends into memory that stays, instead of new memory for every read.
 *
 * What is read is passed on within the call, before the next read may write over it. What the
 * client's socket could not take at once stays lent to it until it has written all. A session
 * that gets little holds little: its memory grows once a read fills it, and shrinks after the
 * large result is over.
 *
 * @module
 */
import type { OnReadOpts, Socket } from 'node:net'

const SMALL_BYTES = 4 * 1024
const LARGE_BYTES = 128 * 1024
/** Reads in sequence that would have fitted the small memory, before it is small again. */
const SMALL_READS = 32
/** As much is copied rather than lent, behind what still waits to be written. */
const COPIED_BYTES = 1024

export interface InletReader {
  /** The server sent this; valid during the call, and as long as `busy`. */
  read(bytes: Uint8Array): void
  /** Whether bytes given to `read` are still to be written somewhere. */
  busy(): boolean
}

export class Inlet {
  #memory = Buffer.allocUnsafeSlow(SMALL_BYTES)
  #lent: Buffer<ArrayBuffer>[] = []
  #free: Buffer<ArrayBuffer>[] = []
  #smallReads = 0
  #reader: InletReader | undefined
  #early: Uint8Array | undefined

  /** For `net.connect`. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#memory,
    callback: (size): boolean => {
      const bytes = this.#memory.subarray(0, size)
      if (this.#reader) this.#take(bytes, this.#reader)
      else this.#early = Buffer.from(bytes) // a server that cannot take another says so at once
      return this.#reader !== undefined
    },
  }

  /** Reads from now on, from a socket with this inlet or with memory of its own. */
  attach(socket: Socket, reader: InletReader): void {
    this.#reader = reader
    socket.on('data', (chunk: Buffer) => reader.read(chunk)) // only without this inlet
    if (this.#early) reader.read(this.#early)
    this.#early = undefined
  }

  #take(bytes: Buffer<ArrayBuffer>, reader: InletReader): void {
    const isBusy = reader.busy()
    if (!isBusy && this.#lent.length > 0) this.#reclaim()
    const isCopied = isBusy && bytes.length <= COPIED_BYTES
    reader.read(isCopied ? Buffer.from(bytes) : bytes)
    const size = this.#sizeAfter(bytes.length)
    if (!isCopied && reader.busy()) this.#lent.push(this.#memory)
    else if (size === this.#memory.length) return
    this.#memory = this.#free.pop() ?? Buffer.allocUnsafeSlow(size)
    if (this.#memory.length !== size) this.#memory = Buffer.allocUnsafeSlow(size)
  }

  /** All that was lent is written: one memory is kept for the next time. */
  #reclaim(): void {
    const one = this.#lent.find(({ length }) => length === this.#memory.length)
    this.#free = one ? [one] : []
    this.#lent = []
  }

  #sizeAfter(size: number): number {
    this.#smallReads = size < SMALL_BYTES ? this.#smallReads + 1 : 0
    if (size === this.#memory.length) return LARGE_BYTES
    return this.#smallReads > SMALL_READS ? SMALL_BYTES : this.#memory.length
  }
}
