/**
 * A few buffers into which a socket reads, over and over.
 *
 * At hundreds of megabytes a second a new buffer for each read keeps the collector busier than the
 * work itself, and memory grows with the speed.
 *
 * @module
 */
import type { OnReadOpts } from 'node:net'

/** What a Unix socket gives at most in one read, by default; TCP gives less. */
const BUFFER_BYTES = 256 * 1024
const BUFFERS = 6

export class BufferRing {
  readonly #free = Array.from({ length: BUFFERS }, () => new Uint8Array(BUFFER_BYTES))
  readonly #filled: Uint8Array[] = []
  #lent: Uint8Array | undefined
  #onFilled: () => void = () => undefined

  /** For `net.connect`. */
  readonly onread: OnReadOpts = {
    buffer: () => this.#free.pop() as Uint8Array,
    callback: (size, buffer) => {
      this.#filled.push(buffer.subarray(0, size))
      this.#onFilled()
      return this.#free.length > 1 // one is taken at once for the next read
    },
  }

  onFilled(hear: () => void): void {
    this.#onFilled = hear
  }

  /** The oldest bytes not yet taken. Those taken before are written over from now on. */
  take(): Uint8Array | undefined {
    if (this.#lent) this.#free.push(new Uint8Array(this.#lent.buffer as ArrayBuffer))
    this.#lent = this.#filled.shift()
    return this.#lent
  }

  /** Whether the socket may go on reading after it was held back. */
  get hasRoom(): boolean {
    return this.#free.length > 1
  }
}
