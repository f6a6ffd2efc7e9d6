/**
 * PostgreSQL frontend framing: bytes in, messages noticed, bytes released. No sockets, no clock.
 *
 * A frame is a type byte, an Int32 length that counts itself but not the type, and a body. The
 * reader tells its sink what each frame holds and says which bytes may now go on, unchanged. What
 * must be judged whole (SQL text, names) is held back until it is there; everything else passes in
 * the chunks it came in. Nothing a peer announces is believed before it is checked against the rule
 * of its type, and memory held never exceeds twice what the peer has really sent.
 *
 * Source: PostgreSQL documentation, Frontend/Backend Protocol, "Messaging Overview" and "Message
 * Formats"; limits as in postgres.c, SocketBackend (PostgreSQL 18). The untyped first packets of a
 * connection are read by startup.ts, not here.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type FrameName =
  | 'Bind'
  | 'Close'
  | 'CopyData'
  | 'CopyDone'
  | 'CopyFail'
  | 'Describe'
  | 'Execute'
  | 'Flush'
  | 'FunctionCall'
  | 'Parse'
  | 'Query'
  | 'Sync'
  | 'Terminate'

/** What is told one by one; a bulk load is millions of CopyData, of which only the sum matters. */
export type SingleFrame = Exclude<FrameName, 'CopyData'>

/** What the reader does with a frame of this type. */
export type FrameRule = {
  readonly name: FrameName
  /** Longest body, bytes; beyond it is a violation. */
  readonly bodyMax: number
  /** How much of the body is held back and shown: 'text' is the cap given to the reader. */
  readonly hold: number | 'text'
}

const KIB = 1024
/** PQ_SMALL_MESSAGE_LIMIT and PQ_LARGE_MESSAGE_LIMIT of PostgreSQL's libpq.h, less the length. */
const SMALL = 10_000 - 4
const LARGE = 0x3fffffff - 1 - 4
/** Two names and the format codes of 65,535 parameters: what stands before a Bind's values. */
const BIND_PREFIX = 136 * KIB

/** All we know about each frontend message, in one place; a type missing here is a violation. */
const rules: readonly (FrameRule | undefined)[] = byTypeByte({
  B: { name: 'Bind', bodyMax: LARGE, hold: BIND_PREFIX },
  C: { name: 'Close', bodyMax: SMALL, hold: SMALL },
  D: { name: 'Describe', bodyMax: SMALL, hold: SMALL },
  E: { name: 'Execute', bodyMax: SMALL, hold: SMALL },
  F: { name: 'FunctionCall', bodyMax: LARGE, hold: 0 },
  H: { name: 'Flush', bodyMax: 0, hold: 0 },
  P: { name: 'Parse', bodyMax: LARGE, hold: 'text' },
  Q: { name: 'Query', bodyMax: LARGE, hold: 'text' },
  S: { name: 'Sync', bodyMax: 0, hold: 0 },
  X: { name: 'Terminate', bodyMax: 0, hold: 0 },
  c: { name: 'CopyDone', bodyMax: 0, hold: 0 },
  d: { name: 'CopyData', bodyMax: LARGE, hold: 0 },
  f: { name: 'CopyFail', bodyMax: SMALL, hold: 0 },
})

const HEADER_SIZE = 5
const LENGTH_SIZE = 4
const COPY_DATA = 0x64
const NOTHING = new Uint8Array(0)

/** Told what the reader notices, in stream order. A ProtocolError it throws kills the reader. */
export interface FrameSink {
  /**
   * A frame began, and all that its rule holds is there.
   *
   * @param head The whole body, or the first bytes of a longer one. Valid during the call only.
   * @param bodySize Bytes of the whole body.
   * @returns A whole message to go on in place of this frame, of which nothing then does; or that
   *   this frame waits, with all behind it, until `goOn`, when it is shown again.
   */
  frame(name: SingleFrame, head: Uint8Array, bodySize: number): Uint8Array | 'wait' | undefined
  /** CopyData began, of so many bytes of body together: how many at once is left to the chunks. */
  copyData(bytes: number): void
  /** More of a Query or Parse longer than the cap. Valid during the call only. */
  part(bytes: Uint8Array): void
  /** The last of that long Query or Parse was seen; its last bytes are not yet released. */
  end(): void
}

