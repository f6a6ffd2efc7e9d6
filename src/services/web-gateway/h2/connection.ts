/**
 * One client connection speaking HTTP/2: many requests at a time, each an exchange like any other.
 *
 * The library beneath bounds CONTINUATION frames, header lists and invalid frames; what it cannot
 * know is that a client opens requests only to cancel them (CVE-2023-44487), or only with heads
 * that must be refused: both are counted here.
 *
 * @module
 */
import { constants, performServerHandshake, type ServerHttp2Session } from 'node:http2'
import type { ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Gateway } from '../gateway.ts'
import { H2Request } from './request.ts'

const STREAMS_MAX = 100
/** Of one head, what the library reads at all; below it, our own limit answers with a page. */
const FIELD_PAIRS_MAX = 1_000
const SESSION_MEMORY_MAX_MB = 10
const INVALID_FRAMES_MAX = 10
/** Cancelled requests of a connection, beyond which more than half cancelled is an attack. */
const CANCELLED_MAX = 100
/** Requests of a connection that never reached us; each costs the decoding of a whole table. */
const UNSEEN_MAX = 20
const END_STREAM = 0x1

export class H2Connection {
  readonly #gateway: Gateway
  readonly #session: ServerHttp2Session
  readonly #address: string
  readonly #requests = new Set<H2Request>()
  #idleSinceMs: number
  #asked = 0
  #cancelled = 0
  #isStopping = false

  /** @param address Of the peer, plain. */
  constructor(
    gateway: Gateway,
    socket: TLSSocket,
    address: string,
    onClosed: (connection: H2Connection) => void,
  ) {
    this.#gateway = gateway
    this.#address = address
    this.#idleSinceMs = gateway.nowMs()
    const session = performServerHandshake(socket, {
      maxSessionMemory: SESSION_MEMORY_MAX_MB,
      maxHeaderListPairs: FIELD_PAIRS_MAX,
      maxSessionInvalidFrames: INVALID_FRAMES_MAX,
      settings: {
        enablePush: false,
        maxConcurrentStreams: STREAMS_MAX,
        maxHeaderListSize: 2 * gateway.config.limits.headMax,
      },
    })
    this.#session = session
    session.on('stream', (stream, _, flags, raw: string[] = []) =>
      this.#onStream(stream, flags, raw),
    )
    session.on('error', () => undefined) // a reset: 'close' follows
    session.on('close', () => onClosed(this))
    session.on('goaway', () => undefined)
  }

  /** Ends the connection as soon as what was accepted is done. */
  stop(): void {
    this.#isStopping = true
    if (!this.#session.destroyed) this.#session.close()
  }

  /** Refuses the client before it has said anything. */
  turnAway(): void {
    this.#session.goaway(constants.NGHTTP2_REFUSED_STREAM)
    this.#session.destroy()
  }

  /** Called now and then; ends what has stood still for too long. */
  checkTime(nowMs: number): void {
    if (this.#unseen > UNSEEN_MAX) return this.#showOut('heads')
    for (const request of this.#requests) request.checkTime(nowMs)
    const { keepAliveMs } = this.#gateway.config.limits
    const isIdle = this.#requests.size === 0 && nowMs - this.#idleSinceMs > keepAliveMs
    if (isIdle && !this.#isStopping) this.stop()
  }

  /**
   * Requests whose head the library beneath refused, so that we never heard of them: of too many
   * fields, or of fields that grow out of the client's table.
   */
  get #unseen(): number {
    if (this.#session.destroyed) return 0
    const { lastProcStreamID = 0 } = this.#session.state
    return (lastProcStreamID + 1) / 2 - this.#asked
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    this.#asked++
    const request = new H2Request({
      gateway: this.#gateway,
      stream,
      address: this.#address,
      onOver: (wasCancelled) => {
        this.#requests.delete(request)
        this.#idleSinceMs = this.#gateway.nowMs()
        if (wasCancelled) this.#onCancelled()
      },
    })
    this.#requests.add(request)
    request.begin(raw, (flags & END_STREAM) !== 0)
  }

  #onCancelled(): void {
    if (++this.#cancelled <= CANCELLED_MAX || this.#cancelled * 2 < this.#asked) return
    this.#showOut('resets')
  }

  #showOut(why: string): void {
    if (this.#session.destroyed) return
    const address = this.#address
    this.#gateway.security.record('WEB_CONNECTION_REFUSED', why, { address })
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM)
    this.#session.destroy()
  }
}
