/**
 * The traffic of one logged-in session: bytes of either side, inspected, recorded, passed on.
 *
 * A side that does not read pauses the other, so memory is bounded by the sockets' own buffers.
 *
 * @module
 */
import type { Socket } from 'node:net'
import type { DeniedError, ProtocolError } from '#lib/errors.ts'
import type { Clock } from '#system/clock.ts'
import type { Gate, Journal } from './journal.ts'
import type { Pacer } from './pace.ts'
import { withoutEvents, type Passage, type Recorded } from './record.ts'
import type { Session } from './session.ts'

export type TrafficOptions = {
  readonly session: Session
  readonly client: Socket
  readonly server: Socket
  readonly journal: Journal
  readonly clock: Clock
  /** How long the client may leave what we sent unread, milliseconds; 0: as long as it likes. */
  readonly writeStallMs: number
  /** How fast the client may speak; undefined: as fast as it likes. */
  readonly pacer: Pacer | undefined
}

export interface TrafficSink {
  /** The client broke the protocol or a rule; what came before it has passed. */
  violated(error: ProtocolError | DeniedError): void
  /** The session cannot go on, for something that was found out later than its bytes came. */
  failed(error: unknown): void
  /** An answer of the server passed. */
  answered(): void
  /** The client did not read for `writeStallMs`. */
  stalled(): void
}

export class Traffic implements Gate {
  readonly #options: TrafficOptions
  readonly #sink: TrafficSink
  /** What the client sent and the server has not: each waits for its record, in this order. */
  #waiting: Uint8Array[] = []
  /** Chunks that passed, of which the system may not have taken all. */
  readonly #spent: Uint8Array[] = []
  /** What the server sent in this turn, for the client. */
  readonly #answers: Uint8Array[] = []
  #isAnswering = false
  /** The record takes longer than a turn of the event loop: the client is not read. */
  #held = false
  /** The client has said its last; the server is told after what still waits. */
  #ending = false
  #over = false
  #stall: NodeJS.Timeout | undefined
  /** A statement of the client waits for its verdict, and all behind it. */
  #judging = false
  /** The client was too fast, and is not read until this is over. */
  #rest: NodeJS.Timeout | undefined

  constructor(options: TrafficOptions, sink: TrafficSink) {
    this.#options = options
    this.#sink = sink
  }

