/**
 * One request and its answer: between a client of whatever protocol and a connection to the
 * application. Bodies flow both ways without being kept; whoever is slower sets the pace.
 *
 * @module
 */
import { CARD_DRILL_PATH } from '#lib/cards/drill.ts'
import type { VeiligError } from '#lib/errors.ts'
import type { FlatHeaders, RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { lastChunk, passableTrailers, takesTrailers } from '#protocol/http/trailers.ts'
import type { GuardRefusal } from './guard.ts'
import type { AnswerFilter, HeldRequest, Verdict } from './interception.ts'
import { CardWatch, packingOf, type OnCard, type Where } from './card-watch.ts'
import { hostName, isRepeatable, isWebSocket } from './policy.ts'
import { refusalCode, type RefusalCode } from './refusals.ts'
import type { UpstreamPool } from './pool.ts'
import type { ResponseHandler, UpstreamConnection } from './upstream.ts'

/** The client's side, as an exchange sees it. */
export interface Downstream {
  sendContinue(): void
  /** @param complete Whether the request's body has come whole, so that the connection may live. */
  sendHead(head: ResponseHead, complete: boolean): void
  sendContent(content: Buffer): void
  /** @param trailers Only for a client that takes them. */
  sendEnd(trailers: FlatHeaders): void
  /** From here on bytes pass as they are. */
  sendSwitch(head: ResponseHead): void
  sendTunnelData(bytes: Buffer): void
  sendTunnelEnd(): void
  /** @returns Whether the client takes more; else `onClientDrain` follows. */
  flush(): boolean
  pauseBody(): void
  resumeBody(): void
  /** Answers with our own page. Only before `sendHead`. */
  refuse(code: RefusalCode, detail: string, retryAfterSeconds?: number): void
  /** The answer cannot be finished: the client must see that it was cut. */
  abort(): void
  /** Both sides are done. */
  onExchangeOver(): void
}

export type ExchangeLimits = {
  readonly bodyMax: number
  readonly bodyIdleMs: number
  readonly clientStallMs: number
  readonly responseMs: number
  readonly responseIdleMs: number
  readonly tunnelIdleMs: number
}

export type ExchangeTools = {
  readonly limits: ExchangeLimits
  readonly nowMs: () => number
  readonly onRetry: () => void
  readonly onUpstreamFailure: (error: VeiligError) => void
  readonly onCard: OnCard
}

/** Whether a request may pass at all; asked before anything is sent. */
export type Admit = () => GuardRefusal | undefined | Promise<GuardRefusal | undefined>

/** A request that must not be sent twice takes no connection kept longer than this. */
const FRESH_MS = 1_000

/** A request that ends the application must not end it again and again. */
const RETRIES_MAX = 2

/** To a message that was for the gateway. */
const noContent: ResponseHead = {
  status: 204,
  reason: 'No Content',
  minorVersion: 1,
  headers: ['cache-control', 'no-store'],
  body: 'none',
  length: undefined,
  keepAlive: true,
  connection: [],
  upgrade: undefined,
}

const chunkEnd = '\r\n'
const nothing: FlatHeaders = []

export class Exchange implements ResponseHandler {
  readonly method: string
  readonly #request: RequestHead
  readonly #headText: string
  readonly #pool: UpstreamPool
  readonly #client: Downstream
  readonly #tools: ExchangeTools
  #requestCards: CardWatch | undefined
  #responseCards: CardWatch | undefined
  readonly #admit: Admit | undefined
  #isAdmitted = false
  readonly #hold: HeldRequest | undefined
  readonly #filter: AnswerFilter | undefined
  #held: boolean
  #upstream: UpstreamConnection | undefined
  #waiting: Buffer[] | undefined
  #bodyBytes = 0
  #requestDone: boolean
  #trailers = nothing
  #responding = false
  #responseDone = false
  #continued = false
  #retries = 0
  #sent = false
  #tunnel = false
  #over = false
  #clientBlocked = false
  #upstreamBlocked = false
  /** When something last moved, as far as the last look at the clock knows. */
  #progressMs: number
  #hasMoved = false

  constructor(options: {
    readonly request: RequestHead
    readonly headText: string
    readonly pool: UpstreamPool
    readonly client: Downstream
    readonly tools: ExchangeTools
    /** Of a login, say: nothing of it is sent before it is whole and admitted. */
    readonly hold?: HeldRequest | undefined
    readonly filter?: AnswerFilter | undefined
    readonly admit?: Admit | undefined
  }) {
    this.#request = options.request
    this.method = options.request.method
    this.#headText = options.headText
    this.#pool = options.pool
    this.#client = options.client
    this.#tools = options.tools
    if (options.request.body !== 'none')
      this.#requestCards = this.#watch('request', options.request)
    this.#hold = options.hold
    this.#filter = options.filter
    this.#admit = options.admit
    this.#held = options.hold !== undefined
    this.#requestDone = options.request.body === 'none'
    this.#progressMs = options.tools.nowMs()
  }

  get isTunnel(): boolean {
    return this.#tunnel
  }

  /** Bytes of request body so far. */
  get bodyBytes(): number {
    return this.#bodyBytes
  }

  start(): void {
    const verdict = this.#admit?.()
    if (!(verdict instanceof Promise)) return this.#begin(verdict)
    this.#block() // the body waits until others have been asked
    void this.#later(verdict, (refusal) => this.#begin(refusal))
  }

  #begin(refusal: GuardRefusal | undefined): void {
    if (this.#over) return
    if (refusal) return this.#turnAway(refusal)
    this.#isAdmitted = true
    this.#unblock()
    if (!this.#held) return this.#send()
    if (this.#requestDone) return this.#decide()
    if (!this.#request.expectsContinue) return
    this.#continued = true // it waits for us, not for the application
    this.#client.sendContinue()
  }

  #send(): void {
    this.#pool.request(this, isRepeatable(this.#request) ? Infinity : FRESH_MS)
    if (!this.#upstream && !this.#over) this.#block() // in the queue: the body must wait, too
  }

  // ── from the client ────────

  onRequestContent(content: Buffer): void {
    if (this.#over) return
    this.#progress()
    this.#bodyBytes += content.length
    this.#requestCards?.push(content)
    if (this.#bodyBytes > this.#tools.limits.bodyMax) {
      return this.#refuse('WEB_BODY_TOO_LARGE', `more than ${this.#tools.limits.bodyMax} bytes`)
    }
    if (this.#upstream) return this.#forward(content)
    ;(this.#waiting ??= []).push(content)
    const refusal = this.#held ? this.#hold?.take(content) : undefined
    if (refusal) this.#turnAway(refusal)
  }

  /** @param trailers Fields after a chunked body. */
  onRequestEnd(trailers: FlatHeaders = nothing): void {
    if (this.#over) return
    this.#trailers = passableTrailers(trailers)
    this.#requestDone = true
    this.#progress()
    if (!this.#isAdmitted) return
    if (this.#held) return this.#decide()
    if (this.#upstream && this.#request.body === 'chunked') this.#sendLastChunk(this.#upstream)
    if (this.#responseDone) this.#finish()
  }

  /** All of one read was handed over: time to write. */
  flushRequest(): void {
    if (!this.#over && this.#upstream?.flush() === false) this.#block()
  }

  /** The request's body is not what it announced. */
  onRequestInvalid(error: VeiligError): void {
    this.#refuse(refusalCode(error.code, 'HTTP_CHUNK_INVALID'), error.message)
  }

  onTunnelBytes(bytes: Buffer): void {
    this.#progress()
    this.#upstream?.send(bytes)
    this.flushRequest()
  }

  onClientDrain(): void {
    this.#progress()
    if (!this.#clientBlocked) return
    this.#clientBlocked = false
    this.#upstream?.resume()
  }

  /** The client went away: the application is told at once, by a closed connection. */
  onClientGone(): void {
    if (this.#over) return
    this.#close()
    if (this.#tunnel) this.#upstream?.endTunnel()
    else this.#upstream?.destroy()
  }

  // ── from the application ────────

  onConnection(connection: UpstreamConnection): void {
    this.#upstream = connection
    this.#sent = true
    this.#progress()
    connection.send(this.#headText)
    for (const content of this.#waiting ?? []) this.#forward(content)
    this.#waiting = undefined
    if (this.#requestDone && this.#request.body === 'chunked') this.#sendLastChunk(connection)
    if (connection.flush()) this.#unblock()
    else this.#block()
  }

  onInterim(status: number): void {
    this.#progress()
    if (status !== 100 || !this.#request.expectsContinue || this.#continued) return
    this.#continued = true
    this.#client.sendContinue()
  }

  onResponseHead(head: ResponseHead): void {
    if (head.body !== 'none') this.#responseCards = this.#watch('response', head)
    this.#progress()
    this.#responding = true
    const answer = this.#hold?.answered(head) ?? head
    this.#client.sendHead(this.#filter?.head(answer) ?? answer, this.#requestDone)
  }

  onResponseContent(content: Buffer): void {
    this.#responseCards?.push(content)
    this.#sendContent(this.#filter?.content(content) ?? content)
  }

  onBatchEnd(): void {
    this.#progress()
    if (this.#client.flush() || this.#over) return
    this.#clientBlocked = true
    this.#upstream?.pause()
  }

  onResponseEnd(trailers: FlatHeaders): void {
    this.#responseDone = true
    this.#sendContent(this.#filter?.end())
    const wanted = trailers.length > 0 && takesTrailers(this.#request.headers)
    this.#client.sendEnd(wanted ? trailers : nothing)
    this.#client.flush()
    // An answer before the whole question: the rest of it is not wanted any more.
    this.#finish()
  }

  onSwitch(head: ResponseHead): void {
    if (!isWebSocket(this.#request) || head.upgrade !== 'websocket') {
      this.#upstream?.destroy()
      return this.#refuse('WEB_UPSTREAM_BROKEN', 'the application changed protocols unasked')
    }
    this.#tunnel = true
    this.#responding = true
    this.#client.sendSwitch(head)
  }

  onTunnelData(bytes: Buffer): void {
    this.#client.sendTunnelData(bytes)
  }

  onTunnelEnd(): void {
    this.#close()
    this.#client.sendTunnelEnd()
  }

  onUpstreamDrain(): void {
    this.#progress()
    this.#unblock()
  }

  onUpstreamFailure(error: VeiligError, connection: UpstreamConnection | undefined): void {
    if (this.#over) return
    if (this.#maySendAgain(connection)) {
      this.#retries++
      this.#upstream = undefined
      this.#tools.onRetry()
      return this.#pool.request(this, -1) // a new connection, not another old one
    }
    this.#tools.onUpstreamFailure(error)
    this.#refuse(refusalCode(error.code, 'WEB_UPSTREAM_BROKEN'), error.message, true)
  }

  // ── time ────────

  /** Called now and then; ends what has stood still for too long. */
  checkTime(nowMs: number): void {
    const { limits } = this.#tools
    if (this.#hasMoved) this.#progressMs = nowMs
    this.#hasMoved = false
    const idleMs = nowMs - this.#progressMs
    if (this.#over) return
    if (this.#tunnel) return idleMs > limits.tunnelIdleMs ? this.#timeOut() : undefined
    if (this.#clientBlocked) return idleMs > limits.clientStallMs ? this.#timeOut() : undefined
    if (!this.#requestDone && !this.#upstreamBlocked) {
      if (idleMs > limits.bodyIdleMs) this.#refuse('WEB_REQUEST_TIMEOUT', 'the body stands still')
      return
    }
    if (this.#responding) return idleMs > limits.responseIdleMs ? this.#timeOut() : undefined
    if (idleMs <= limits.responseMs) return
    this.#refuse('WEB_UPSTREAM_TIMEOUT', `no answer within ${limits.responseMs} ms`)
  }

  #timeOut(): void {
    this.#close()
    this.#upstream?.destroy()
    this.#client.abort()
  }

  // ── within ────────

  #watch(where: Where, head: RequestHead | ResponseHead): CardWatch | undefined {
    const packing = packingOf(head.headers)
    if (packing === 'opaque') return undefined
    const isDrill = where === 'request' && this.#request.target === CARD_DRILL_PATH
    const place = { where, host: hostName(this.#request.host), isDrill }
    return new CardWatch(place, this.#tools.onCard, packing)
  }

  #sendLastChunk(upstream: UpstreamConnection): void {
    upstream.send(lastChunk(this.#trailers))
  }

  #forward(content: Buffer): void {
    if (!this.#upstream) return
    if (this.#request.body !== 'chunked') return this.#upstream.send(content)
    this.#upstream.send(`${content.length.toString(16)}\r\n`)
    this.#upstream.send(content)
    this.#upstream.send(chunkEnd)
  }

  /** A held request is whole: the application sees it, or nobody does. */
  #decide(): void {
    const verdict = this.#hold?.decide()
    if (!(verdict instanceof Promise)) return this.#act(verdict)
    void this.#later(verdict, (decided) => this.#act(decided))
  }

  /** What cannot be counted does not pass. */
  async #later<Answer>(asked: Promise<Answer>, act: (answer: Answer) => void): Promise<void> {
    let answer: Answer
    try {
      answer = await asked
    } catch (error) {
      return this.#refuse('WEB_STOPPING', (error as Error).message)
    }
    act(answer)
  }

  #act(verdict: Verdict): void {
    if (this.#over) return
    if (verdict === 'done') return this.#answerNothing()
    if (verdict) return this.#turnAway(verdict)
    this.#held = false
    this.#send()
  }

  #answerNothing(): void {
    this.#client.sendHead(noContent, true)
    this.#client.flush()
    this.#finish()
  }

  #sendContent(content: Buffer | undefined): void {
    if (content && content.length > 0) this.#client.sendContent(content)
  }

  #turnAway({ code, detail, retryAfterSeconds }: GuardRefusal): void {
    this.#close()
    this.#client.refuse(code, detail, retryAfterSeconds)
  }

  /** Nothing of an answer came: the connection was old, or the application is starting again. */
  #maySendAgain(connection: UpstreamConnection | undefined): boolean {
    const unanswered = connection !== undefined && !connection.answered
    return unanswered && this.#retries < RETRIES_MAX && isRepeatable(this.#request)
  }

  /** @param upstreamGone Whether there is no connection left to give up. */
  #refuse(code: RefusalCode, detail: string, upstreamGone: boolean = false): void {
    if (this.#over) return
    this.#close()
    if (!upstreamGone) this.#upstream?.destroy()
    if (this.#responding) this.#client.abort()
    else this.#client.refuse(code, detail)
  }

  #finish(): void {
    if (this.#over) return
    this.#close()
    if (this.#requestDone) this.#upstream?.release()
    else this.#upstream?.destroy()
    this.#client.onExchangeOver()
  }

  #close(): void {
    this.#requestCards?.end()
    this.#responseCards?.end()
    this.#over = true
    this.#hold?.over(this.#sent)
    this.#pool.forget(this)
  }

  #block(): void {
    this.#upstreamBlocked = true
    this.#client.pauseBody()
  }

  #unblock(): void {
    if (!this.#upstreamBlocked) return
    this.#upstreamBlocked = false
    this.#client.resumeBody()
  }

  /** Seen at the next look at the clock: to read it for every piece would cost more. */
  #progress(): void {
    this.#hasMoved = true
  }
}
