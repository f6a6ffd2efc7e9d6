/**
 * One stream of WAL, from its start to the end of its timeline: sockets and timers around
 * `WalSession`.
 *
 * @module
 */
import { FaultError, ProtocolError } from '#lib/errors.ts'
import type { BackendFrame } from '#protocol/postgres/replication/backend-frame.ts'
import type { Lsn } from '#protocol/postgres/replication/lsn.ts'
import { decodeReport } from '#protocol/postgres/replication/messages.ts'
import { decodeWalMessage } from '#protocol/postgres/replication/wal-stream.ts'
import type { Clock } from '#system/clock.ts'
import { unexpected } from '../replication/connection.ts'
import { faultFrom } from '../replication/server-faults.ts'
import type { WalBytes, WalStore } from '../repository/repository.ts'
import type { LogConnection } from './log-connection.ts'
import type { WalSession } from './session.ts'

export type StreamOptions = {
  readonly wal: WalStore
  readonly clock: Clock
  /** How long the first byte of a part may wait. */
  readonly partMs: number
  /** How long the server may say nothing, though asked every second, until we hang up. */
  readonly silenceMs: number
  /** Whether commits wait for us: then nothing waits to be sent but for what is on its way. */
  readonly eager: () => boolean
  /** Hears the log as it comes, in order. */
  readonly heard?: (lsn: Lsn, bytes: Uint8Array) => void
}

/** The server is told where we are, and asked where it is, this often. */
const STATUS_MS = 500
/** Parts on their way into the regions at once; beyond it we stop reading, and the slot waits. */
const PARTS_UNDER_WAY_MAX = 16
/** How long PostgreSQL may be held back while none of them arrives. */
const HELD_MAX_MS = 10_000

export class WalStream {
  readonly #connection: LogConnection
  readonly #session: WalSession
  readonly #options: StreamOptions
  readonly #underWay = new Set<Promise<void>>()
  readonly #ended = new AbortController()
  #cutArmed = false
  #heardMs = 0
  /** When the server was asked where it is; each gets an answer. Undefined: it says nothing new. */
  readonly #asked: (number | undefined)[] = []
  #answeredMs: number | undefined
  #currentMs: number | undefined
  #reading = false
  #failure: Error | undefined
  /** A part could not be stored, so none after it can. */
  #lost = false

  constructor(connection: LogConnection, session: WalSession, options: StreamOptions) {
    this.#connection = connection
    this.#session = session
    this.#options = options
  }

  /**
   * Stores what comes and reports what is safe, until the server says that the timeline ended. All
   * that came is durable then.
   *
   * @throws {FaultError | ProtocolError} When the connection or the repository fails. What was on
   *   its way into the regions has then arrived or failed.
   */
  async untilTimelineEnds(): Promise<void> {
    this.#heardMs = this.#options.clock.monotonicMs()
    const telling = this.#tellEverySecond()
    try {
      const reading = this.#read()
      this.#report(true)
      await reading
      this.#store(this.#session.cut())
      this.#connection.sendCopyDone()
      await this.#readResult()
    } catch (error) {
      throw this.#failure ?? error
    } finally {
      this.#ended.abort()
      // The server may be gone for good: what has come of it is not thrown away.
      if (!this.#lost) this.#store(this.#session.cut())
      await telling
      await Promise.all(this.#underWay)
    }
    if (this.#failure) throw this.#failure
  }

  async #read(): Promise<void> {
    for (;;) {
      while (this.#underWay.size >= PARTS_UNDER_WAY_MAX) {
        await this.#oneStored()
        this.#answeredMs = undefined
        this.#asked.fill(undefined) // the answers have waited with us meanwhile: they are no news
      }
      if (this.#failure) throw this.#failure
      this.#reading = true
      const frame = await this.#connection.take()
      this.#reading = false
      this.#heardMs = this.#options.clock.monotonicMs()
      if (frame.name === 'CopyDone') return
      this.#takeFrame(frame)
    }
  }

  /**
   * With no region taking anything we hang up: PostgreSQL cannot end a sender that is stuck in
   * sending to us, and no checkpoint then frees what the slot has lost (seen in 18.4).
   */
  async #oneStored(): Promise<void> {
    const enough = new AbortController()
    const held = this.#options.clock.sleep(HELD_MAX_MS, enough.signal).then(
      () => true,
      () => false,
    )
    const stored = Promise.race(this.#underWay).then(() => false)
    const hangUp = await Promise.race([stored, held])
    enough.abort()
    if (!hangUp) return
    this.#connection[Symbol.dispose]()
    const message = 'no region takes the log; we hang up until one does, so that nothing waits'
    throw new FaultError('WAL_HELD_BACK', message)
  }

  #takeFrame(frame: BackendFrame): void {
    if (frame.name === 'ErrorResponse') throw faultFrom(decodeReport(frame.body))
    if (frame.name === 'CommandComplete') {
      throw new FaultError('DATABASE_STOPPED', 'PostgreSQL shut down; we wait until it is back')
    }
    if (frame.name !== 'CopyData') throw unexpected(frame, 'START_REPLICATION')
    const message = decodeWalMessage(frame.body)
    const askedMs = message.kind === 'keepalive' ? this.#answered() : undefined
    const atMs = this.#options.clock.monotonicMs()
    this.#store(this.#session.take(message, atMs, askedMs))
    if (message.kind === 'wal') this.#options.heard?.(message.startLsn, message.bytes)
    const { currentMs, heldBytes } = this.#session
    if (currentMs !== undefined) this.#noteCurrent(heldBytes, currentMs)
    this.#cutEagerly()
    this.#armCut()
    if (message.kind === 'keepalive' && message.replyRequested) this.#report(false)
  }

  /**
   * The moment of which an answer speaks: when the question before this one was asked. What the
   * server had flushed by then it has sent by now; of what came since it may not know yet.
   */
  #answered(): number | undefined {
    const beforeMs = this.#answeredMs
    this.#answeredMs = this.#asked.shift()
    return this.#answeredMs === undefined ? undefined : beforeMs
  }