  /**
   * @param chunk As it was read: given back once it is written.
   * @throws {VeiligError} When the bytes make no sense; the session cannot go on.
   */
  fromClient(chunk: Uint8Array): void {
    if (this.#judging) this.#options.client.pause() // most wait for the answer anyway
    this.#pass(chunk, (nowMs) => this.#options.session.fromClient(chunk, nowMs))
  }

  #pass(chunk: Uint8Array, take: (nowMs: number) => Passage): void {
    const { session, clock, journal } = this.#options
    const nowMs = clock.monotonicMs()
    const before = session.executed
    const passage = take(nowMs)
    this.#keepPace(session.executed - before, nowMs)
    if (session.judging && !this.#judging) void this.#waitFor(session.judging)
    const free = this.#waiting.length === 0 ? withoutEvents(passage) : undefined
    this.#waiting.push(chunk)
    if (free) this.forward(free)
    else journal.pass(passage, this)
  }

  /** What came before the statement that waits passes meanwhile. */
  async #waitFor(judging: Promise<void>): Promise<void> {
    const { session } = this.#options
    this.#judging = true
    await judging
    this.#judging = false
    if (this.#over) return
    try {
      this.#pass(NOTHING, (nowMs) => session.goOn(nowMs))
    } catch (error) {
      return this.#sink.failed(error)
    }
    this.#readOn()
  }

  /** The only way to the server during a session. */
  forward(recorded: Recorded): void {
    const { client, server, session } = this.#options
    const chunk = this.#waiting.shift()
    if (this.#over) return
    if (this.#held && this.#waiting.length === 0) {
      this.#held = false
      this.#readOn()
    }
    for (const bytes of recorded.bytes) server.write(bytes)
    if (server.writableLength > QUEUED_MAX) client.pause() // until all is taken: 'drain'
    if (chunk && chunk.length >= GIVEN_BACK_MIN) this.#spent.push(chunk)
    if (this.#spent.length > 0 && server.writableLength === 0) this.#giveBack()
    if (this.#waiting.length > 0) return
    if (session.violation) this.#sink.violated(session.violation)
    else if (this.#ending && !this.#judging) server.end()
  }

  hold(): void {
    this.#held = true
    this.#options.client.pause()
  }

  /** @throws {VeiligError} When the bytes make no sense; the session cannot go on. */
  fromServer(chunk: Uint8Array): void {
    const { session, clock, journal } = this.#options
    const answer = session.fromServer(chunk, clock.monotonicMs())
    journal.later(answer.events)
    for (const bytes of answer.bytes) this.#answers.push(bytes)
    const wasAnswering = this.#isAnswering
    this.#isAnswering = true
    if (chunk.length >= ANSWERED_AT_ONCE) this.answer()
    else if (!wasAnswering) journal.answer(this)
  }

  /** Whether bytes of the server wait for the end of the turn. */
  get isAnswering(): boolean {
    return this.#isAnswering
  }

  answer(): void {
    if (!this.#isAnswering) return
    this.#isAnswering = false
    const { client } = this.#options
    for (const bytes of this.#answers) client.write(bytes)
    this.#answers.length = 0
    if (client.writableNeedDrain && client.writableLength > 0) this.#clientFull()
    this.#sink.answered()
  }

  /** The client sends no more. */
  clientEnded(): void {
    this.#ending = true
    if (this.#waiting.length === 0 && !this.#judging) this.#options.server.end()
  }

  clientDrained(): void {
    clearTimeout(this.#stall)
    this.#options.server.resume()
  }

  /** The system has taken all that was written to the server. */
  serverDrained(): void {
    this.#giveBack()
    this.#readOn()
  }

  /** Nothing passes any more; what the server said so far still reaches the client. */
  stop(): void {
    this.answer()
    this.#over = true
    clearTimeout(this.#stall)
    clearTimeout(this.#rest)
  }

  #giveBack(): void {
    for (const chunk of this.#spent) giveBack(chunk)
    this.#spent.length = 0
  }

  #readOn(): void {
    if (!this.#held && !this.#judging && !this.#rest) this.#options.client.resume()
  }

  #keepPace(statements: number, nowMs: number): void {
    const { pacer, journal, client } = this.#options
    if (!pacer || statements === 0) return
    const { waitMs, events } = pacer.said(statements, nowMs)
    journal.later(events)
    if (waitMs === 0) return
    client.pause()
    clearTimeout(this.#rest)
    this.#rest = setTimeout(() => {
      this.#rest = undefined
      this.#readOn()
    }, waitMs)
  }

  #clientFull(): void {
    const { server, writeStallMs } = this.#options
    server.pause()
    if (writeStallMs === 0) return
    clearTimeout(this.#stall)
    this.#stall = setTimeout(() => this.#sink.stalled(), writeStallMs)
  }
}

/**
 * Bytes that wait for the server to take them, at which the client is not read. Above what a stream
 * calls full, or a bulk load would stop and begin to read at every chunk.
 */
const QUEUED_MAX = 256 * 1024
/** Much at once does not wait for the end of the turn: memory would be what a turn can bring. */
const ANSWERED_AT_ONCE = 4 * 1024
const NOTHING = new Uint8Array(0)
/** Smaller chunks cost less to collect than to give back. */
const GIVEN_BACK_MIN = 8 * 1024

/**
 * Frees memory that nobody looks at again now, not at the next collection: Node.js reads each chunk
 * into new memory, and every 64 MiB of it force V8 to collect everything. Only a whole buffer goes:
 * parts may share theirs.
 */
function giveBack({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}
