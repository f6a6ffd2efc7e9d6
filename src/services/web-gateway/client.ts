/**
 * One client connection speaking HTTP/1.1: requests one after another, each answered before the
 * next is read.
 *
 * @module
 */
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { ProtocolError } from '#lib/errors.ts'
import { BodyReader } from '#protocol/http/body.ts'
import {
  parseRequestHead,
  parseRequestLine,
  type FlatHeaders,
  type RequestHead,
  type ResponseHead,
} from '#protocol/http/head.ts'
import { HeadScanner } from '#protocol/http/scanner.ts'
import { lastChunk, passableTrailers } from '#protocol/http/trailers.ts'
import type { Downstream, Exchange } from './exchange.ts'
import type { Gateway } from './gateway.ts'
import { clientFacts } from './facts.ts'
import { countStatus } from './metrics.ts'
import { openExchange } from './open-exchange.ts'
import { Outbox } from './outbox.ts'
import { ownAnswer } from './pages.ts'
import { clientHead, delivery, hostName, refusalOf } from './policy.ts'
import { refusalCode, refusals, type RefusalCode } from './refusals.ts'

/** How long a refused client may finish sending, so that it can read our answer. */
const LINGER_MS = 2_000

type State = 'waiting' | 'head' | 'exchange' | 'tunnel' | 'closing'

export class ClientConnection implements Downstream {
  readonly #gateway: Gateway
  readonly #socket: Duplex
  readonly #address: string
  readonly #scanner: HeadScanner
  readonly #outbox = new Outbox()
  readonly #onClosed: (connection: ClientConnection) => void
  #state: State = 'waiting'
  #sinceMs: number
  #request: RequestHead | undefined
  #requestId = ''
  #exchange: Exchange | undefined
  #body: BodyReader | undefined
  #chunked = false
  #keepAlive = false
  #held: Buffer | undefined
  #paused = false
  #startedMs = 0
  #status = 0
  #bytesOut = 0

