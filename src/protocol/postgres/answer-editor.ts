/**
 * Puts an error of ours in the place of one of the server's.
 *
 * Used only while a statement is outstanding that was refused: what the server was given in its
 * stead makes it fail as it fails any statement, and only the words of that failure are ours. All
 * other bytes pass as they came; an ErrorResponse is held until it is whole.
 *
 * @module
 */
import type { BackendWalker } from './backend.ts'
import { int32 } from './frame.ts'

const ERROR_RESPONSE = 0x45
const HEADER_SIZE = 5
/** A longer error is passed as it comes: the server wrote it, and it is none we caused. */
const HELD_MAX = 64 * 1024

export class AnswerEditor {
  readonly #walker: BackendWalker
  readonly #replacement: () => Uint8Array | undefined
  /** The beginning of a message that is not whole. */
  #held: Uint8Array = new Uint8Array(0)

  /**
   * @param walker Is shown every byte, once.
   * @param replacement What goes in place of the error just shown to the walker's sink.
   */
  constructor(walker: BackendWalker, replacement: () => Uint8Array | undefined) {
    this.#walker = walker
    this.#replacement = replacement
  }

  /** Whether nothing is held: the next bytes may bypass the editor. */
  get empty(): boolean {
    return this.#held.length === 0
  }

  /** Takes the server's bytes, gives the client's. @throws {ProtocolError} As the walker. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    this.#held = new Uint8Array(0)
    const passed: Uint8Array[] = []
    for (let at = 0; at < bytes.length;) {
      const size = this.#step(bytes, at)
      if (size === 0) {
        this.#held = Uint8Array.from(bytes.subarray(at))
        break
      }
      const part = bytes.subarray(at, at + size)
      const isError = this.#walker.atBoundary && part[0] === ERROR_RESPONSE
      this.#walker.push(part)
      const instead = this.#replacement()
      passed.push(isError && this.#walker.atBoundary && instead ? instead : part)
      at += size
    }
    return passed
  }

  /** Bytes that may be shown together: within one message, and a whole one if it is an error. */
  #step(bytes: Uint8Array, at: number): number {
    const left = bytes.length - at
    if (!this.#walker.atBoundary) return Math.min(left, this.#walker.missing)
    if (left < HEADER_SIZE) return 0
    const size = 1 + int32(bytes, at + 1)
    if (bytes[at] !== ERROR_RESPONSE || size > HELD_MAX) return HEADER_SIZE
    return size <= left ? Math.max(size, HEADER_SIZE) : 0
  }
}
