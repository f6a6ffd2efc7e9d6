/**
 * Plain HTTP: on its own port a redirect to HTTPS, on the TLS port an explanation. Never content.
 *
 * One answer for each connection, so nothing is kept between requests.
 *
 * @module
 */
import type { Socket } from 'node:net'
import { ProtocolError } from '#lib/errors.ts'
import { parseRequestHead, parseRequestLine, type RequestHead } from '#protocol/http/head.ts'
import { HeadScanner } from '#protocol/http/scanner.ts'
import type { Gateway } from './gateway.ts'
import type { HeaderPolicy } from './headers.ts'
import { countStatus } from './metrics.ts'
import { ownAnswer } from './pages.ts'
import { hostName } from './policy.ts'
import { refusalCode, refusals, type RefusalCode } from './refusals.ts'

const LINGER_MS = 2_000
const HTTPS_PORT = 443

export type PlainTools = {
  readonly gateway: Gateway
  /** Without what is for TLS alone. */
  readonly headers: HeaderPolicy
  /** Where HTTPS is found; undefined on the TLS port, where nothing is redirected. */
  readonly publicPort: number | undefined
}

export class PlainConnection {
  readonly #socket: Socket
  readonly #address: string
  readonly #tools: PlainTools
  readonly #scanner: HeadScanner
  #request: RequestHead | undefined
  #answered = false
  #sinceMs: number

  constructor(
    socket: Socket,
    address: string,
    tools: PlainTools,
    onClosed: (connection: PlainConnection) => void,
  ) {
    this.#socket = socket
    this.#address = address
    this.#tools = tools
    this.#scanner = new HeadScanner(tools.gateway.headLimits, (line) => void parseRequestLine(line))
    this.#sinceMs = tools.gateway.nowMs()
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.once('close', () => onClosed(this))
    socket.resume()
  }

  checkTime(nowMs: number): void {
    const sinceMs = nowMs - this.#sinceMs
    if (this.#answered) {
      if (sinceMs > LINGER_MS) this.#socket.destroy()
    } else if (sinceMs > this.#tools.gateway.config.limits.headTimeoutMs) {
      this.#refuse('WEB_REQUEST_TIMEOUT', 'no whole head in time')
    }
  }

  #onData(chunk: Buffer): void {
    if (this.#answered) return
    const { gateway } = this.#tools
    try {
      if (this.#scanner.push(chunk, 0) < 0) return
      this.#request = parseRequestHead(this.#scanner.head, gateway.headLimits)
      gateway.metrics.requests++
      this.#answer(this.#request)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#refuse(refusalCode(error.code, 'HTTP_REQUEST_LINE_INVALID'), error.message)
    }
  }

  #answer(head: RequestHead): void {
    const { gateway, headers, publicPort } = this.#tools
    const host = hostName(head.host)
    if (publicPort === undefined) return this.#refuse('WEB_PLAIN_ON_TLS_PORT', '')
    const proof = gateway.challenges.answerTo(head.target)
    if (proof !== undefined) return this.#prove(proof)
    if (!gateway.pools.has(host)) return this.#refuse('WEB_HOST_UNKNOWN', host)
    const port = publicPort === HTTPS_PORT ? '' : `:${publicPort}`
    const target = head.target === '*' ? '/' : head.target
    // 308 keeps the method, so that a form sent to the old address is sent again, not lost.
    const lines =
      `HTTP/1.1 308 Permanent Redirect\r\nlocation: https://${host}${port}${target}\r\n` +
      `date: ${new Date(gateway.wallClockMs()).toUTCString()}\r\ncontent-length: 0\r\n` +
      `connection: close\r\n${headers.lines}\r\n`
    gateway.metrics.redirects++
    countStatus(gateway.metrics, 308)
    this.#finish(Buffer.from(lines, 'latin1'))
  }

  /** To a certificate authority that looks whether the name is ours: RFC 8555 §8.3. */
  #prove(proof: string): void {
    const { gateway, headers } = this.#tools
    const head =
      `HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n` +
      `date: ${new Date(gateway.wallClockMs()).toUTCString()}\r\n` +
      `content-length: ${proof.length}\r\nconnection: close\r\n${headers.lines}\r\n`
    countStatus(gateway.metrics, 200)
    this.#finish(Buffer.from(head + proof, 'latin1'))
  }

  #refuse(code: RefusalCode, detail: string): void {
    const { gateway, headers } = this.#tools
    const { metrics, security } = gateway
    metrics.refused[code] = (metrics.refused[code] ?? 0) + 1
    countStatus(metrics, refusals[code].status)
    if (refusals[code].audited) {
      const address = this.#address
      security.record('WEB_REQUEST_REFUSED', code, { reason: code, detail, address })
    }
    const id = gateway.nextRequestId()
    const dateMs = gateway.wallClockMs()
    const request = this.#request
    this.#finish(ownAnswer({ code, request, id, keepAlive: false, headers, dateMs }))
  }

  #finish(answer: Buffer): void {
    this.#answered = true
    this.#sinceMs = this.#tools.gateway.nowMs()
    this.#socket.end(answer)
  }
}
