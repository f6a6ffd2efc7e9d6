/**
 * Walks what the server sends, header by header, without copying, holding or changing a byte.
 *
 * Rows are counted, not read: a result of any size costs five bytes of memory here. Only the few
 * short messages that say how a statement ended are shown to the sink with their bodies.
 *
 * Source: PostgreSQL documentation, "Message Formats". Authentication and BackendKeyData belong to
 * the login, which is over before this walker sees the stream: here they are violations.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'
import { int32 } from './frame.ts'
import { ROW_DESCRIPTION_SHOWN } from './row-description.ts'

/** Type bytes of backend messages after the start-up. */
export type BackendType =
  | '1' | '2' | '3' | 'A' | 'C' | 'D' | 'E' | 'G' | 'H' | 'I' | 'N' | 'S' | 'T' | 'V' | 'W' | 'Z'
  | 'c' | 'd' | 'n' | 's' | 't' // prettier-ignore

export interface BackendSink {
  /** Whole or partial data messages (DataRow, CopyData) since the last call. */
  data(rows: number, bytes: number): void
  /** @param head The first bytes of the body, as many as `shown` says. Valid during the call. */
  message(type: BackendType, head: Uint8Array): void
}

/** Message → how much of its body the sink is shown. A type missing here is a violation. */
const shown: Readonly<Record<BackendType, number>> = {
  '1': 0, // ParseComplete
  '2': 0, // BindComplete
  '3': 0, // CloseComplete
  A: 0, // NotificationResponse
  C: 256, // CommandComplete
  D: 0, // DataRow
  E: 2048, // ErrorResponse: severity and SQLSTATE come first
  G: 0, // CopyInResponse
  H: 0, // CopyOutResponse
  I: 0, // EmptyQueryResponse
  N: 0, // NoticeResponse
  S: 512, // ParameterStatus
  T: ROW_DESCRIPTION_SHOWN,
  V: 0, // FunctionCallResponse
  W: 0, // CopyBothResponse
  Z: 1, // ReadyForQuery
  c: 0, // CopyDone
  d: 0, // CopyData
  n: 0, // NoData
  s: 0, // PortalSuspended
  t: 0, // ParameterDescription
}

const typeByByte = Array.from(
  { length: 256 },
  (_, byte) => String.fromCharCode(byte) as BackendType,
)
const shownByByte: readonly (number | undefined)[] = typeByByte.map((type) => shown[type])

const DATA_ROW = 0x44
const COPY_DATA = 0x64
const HEADER_SIZE = 5
const LENGTH_SIZE = 4
const NOTHING = new Uint8Array(0)

export class BackendWalker {
  readonly #sink: BackendSink
  readonly #header = new Uint8Array(HEADER_SIZE)
  #headerSize = 0
  /** Bytes of the present body that are passed over. */
  #skip = 0
  /** The beginning of a body that began in an earlier chunk and is to be shown. */
  #head: Uint8Array = NOTHING
  #headSize = 0
  #rows = 0
  #bytes = 0

  constructor(sink: BackendSink) {
    this.#sink = sink
  }

  /** Whether the next byte begins a message: only then may one of our own be put in between. */
  get atBoundary(): boolean {
    return this.#headerSize === 0 && this.#skip === 0 && this.#head.length === 0
  }

  /** Bytes until the message may be over: no more of them belong to another. */
  get missing(): number {
    if (this.#head.length > 0) return this.#head.length - this.#headSize + this.#skip
    return this.#skip > 0 ? this.#skip : HEADER_SIZE - this.#headerSize
  }

  /** @throws {ProtocolError} PG_TYPE_UNKNOWN or PG_LENGTH_INVALID; the walker is then useless. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#head.length > 0) {
        at = this.#takeHead(chunk, at)
      } else if (this.#skip > 0) {
        const size = Math.min(this.#skip, chunk.length - at)
        this.#skip -= size
        at += size
      } else if (this.#headerSize > 0 || chunk.length - at < HEADER_SIZE) {
        at = this.#takeHeader(chunk, at)
      } else {
        at = this.#open(chunk, at, chunk, at + HEADER_SIZE)
      }
    }
    this.#flushData()
  }

  #takeHeader(chunk: Uint8Array, at: number): number {
    const size = Math.min(HEADER_SIZE - this.#headerSize, chunk.length - at)
    this.#header.set(chunk.subarray(at, at + size), this.#headerSize)
    this.#headerSize += size
    if (this.#headerSize < HEADER_SIZE) return at + size
    return this.#open(this.#header, 0, chunk, at + size)
  }

  /** Opens the message whose header is at `at` and whose body begins at `body` of the chunk. */
  #open(header: Uint8Array, at: number, chunk: Uint8Array, body: number): number {
    const type = header[at] ?? 0
    const bodySize = int32(header, at + 1) - LENGTH_SIZE
    if (bodySize < 0) {
      this.#flushData()
      throw new ProtocolError('PG_LENGTH_INVALID', `server type ${type}`)
    }
    if (type === DATA_ROW || type === COPY_DATA) {
      this.#headerSize = 0
      this.#rows++
      this.#bytes += bodySize
      this.#skip = bodySize
      return body
    }
    this.#flushData()
    const wanted = shownByByte[type]
    if (wanted === undefined) throw new ProtocolError('PG_TYPE_UNKNOWN', `server type ${type}`)
    const headSize = Math.min(wanted, bodySize)
    this.#skip = bodySize - headSize
    if (body + headSize <= chunk.length) {
      this.#headerSize = 0
      this.#show(type, headSize === 0 ? NOTHING : chunk.subarray(body, body + headSize))
      return body + headSize
    }
    // The type waits in the scratch header until the head is whole.
    this.#header[0] = type
    this.#headerSize = 0
    this.#head = new Uint8Array(headSize)
    this.#headSize = 0
    return body
  }

  #takeHead(chunk: Uint8Array, at: number): number {
    const size = Math.min(this.#head.length - this.#headSize, chunk.length - at)
    this.#head.set(chunk.subarray(at, at + size), this.#headSize)
    this.#headSize += size
    if (this.#headSize < this.#head.length) return at + size
    const head = this.#head
    this.#head = NOTHING
    this.#show(this.#header[0] ?? 0, head)
    return at + size
  }

  #show(type: number, head: Uint8Array): void {
    const name = typeByByte[type]
    if (name !== undefined) this.#sink.message(name, head)
  }

  #flushData(): void {
    if (this.#rows === 0) return
    this.#sink.data(this.#rows, this.#bytes)
    this.#rows = 0
    this.#bytes = 0
  }
}