/** Walks a frontend stream. What the sink is told never depends on how the bytes were chunked. */
export class FrameReader {
  readonly #sink: FrameSink
  readonly #textHold: number
  /** Bytes of a frame that is held back and began in an earlier chunk. */
  #held: Uint8Array = NOTHING
  #heldSize = 0
  /** Bytes still to come of a body already judged. */
  #passing = 0
  #following = false
  /** The body still to come belongs to a frame that was replaced. */
  #dropping = false
  #replacement: Uint8Array | undefined
  #waits = false
  /** The frame that waits and what came behind it, in memory of our own. */
  #behind: Uint8Array[] = []
  #violation: ProtocolError | undefined

  /** @param textCap Bytes of a Query or Parse held back; a longer one is followed as it passes. */
  constructor(sink: FrameSink, textCap: number) {
    this.#sink = sink
    this.#textHold = textCap
  }

  /** Why the reader is dead, if it is. */
  get violation(): ProtocolError | undefined {
    return this.#violation
  }

  /**
   * Takes the next bytes and returns those that may go on, in order, without copying them unless
   * they were held back.
   *
   * After a fault (`violation`: PG_TYPE_UNKNOWN, PG_LENGTH_INVALID, PG_LENGTH_TOO_LARGE, or what
   * the sink threw) the bytes before the faulty frame are returned, and nothing ever after.
   */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    return this.#push(chunk, copied)
  }

  /** The frame that waits is shown again. @returns As `push`. */
  goOn(): readonly Uint8Array[] {
    const behind = this.#behind
    this.#behind = []
    this.#waits = false
    return behind.flatMap((chunk) => this.#push(chunk, (ours) => ours))
  }

  /** @param kept Makes bytes of `chunk` such as may be kept. */
  #push(chunk: Uint8Array, kept: (bytes: Uint8Array) => Uint8Array): readonly Uint8Array[] {
    if (this.#violation) return []
    const released: Uint8Array[] = []
    let from = 0 // first byte of this chunk neither released nor held
    let at = 0
    try {
      while (at < chunk.length && !this.#waits) {
        if (this.#passing > 0) {
          at = this.#pass(chunk, at)
          if (this.#dropping) from = at
          this.#dropping &&= this.#passing > 0
        } else if (this.#heldSize > 0) {
          at = this.#hold(chunk, at, released)
          from = at
        } else {
          const copied = this.#copyData(chunk, at)
          const judged = copied > at ? copied : this.#judge(chunk, at)
          if (judged === at) break
          if (this.#replacement) {
            if (at > from) released.push(chunk.subarray(from, at))
            released.push(this.#takeReplacement() ?? NOTHING)
            from = judged
          }
          at = judged
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#violation = error
      if (at > from) released.push(chunk.subarray(from, at))
      return released
    }
    if (at > from)
      released.push(from === 0 && at === chunk.length ? chunk : chunk.subarray(from, at))
    if (at === chunk.length) return released
    if (this.#waits) this.#behind.push(kept(chunk.subarray(at)))
    else this.#keep(chunk.subarray(at))
    return released
  }

  #pass(chunk: Uint8Array, at: number): number {
    const size = Math.min(this.#passing, chunk.length - at)
    if (this.#following) this.#sink.part(chunk.subarray(at, at + size))
    if (this.#following && size === this.#passing) this.#sink.end()
    this.#passing -= size
    if (this.#passing === 0) this.#following = false
    return at + size
  }

  /** Passes over all CopyData from `from` on; a header that is not sound is left to be judged. */
  #copyData(chunk: Uint8Array, from: number): number {
    let at = from
    let bytes = 0
    while (chunk[at] === COPY_DATA && chunk.length - at >= HEADER_SIZE) {
      const bodySize = int32(chunk, at + 1) - LENGTH_SIZE
      if (bodySize < 0 || bodySize > LARGE) break
      bytes += bodySize
      at += HEADER_SIZE + bodySize
    }
    if (at === from) return from
    this.#sink.copyData(bytes)
    this.#passing = Math.max(0, at - chunk.length)
    return Math.min(at, chunk.length)
  }

  /** Judges the frame at `at` where it lies; returns `at` when not enough of it is there. */
  #judge(bytes: Uint8Array, at: number): number {
    if (bytes.length - at < HEADER_SIZE) return at
    const { rule, bodySize, hold } = this.#header(bytes, at)
    const end = at + HEADER_SIZE + hold
    if (end > bytes.length) return at
    const head = hold === 0 ? NOTHING : bytes.subarray(at + HEADER_SIZE, end)
    if (rule.name === 'CopyData') this.#sink.copyData(bodySize)
    else {
      const said = this.#sink.frame(rule.name, head, bodySize)
      this.#waits = said === 'wait'
      if (said === 'wait') return at
      this.#replacement = said
    }
    this.#passing = bodySize - hold
    this.#dropping = this.#replacement !== undefined && this.#passing > 0
    this.#following = rule.hold === 'text' && this.#passing > 0 && !this.#dropping
    return end
  }

  #header(bytes: Uint8Array, at: number): { rule: FrameRule; bodySize: number; hold: number } {
    const type = bytes[at] ?? 0
    const rule = rules[type]
    if (!rule) throw new ProtocolError('PG_TYPE_UNKNOWN', `type byte ${type}`)
    const length = int32(bytes, at + 1)
    if (length < LENGTH_SIZE) {
      throw new ProtocolError('PG_LENGTH_INVALID', `${rule.name} length ${length}`)
    }
    const bodySize = length - LENGTH_SIZE
    if (bodySize > rule.bodyMax) {
      const message = `${rule.name} body ${bodySize} > ${rule.bodyMax}`
      throw new ProtocolError('PG_LENGTH_TOO_LARGE', message)
    }
    const holdMax = rule.hold === 'text' ? this.#textHold : rule.hold
    return { rule, bodySize, hold: Math.min(bodySize, holdMax) }
  }

  /** Adds to the held frame what it still needs; releases it once it is judged. */
  #hold(chunk: Uint8Array, at: number, released: Uint8Array[]): number {
    const wanted = this.#wanted()
    const size = Math.min(wanted - this.#heldSize, chunk.length - at)
    this.#keep(chunk.subarray(at, at + size))
    if (this.#heldSize < wanted || this.#wanted() > this.#heldSize) return at + size
    const whole = this.#held.subarray(0, this.#heldSize)
    this.#held = NOTHING
    this.#heldSize = 0
    this.#judge(whole, 0)
    if (this.#waits) this.#behind.push(whole)
    else released.push(this.#takeReplacement() ?? whole)
    return at + size
  }

  #takeReplacement(): Uint8Array | undefined {
    const replacement = this.#replacement
    this.#replacement = undefined
    return replacement
  }

  #wanted(): number {
    if (this.#heldSize < HEADER_SIZE) return HEADER_SIZE
    return HEADER_SIZE + this.#header(this.#held, 0).hold
  }

  // Doubling, not the announced length: five bytes must not buy a megabyte of our memory. Copied,
  // because keeping one-byte chunks would cost a hundred times their size.
  #keep(bytes: Uint8Array): void {
    const size = this.#heldSize + bytes.length
    if (size > this.#held.length) {
      const grown = Buffer.allocUnsafe(Math.max(size, 2 * this.#held.length))
      grown.set(this.#held.subarray(0, this.#heldSize))
      this.#held = grown
    }
    this.#held.set(bytes, this.#heldSize)
    this.#heldSize = size
  }
}

function copied(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes)
}

/** Big-endian Int32 at `at`; the caller has checked that it is there. */
export function int32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}

function byTypeByte(table: Readonly<Record<string, FrameRule>>): (FrameRule | undefined)[] {
  const bytes: (FrameRule | undefined)[] = Array.from({ length: 256 }, () => undefined)
  for (const [letter, rule] of Object.entries(table)) bytes[letter.charCodeAt(0)] = rule
  return bytes
}