  #noteCurrent(heldBytes: number, currentMs: number): void {
    if (currentMs === this.#currentMs) return // then there was less
    this.#currentMs = currentMs
    this.#options.wal.current(heldBytes, currentMs)
  }

  /** What comes while a part is on its way becomes one part: the busier, the larger. */
  #cutEagerly(): void {
    if (this.#underWay.size === 0 && this.#options.eager()) this.#store(this.#session.cut())
  }

  #armCut(): void {
    if (this.#cutArmed || this.#session.cutDueMs(0) === undefined) return
    this.#cutArmed = true
    void this.#cutWhenDue()
  }

  async #cutWhenDue(): Promise<void> {
    const { partMs, clock } = this.#options
    const { signal } = this.#ended
    for (;;) {
      const dueMs = this.#session.cutDueMs(partMs)
      if (dueMs === undefined || signal.aborted) break
      const leftMs = dueMs - clock.monotonicMs()
      if (leftMs > 0) await clock.sleep(leftMs, signal).catch(() => undefined)
      else this.#store(this.#session.cut())
    }
    this.#cutArmed = false
  }

  #store(parts: readonly WalBytes[]): void {
    for (const part of parts) {
      const stored: Promise<void> = this.#options.wal.put(part).then(
        () => this.#stored(stored),
        (error: unknown) => {
          this.#underWay.delete(stored)
          this.#lost = true
          this.#fail(error)
        },
      )
      this.#underWay.add(stored)
    }
  }

  #stored(stored: Promise<void>): void {
    this.#underWay.delete(stored)
    this.#session.safe(this.#options.wal.durablePosition())
    this.#report(false)
    if (!this.#ended.signal.aborted) this.#cutEagerly()
  }

  async #tellEverySecond(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#ended
    for (;;) {
      await clock.sleep(STATUS_MS, signal).catch(() => undefined)
      if (signal.aborted) return
      this.#everySecond()
    }
  }

  #everySecond(): void {
    const silentMs = this.#options.clock.monotonicMs() - this.#heardMs
    if (this.#reading && silentMs > this.#options.silenceMs) {
      const seconds = Math.round(silentMs / 1000)
      const message = `PostgreSQL has said nothing for ${seconds} s, though asked; we connect anew`
      return this.#fail(new FaultError('WAL_SILENT', message))
    }
    this.#session.safe(this.#options.wal.durablePosition())
    this.#report(true)
  }

  #report(replyRequested: boolean): void {
    if (this.#failure) return
    const { clock } = this.#options
    if (replyRequested) this.#asked.push(this.#reading ? clock.monotonicMs() : undefined)
    this.#connection.sendCopyData(this.#session.status(clock.nowMs(), replyRequested))
  }

  /** Remembers the reason and hangs up, which ends the reading. */
  #fail(error: unknown): void {
    this.#failure ??= error as Error
    this.#connection[Symbol.dispose]()
  }

  /** After COPY: the next timeline and where it branched off; then the end of the command. */
  async #readResult(): Promise<void> {
    for (;;) {
      const frame = await this.#connection.next()
      if (frame.name === 'ReadyForQuery') return
      const expected = ['RowDescription', 'DataRow', 'CommandComplete', 'CopyDone']
      if (!expected.includes(frame.name)) {
        throw new ProtocolError('PG_FRAME_UNEXPECTED', `${frame.name} after the stream's end`)
      }
    }
  }
}