  /** @param address Of the peer, plain. */
  constructor(
    gateway: Gateway,
    socket: Duplex,
    address: string,
    onClosed: (connection: ClientConnection) => void,
  ) {
    this.#gateway = gateway
    this.#socket = socket
    this.#address = address
    this.#onClosed = onClosed
    this.#scanner = new HeadScanner(gateway.headLimits, checkRequestLine)
    this.#sinceMs = gateway.nowMs()
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#onDrain())
    socket.on('error', () => undefined) // a reset: 'close' follows and says all we need
    socket.on('close', () => this.#onClose())
  }

  /** Whether nothing is under way, so that it may be closed at once. */
  get idle(): boolean {
    return this.#state === 'waiting'
  }

  /** Ends the connection as soon as what was accepted is done. */
  stop(): void {
    // A tunnel has no end of its own to wait for, and its client connects again by itself.
    if (this.#state === 'waiting' || this.#state === 'tunnel') this.#socket.end()
    else this.#keepAlive = false
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Refuses the client before it has said anything. */
  turnAway(code: RefusalCode): void {
    this.refuse(code, '')
  }

  /** Called now and then; ends what has stood still for too long. */
  checkTime(nowMs: number): void {
    const { limits } = this.#gateway.config
    const sinceMs = nowMs - this.#sinceMs
    if (this.#state === 'waiting') {
      if (sinceMs > limits.keepAliveMs) this.#socket.end()
    } else if (this.#state === 'head') {
      const late = sinceMs > limits.headTimeoutMs
      if (late) this.refuse('WEB_REQUEST_TIMEOUT', `no whole head in ${limits.headTimeoutMs} ms`)
    } else if (this.#state === 'closing') {
      if (sinceMs > LINGER_MS) this.#socket.destroy()
    } else this.#exchange?.checkTime(nowMs)
  }

  // ── reading ────────

  #onData(chunk: Buffer): void {
    this.#gateway.metrics.bytesIn += chunk.length
    if (this.#state === 'closing') return // the rest of what was refused
    if (this.#state === 'tunnel') return this.#exchange?.onTunnelBytes(chunk)
    this.#process(chunk)
  }

  #process(chunk: Buffer): void {
    let at = 0
    try {
      while (at < chunk.length && this.#state !== 'closing') {
        if (this.#state === 'tunnel') return this.#exchange?.onTunnelBytes(chunk.subarray(at))
        if (this.#state === 'exchange') {
          if (!this.#body || this.#body.done) return this.#hold(chunk, at)
          at = this.#readBody(this.#body, chunk, at)
        } else {
          if (this.#state === 'waiting') this.#enter('head')
          at = this.#scanner.push(chunk, at)
          if (at < 0) return
          this.#begin(parseRequestHead(this.#scanner.head, this.#gateway.headLimits))
        }
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      if (this.#exchange) this.#exchange.onRequestInvalid(error)
      else this.refuse(refusalCode(error.code, 'HTTP_REQUEST_LINE_INVALID'), error.message)
    }
    this.#exchange?.flushRequest()
  }

  #readBody(body: BodyReader, chunk: Buffer, start: number): number {
    const exchange = this.#exchange
    const at = body.push(chunk, start, (content) => exchange?.onRequestContent(content))
    if (body.done && this.#exchange === exchange) exchange?.onRequestEnd(body.trailers)
    return at
  }

  /** The next request came before this one was answered: it waits, and so does all behind it. */
  #hold(chunk: Buffer, at: number): void {
    this.#held = chunk.subarray(at)
    this.#exchange?.flushRequest()
    this.#pause()
  }

  #begin(head: RequestHead): void {
    const { config, metrics, pools } = this.#gateway
    metrics.requests++
    this.#request = head
    this.#requestId = this.#gateway.nextRequestId()
    this.#startedMs = this.#gateway.nowMs()
    this.#bytesOut = 0
    this.#keepAlive = head.keepAlive
    const pool = pools.get(hostName(head.host))
    if (!pool) return this.refuse('WEB_HOST_UNKNOWN', hostName(head.host))
    const refused = refusalOf(head, config.limits.bodyMax)
    if (refused) return this.refuse(refused, head.method)
    if (this.#gateway.stopping) return this.refuse('WEB_STOPPING', 'the gateway stops')
    const facts = clientFacts(this.#gateway, head, this.#address)
    const asked = { head, facts, requestId: this.#requestId, pool, client: this }
    this.#exchange = openExchange(this.#gateway, asked)
    this.#body = head.body === 'none' ? undefined : new BodyReader(head.body, head.length)
    this.#enter('exchange')
    metrics.exchanges++
    this.#exchange.start()
  }

  // ── writing: called by the exchange ────────

  sendContinue(): void {
    this.#outbox.add('HTTP/1.1 100 Continue\r\n\r\n')
    this.flush()
  }

  sendHead(head: ResponseHead, complete: boolean): void {
    const request = this.#request
    if (!request) return
    const mayKeepAlive = this.#keepAlive && complete && !this.#gateway.stopping
    const how = delivery(request, head, mayKeepAlive)
    this.#keepAlive = how.keepAlive
    this.#chunked = how.framing === 'chunked'
    this.#writeHead(request, head, how)
  }

  sendContent(content: Buffer): void {
    this.#bytesOut += content.length
    if (!this.#chunked) return this.#outbox.add(content)
    this.#outbox.add(`${content.length.toString(16)}\r\n`)
    this.#outbox.add(content)
    this.#outbox.add('\r\n')
  }

  sendEnd(trailers: FlatHeaders): void {
    if (!this.#chunked) return
    const { headers } = this.#gateway
    this.#outbox.add(lastChunk(passableTrailers(trailers, (name) => headers.governs(name))))
  }

  sendSwitch(head: ResponseHead): void {
    if (!this.#request) return
    this.#writeHead(this.#request, head, { framing: 'none', keepAlive: true })
    this.flush()
    this.#enter('tunnel')
    this.#gateway.metrics.tunnels++
    const held = this.#held // sent before the answer came: it belongs to the new protocol
    this.#held = undefined
    if (held) this.#exchange?.onTunnelBytes(held)
    this.#resume()
  }

  sendTunnelData(bytes: Buffer): void {
    this.#bytesOut += bytes.length
    this.#outbox.add(bytes)
  }

  sendTunnelEnd(): void {
    this.flush()
    this.#socket.end()
  }

  flush(): boolean {
    this.#gateway.metrics.bytesOut += this.#outbox.size
    if (this.#socket instanceof TLSSocket) return this.#outbox.encryptTo(this.#socket)
    return this.#outbox.flushTo(this.#socket)
  }

  pauseBody(): void {
    this.#pause()
  }

  resumeBody(): void {
    if (!this.#held) this.#resume()
  }

  refuse(code: RefusalCode, detail: string, retryAfterSeconds?: number): void {
    if (this.#state === 'closing' || this.#socket.destroyed) return
    const { metrics, headers, security } = this.#gateway
    const request = this.#request
    const id = (this.#requestId ||= this.#gateway.nextRequestId())
    const clean = this.#exchange ? !this.#body || this.#body.done : request?.body === 'none'
    const keepAlive = clean && this.#keepAlive && !this.#gateway.stopping
    const dateMs = this.#gateway.wallClockMs()
    const connection = { id, keepAlive, headers, dateMs }
    const answer = ownAnswer({ ...connection, code, request, retryAfterSeconds })
    metrics.refused[code] = (metrics.refused[code] ?? 0) + 1
    if (refusals[code].audited) {
      const address = this.#address
      security.record('WEB_REQUEST_REFUSED', code, { reason: code, detail, address })
    }
    this.#status = refusals[code].status
    this.#outbox.add(answer)
    this.flush()
    this.#endRequest()
    if (!keepAlive) return this.#close()
    this.#next()
  }

  abort(): void {
    this.#endRequest()
    this.#socket.destroy()
  }

  onExchangeOver(): void {
    const complete = !this.#body || this.#body.done
    this.#endRequest()
    if (!this.#keepAlive || !complete) return this.#close()
    this.#next()
  }

  // ── within ────────

  #writeHead(request: RequestHead, response: ResponseHead, how: ReturnType<typeof delivery>): void {
    this.#status = response.status
    const { headers, cookies, metrics, security } = this.#gateway
    const host = hostName(request.host)
    const onCookieDropped = (reason: string): void => {
      metrics.cookiesDropped++
      security.record('WEB_COOKIE_DROPPED', `${host} ${reason}`, { host, reason })
    }
    const policy = headers
    const input = { request, response, host, delivery: how, policy, cookies, onCookieDropped }
    this.#outbox.add(clientHead(input))
  }

  /** Counts and logs the request that is over now. */
  #endRequest(): void {
    const { metrics, logAccess } = this.#gateway
    const request = this.#request
    countStatus(metrics, this.#status)
    if (this.#exchange) metrics.exchanges--
    if (this.#state === 'tunnel') metrics.tunnels--
    if (logAccess) {
      logAccess({
        id: this.#requestId,
        host: request ? hostName(request.host) : '',
        method: request?.method ?? '',
        status: this.#status,
        bytesIn: this.#exchange?.bodyBytes ?? 0,
        bytesOut: this.#bytesOut,
        durationMs: request ? Math.round(this.#gateway.nowMs() - this.#startedMs) : 0,
      })
    }
    this.#exchange = this.#request = this.#body = undefined
    this.#requestId = ''
    this.#chunked = false
  }

  /** Waits for the next request, or takes the one that waits already. */
  #next(): void {
    this.#enter('waiting')
    if (this.#gateway.stopping && !this.#held) return void this.#socket.end()
    // A client that does not read its answers is not asked for more questions.
    if (this.#socket.writableNeedDrain) return this.#pause()
    this.#takeHeld()
  }

  #takeHeld(): void {
    const held = this.#held
    this.#held = undefined
    if (!held) return this.#resume()
    // Not from within: a long row of pipelined requests must not become a deep stack.
    setImmediate(() => {
      if (this.#socket.destroyed || this.#state === 'closing') return
      this.#resume()
      this.#onData(held)
    })
  }

  #onDrain(): void {
    if (this.#exchange) this.#exchange.onClientDrain()
    else if (this.#state === 'waiting') this.#takeHeld()
  }

  /** Answers are out; closes in a way that lets a client that still sends read them. */
  #close(): void {
    this.#enter('closing')
    this.#held = undefined
    this.#socket.end()
    this.#resume()
  }

  #onClose(): void {
    if (this.#exchange) {
      if (this.#state !== 'tunnel') this.#gateway.metrics.clientAborts++
      const exchange = this.#exchange
      exchange.onClientGone()
      this.#endRequest()
    }
    this.#onClosed(this)
  }

  #enter(state: State): void {
    this.#state = state
    this.#sinceMs = this.#gateway.nowMs()
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.#socket.pause()
  }

  #resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#socket.resume()
  }
}

function checkRequestLine(line: string): void {
  parseRequestLine(line)
}
