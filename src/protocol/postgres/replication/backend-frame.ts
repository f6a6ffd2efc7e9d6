/**
 * PostgreSQL backend framing: the server's bytes in, whole messages out.
 *
 * Made for hundreds of megabytes a second: a message that lies whole within one chunk is a view of
 * that chunk, not a copy. What a message announces is checked against the rule of its type before
 * anything is reserved for it.
 *
 * Source: PostgreSQL documentation, "Message Formats"; those marked (B).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type BackendFrame = {
  readonly name: BackendFrameName
  /** Without type and length. May share memory with the chunk it came in. */
  readonly body: Uint8Array
}

const KIB = 1024
const MIB = 1024 * KIB

export type BackendFrameName =
  | 'Authentication'
  | 'BackendKeyData'
  | 'CommandComplete'
  | 'CopyBothResponse'
  | 'CopyData'
  | 'CopyDone'
  | 'CopyInResponse'
  | 'CopyOutResponse'
  | 'DataRow'
  | 'EmptyQueryResponse'
  | 'ErrorResponse'
  | 'NegotiateProtocolVersion'
  | 'NoticeResponse'
  | 'ParameterStatus'
  | 'ReadyForQuery'
  | 'RowDescription'

type Rule = { readonly name: BackendFrameName; readonly bodyMax: number }

/**
 * What a walsender may say to us; anything else is a violation. WAL comes in messages of up to 128
 * KiB (MAX_SEND_SIZE, walsender.c), backup contents of up to 32 KiB (basebackup_copy.c).
 */
const rules: ReadonlyMap<number, Rule> = byTypeByte({
  C: { name: 'CommandComplete', bodyMax: 1 * KIB },
  D: { name: 'DataRow', bodyMax: 4 * MIB }, // a timeline history is one value
  E: { name: 'ErrorResponse', bodyMax: 64 * KIB },
  G: { name: 'CopyInResponse', bodyMax: 4 * KIB },
  H: { name: 'CopyOutResponse', bodyMax: 4 * KIB },
  I: { name: 'EmptyQueryResponse', bodyMax: 0 },
  K: { name: 'BackendKeyData', bodyMax: 1 * KIB },
  N: { name: 'NoticeResponse', bodyMax: 64 * KIB },
  R: { name: 'Authentication', bodyMax: 8 * KIB },
  S: { name: 'ParameterStatus', bodyMax: 8 * KIB },
  T: { name: 'RowDescription', bodyMax: 64 * KIB },
  W: { name: 'CopyBothResponse', bodyMax: 4 * KIB },
  Z: { name: 'ReadyForQuery', bodyMax: 1 },
  c: { name: 'CopyDone', bodyMax: 0 },
  d: { name: 'CopyData', bodyMax: 1 * MIB },
  v: { name: 'NegotiateProtocolVersion', bodyMax: 8 * KIB },
})

const HEADER_SIZE = 5
const LENGTH_SIZE = 4

/** Cuts the server's byte stream into messages, however it was chunked. */
export class BackendFrameReader {
  /** A message that began in an earlier chunk. */
  #held = new Uint8Array(0)
  #heldSize = 0
  readonly #reuse: boolean
  /** Held the message before, which may still be looked at. */
  #spare = new Uint8Array(0)
  #violation: ProtocolError | undefined

  /** @param reuse Whether the frames of a chunk are done with before the next chunk is pushed. */
  constructor(reuse = false) {
    this.#reuse = reuse
  }

  /**
   * Takes the next bytes and yields each message they complete, in order. The caller must exhaust
   * it before the next call.
   *
   * @throws {ProtocolError} PG_TYPE_UNKNOWN, PG_LENGTH_INVALID or PG_LENGTH_TOO_LARGE, after the
   *   messages before the fault were yielded. The reader is then dead.
   */
  *push(chunk: Uint8Array): Generator<BackendFrame, void, undefined> {
    if (this.#violation) throw this.#violation
    let at = 0
    while (at < chunk.length) {
      const size = this.#heldSize === 0 ? this.#sizeAt(chunk, at) : Infinity
      if (size <= chunk.length - at) {
        yield this.#frame(chunk, at, size)
        at += size
      } else {
        const taken = Math.min(this.#missing(), chunk.length - at)
        this.#hold(chunk.subarray(at, at + taken))
        at += taken
        if (this.#missing() === 0) yield this.#release()
      }
    }
  }

  /** What the message begun still needs, as far as is known: its header first, then its body. */
  #missing(): number {
    if (this.#heldSize < HEADER_SIZE) return HEADER_SIZE - this.#heldSize
    return this.#sizeAt(this.#held, 0) - this.#heldSize
  }

  // Doubling, not the announced length: five bytes must not buy a megabyte of our memory.
  #hold(bytes: Uint8Array): void {
    const size = this.#heldSize + bytes.length
    if (size > this.#held.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#held.length))
      grown.set(this.#held.subarray(0, this.#heldSize))
      this.#held = grown
    }
    this.#held.set(bytes, this.#heldSize)
    this.#heldSize = size
  }

  #release(): BackendFrame {
    const frame = this.#frame(this.#held, 0, this.#heldSize)
    const held = this.#held
    this.#held = this.#spare
    if (this.#reuse) this.#spare = held
    this.#heldSize = 0
    return frame
  }

  #frame(bytes: Uint8Array, at: number, size: number): BackendFrame {
    return { name: this.#rule(bytes[at]!).name, body: bytes.subarray(at + HEADER_SIZE, at + size) }
  }

  /** Whole size of the message at `at`, its type byte included; Infinity without its header. */
  #sizeAt(bytes: Uint8Array, at: number): number {
    const rule = this.#rule(bytes[at]!)
    if (bytes.length - at < HEADER_SIZE) return Infinity
    const length =
      (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    if (length < LENGTH_SIZE) throw this.#die('PG_LENGTH_INVALID', `${rule.name} length ${length}`)
    if (length - LENGTH_SIZE > rule.bodyMax) {
      const message = `${rule.name} body ${length - LENGTH_SIZE} > ${rule.bodyMax}`
      throw this.#die('PG_LENGTH_TOO_LARGE', message)
    }
    return 1 + length
  }

  #rule(type: number): Rule {
    const rule = rules.get(type)
    if (!rule) throw this.#die('PG_TYPE_UNKNOWN', `type byte ${type}`)
    return rule
  }

  #die(code: string, message: string): ProtocolError {
    return (this.#violation = new ProtocolError(code, message))
  }
}

function byTypeByte(table: Readonly<Record<string, Rule>>): ReadonlyMap<number, Rule> {
  return new Map(Object.entries(table).map(([letter, rule]) => [letter.charCodeAt(0), rule]))
}
