/**
 * One request on one HTTP/2 stream: the client's side of an exchange.
 *
 * @module
 */
import { constants, type ServerHttp2Stream } from 'node:http2'
import { ProtocolError } from '#lib/errors.ts'
import { h2Fields, parseH2Request, trailersOf } from '#protocol/http/h2-head.ts'
import type { FlatHeaders, RequestHead, ResponseHead } from '#protocol/http/head.ts'
import { passableTrailers, takesTrailers } from '#protocol/http/trailers.ts'
import type { Downstream, Exchange } from '../exchange.ts'
import { clientFacts } from '../facts.ts'
import type { Gateway } from '../gateway.ts'
import { countStatus } from '../metrics.ts'
import { openExchange } from '../open-exchange.ts'
import { Outbox } from '../outbox.ts'
import { ownAnswer } from '../pages.ts'
import { hostName, passedFields, refusalOf } from '../policy.ts'
import { refusalCode, refusals, type RefusalCode } from '../refusals.ts'

/** How long a refused client may go on sending. */
const LINGER_MS = 2_000
const END_OF_HEAD = '\r\n\r\n'

export class H2Request implements Downstream {
  readonly #gateway: Gateway
  readonly #stream: ServerHttp2Stream
  readonly #address: string
  readonly #onOver: (wasCancelled: boolean) => void
  readonly #outbox = new Outbox()
  readonly #id: string
  readonly #startedMs: number
  #head: RequestHead | undefined
  #exchange: Exchange | undefined
  #status = 0
  #bytesIn = 0
  #bytesOut = 0
  #isAnswered = false
  #isEnding = false
  #trailers: FlatHeaders = []
  #isOver = false

  constructor(options: {
    readonly gateway: Gateway
    readonly stream: ServerHttp2Stream
    readonly address: string
    /** @param wasCancelled By the client, before its answer was whole. */
    readonly onOver: (wasCancelled: boolean) => void
  }) {
    this.#gateway = options.gateway
    this.#stream = options.stream
    this.#address = options.address
    this.#onOver = options.onOver
    this.#id = options.gateway.nextRequestId()
    this.#startedMs = options.gateway.nowMs()
  }

