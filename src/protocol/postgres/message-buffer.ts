/**
 * Whole messages out of a stream, for the login: there every message is short and is read whole.
 *
 * After the login the rest of the bytes is taken out and walked by frame.ts or backend.ts.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { int32 } from './frame.ts'

export type Message = {
  readonly type: string
  readonly body: Uint8Array
  /** The message as it came, header and all. */
  readonly bytes: Uint8Array
}

const HEADER_SIZE = 5

export class MessageBuffer {
  readonly #sizeMax: number
  #bytes: Uint8Array = new Uint8Array(0)

  /** @param sizeMax Bytes held, and so the longest message. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax
  }

  /** @throws {ProtocolError} PG_LENGTH_TOO_LARGE when more is sent than a login can need. */
  push(chunk: Uint8Array): void {
    if (this.#bytes.length + chunk.length > this.#sizeMax) {
      throw new ProtocolError('PG_LENGTH_TOO_LARGE', `more than ${this.#sizeMax} bytes at login`)
    }
    this.#bytes = Buffer.concat([this.#bytes, chunk])
  }

  /** Takes the next whole message out. @throws {ProtocolError} PG_LENGTH_INVALID or as `push`. */
  next(): Message | undefined {
    const bytes = this.#bytes
    if (bytes.length < HEADER_SIZE) return undefined
    const size = 1 + int32(bytes, 1)
    if (size < HEADER_SIZE) throw new ProtocolError('PG_LENGTH_INVALID', `length ${size - 1}`)
    if (size > this.#sizeMax) {
      throw new ProtocolError('PG_LENGTH_TOO_LARGE', `a message of ${size} bytes at login`)
    }
    if (bytes.length < size) return undefined
    this.#bytes = bytes.subarray(size)
    return {
      type: String.fromCharCode(bytes[0] ?? 0),
      body: bytes.subarray(HEADER_SIZE, size),
      bytes: bytes.subarray(0, size),
    }
  }

  /** Takes out whatever is left. */
  rest(): Uint8Array {
    const rest = this.#bytes
    this.#bytes = new Uint8Array(0)
    return rest
  }
}