  /** @param isOver Whether no body follows. */
  begin(raw: FlatHeaders, isOver: boolean): void {
    const { config, metrics, pools, headLimits } = this.#gateway
    metrics.requests++
    const stream = this.#stream
    stream.on('error', () => undefined) // 'close' follows
    stream.on('close', () => this.#onClose())
    stream.on('drain', () => this.#exchange?.onClientDrain())
    try {
      this.#head = parseH2Request(raw, isOver, headLimits)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.refuse(refusalCode(error.code, 'HTTP_FIELD_INVALID'), error.message)
    }
    const head = this.#head
    const pool = pools.get(hostName(head.host))
    if (!pool) return this.refuse('WEB_HOST_UNKNOWN', hostName(head.host))
    const refused = refusalOf(head, config.limits.bodyMax)
    if (refused) return this.refuse(refused, head.method)
    if (this.#gateway.stopping) return this.refuse('WEB_STOPPING', 'the gateway stops')
    const facts = clientFacts(this.#gateway, head, this.#address)
    const exchange = openExchange(this.#gateway, {
      head,
      facts,
      requestId: this.#id,
      pool,
      client: this,
    })
    this.#exchange = exchange
    metrics.exchanges++
    if (!isOver) {
      stream.on('data', (content: Buffer) => {
        metrics.bytesIn += content.length
        this.#bytesIn += content.length
        exchange.onRequestContent(content)
        exchange.flushRequest()
      })
      let trailers: FlatHeaders = []
      stream.on('trailers', (_, __, raw: string[] = []) => (trailers = trailersOf(raw)))
      stream.on('end', () => {
        exchange.onRequestEnd(trailers)
        exchange.flushRequest()
      })
    } else stream.resume()
    exchange.start()
  }

  checkTime(nowMs: number): void {
    if (this.#exchange) return this.#exchange.checkTime(nowMs)
    if (nowMs - this.#startedMs > LINGER_MS) this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  // ── called by the exchange ────────

  sendContinue(): void {
    this.#stream.additionalHeaders({ ':status': 100 })
  }

  sendHead(response: ResponseHead): void {
    const request = this.#head
    if (!request) return
    const { headers, cookies, metrics, security } = this.#gateway
    const host = hostName(request.host)
    const onCookieDropped = (reason: string): void => {
      metrics.cookiesDropped++
      security.record('WEB_COOKIE_DROPPED', `${host} ${reason}`, { host, reason })
    }
    const input = { request, response, host, policy: headers, cookies, onCookieDropped }
    const { length } = response
    const known =
      length === undefined || response.body === 'chunked' ? [] : ['content-length', `${length}`]
    const mayHaveTrailers = response.body === 'chunked' && takesTrailers(request.headers)
    this.#respond(response.status, [...h2Fields(passedFields(input)), ...known], mayHaveTrailers)
  }

  sendContent(content: Buffer): void {
    this.#bytesOut += content.length
    this.#outbox.add(content)
  }

  sendEnd(trailers: FlatHeaders): void {
    this.#isEnding = true
    const { headers } = this.#gateway
    this.#trailers = passableTrailers(trailers, (name) => headers.governs(name))
  }

  flush(): boolean {
    const stream = this.#stream
    if (stream.destroyed) return true
    this.#gateway.metrics.bytesOut += this.#outbox.size
    const open = this.#outbox.flushTo(stream)
    if (this.#isEnding && !stream.writableEnded) stream.end()
    return open
  }

  pauseBody(): void {
    this.#stream.pause()
  }

  resumeBody(): void {
    this.#stream.resume()
  }

  /** Only for a change of protocol, which HTTP/2 does not have in this form. */
  sendSwitch(): void {
    this.abort()
  }

  sendTunnelData(): void {
    this.abort()
  }

  sendTunnelEnd(): void {
    this.abort()
  }

  refuse(code: RefusalCode, detail: string, retryAfterSeconds?: number): void {
    if (this.#isAnswered || this.#stream.destroyed) return
    const { metrics, headers, security } = this.#gateway
    const request = this.#head
    const common = { id: this.#id, keepAlive: true, headers, dateMs: this.#gateway.wallClockMs() }
    const answer = ownAnswer({ ...common, code, request, retryAfterSeconds })
    metrics.refused[code] = (metrics.refused[code] ?? 0) + 1
    if (refusals[code].audited) {
      const address = this.#address
      security.record('WEB_REQUEST_REFUSED', code, { reason: code, detail, address })
    }
    const headEnd = answer.indexOf(END_OF_HEAD)
    const lines = answer.toString('latin1', answer.indexOf('\r\n') + 2, headEnd)
    this.#respond(refusals[code].status, h2Fields(lines))
    this.#leaveExchange()
    this.#stream.end(answer.subarray(headEnd + END_OF_HEAD.length))
    this.#stream.resume() // what the client still sends is read, and goes nowhere
  }

  abort(): void {
    this.#leaveExchange()
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }

  onExchangeOver(): void {
    this.#isEnding = true
    this.flush()
    this.#leaveExchange()
    this.#stream.resume()
  }

  // ── within ────────

  #respond(status: number, fields: FlatHeaders, mayHaveTrailers: boolean = false): void {
    this.#isAnswered = true
    this.#status = status
    const options = { endStream: false, waitForTrailers: mayHaveTrailers }
    if (mayHaveTrailers) this.#stream.once('wantTrailers', () => this.#sendTrailers())
    this.#stream.respond([':status', String(status), ...fields], options)
  }

  #sendTrailers(): void {
    if (this.#stream.destroyed) return
    const fields: Record<string, string> = {}
    for (let at = 0; at < this.#trailers.length; at += 2) {
      const name = this.#trailers[at] ?? ''
      const value = this.#trailers[at + 1] ?? ''
      fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
    }
    this.#stream.sendTrailers(fields) // none, too: it ends the answer
  }

  #leaveExchange(): void {
    if (this.#exchange) this.#gateway.metrics.exchanges--
    this.#exchange = undefined
  }

  #onClose(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { metrics, logAccess, nowMs } = this.#gateway
    const exchange = this.#exchange
    if (exchange) {
      metrics.clientAborts++
      this.#leaveExchange()
      exchange.onClientGone()
    }
    countStatus(metrics, this.#status)
    const head = this.#head
    logAccess?.({
      id: this.#id,
      host: head ? hostName(head.host) : '',
      method: head?.method ?? '',
      status: this.#status,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      durationMs: Math.round(nowMs() - this.#startedMs),
    })
    this.#onOver(exchange !== undefined)
  }
}
