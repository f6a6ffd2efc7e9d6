/**
 * Connections to one application: HTTP/1.1, kept alive, strict about where an answer ends.
 *
 * @module
 */
import type { OnReadOpts, Socket } from 'node:net'
import { FaultError, ProtocolError, type VeiligError } from '#lib/errors.ts'
import { BodyReader } from '#protocol/http/body.ts'
import {
  parseResponseHead,
  type FlatHeaders,
  type HeadLimits,
  type ResponseHead,
} from '#protocol/http/head.ts'
import { HeadScanner } from '#protocol/http/scanner.ts'
import { Outbox, readBuffer } from './outbox.ts'

/** Who waits for an answer. Called in this order; nothing comes after an end or a failure. */
export interface ResponseHandler {
  readonly method: string
  /** The connection is ours until its end or failure. */
  onConnection(connection: UpstreamConnection): void
  /** A 1xx other than 101. */
  onInterim(status: number): void
  onResponseHead(head: ResponseHead): void
  /** @param content Is read into again after this batch: what is kept must be copied. */
  onResponseContent(content: Buffer): void
  /** @param trailers Fields after a chunked body. */
  onResponseEnd(trailers: FlatHeaders): void
  /** 101: from here on `onTunnelData` gets what comes. */
  onSwitch(head: ResponseHead): void
  /** @param bytes As for `onResponseContent`. */
  onTunnelData(bytes: Buffer): void
  onTunnelEnd(): void
  /** All of one read was handed over: time to write. */
  onBatchEnd(): void
  /** What was sent has left; more may be sent. */
  onUpstreamDrain(): void
  onUpstreamFailure(error: VeiligError, connection: UpstreamConnection | undefined): void
}

const limits: HeadLimits = { headMax: 128 * 1024, startLineMax: 8 * 1024, fieldCountMax: 500 }

/** Opens a connection whose bytes go to `onread`. */
export type Dial = (onread: OnReadOpts) => Socket

/** Interim answers before the final one; each costs us a head. */
const INTERIM_MAX = 16

/** Told what becomes of a connection. */
export type ConnectionOwner = {
  readonly onOpen: () => void
  /** Its exchange is over, and it can carry another. */
  readonly onFree: () => void
  /** It never opened. */
  readonly onNotOpened: (error: VeiligError) => void
  /** Always the last. */
  readonly onClosed: () => void
}

export class UpstreamConnection {
  readonly #socket: Socket
  readonly #owner: ConnectionOwner
  readonly #scanner = new HeadScanner(limits)
  readonly #outbox = new Outbox()
  #handler: ResponseHandler | undefined
  #body: BodyReader | undefined
  #reusable = true
  #interims = 0
  #tunnel = false
  #connected = false
  #failure: VeiligError | undefined
  #answered = false
  #uses = 0
  /** Since when it waits in the pool, and until when it may. */
  idleSinceMs = 0
  idleUntilMs = 0
  /** How long the application keeps it, as it said with its last answer. */
  keepAliveMs: number | undefined

  constructor(dial: Dial, owner: ConnectionOwner) {
    const callback = (size: number): boolean => {
      this.#onData(readBuffer.subarray(0, size))
      return true
    }
    const socket = dial({ buffer: readBuffer, callback })
    this.#socket = socket
    this.#owner = owner
    socket.on('connect', () => {
      this.#connected = true
      owner.onOpen()
    })
    socket.on('drain', () => this.#handler?.onUpstreamDrain())
    socket.on('end', () => this.#onEnd())
    socket.on('error', (error) => this.#onError(error))
    socket.on('close', () => this.#onClose())
  }

  /** Whether it has carried a request before this one. */
  get reused(): boolean {
    return this.#uses > 1
  }

  /** Whether a byte of the answer has come. */
  get answered(): boolean {
    return this.#answered
  }

  /** Hands the connection to its next user. */
  attach(handler: ResponseHandler): void {
    this.#handler = handler
    this.#uses++
    this.#interims = 0
    this.#answered = false
  }

  send(piece: string | Buffer): void {
    this.#outbox.add(piece)
  }

  /** @returns Whether the application takes more; else wait for `onUpstreamDrain`. */
  flush(): boolean {
    return this.#outbox.handTo(this.#socket)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** The client's half of a tunnel has ended. */
  endTunnel(): void {
    this.#handler = undefined
    this.#socket.destroySoon()
  }

  /** Gives the connection up: the answer, if any, is not wanted, or cannot be trusted. */
  destroy(): void {
    this.#handler = undefined
    this.#socket.destroy()
  }

  /** The exchange is over on both sides: keep the connection if it can be kept. */
  release(): void {
    this.#handler = undefined
    if (this.#reusable && !this.#socket.destroyed) this.#owner.onFree()
    else this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    const handler = this.#handler
    if (!handler) return void this.#socket.destroy() // bytes nobody asked for
    this.#answered = true
    try {
      this.#read(chunk, handler)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      return this.#fail(error)
    }
    if (this.#handler === handler) handler.onBatchEnd()
  }

  #read(chunk: Buffer, handler: ResponseHandler): void {
    const sink = (content: Buffer): void => {
      if (this.#handler === handler) handler.onResponseContent(content)
    }
    let at = 0
    while (at < chunk.length && this.#handler === handler) {
      if (this.#tunnel) return handler.onTunnelData(at === 0 ? chunk : chunk.subarray(at))
      if (this.#body) {
        at = this.#body.push(chunk, at, sink)
      } else {
        at = this.#scanner.push(chunk, at)
        if (at < 0) return
        this.#begin(handler)
      }
      if (this.#body?.done && this.#handler === handler) {
        const { trailers } = this.#body
        this.#body = undefined
        if (at < chunk.length) this.#reusable = false // an answer to no question
        return handler.onResponseEnd(trailers)
      }
    }
  }

  #begin(handler: ResponseHandler): void {
    const head = parseResponseHead(this.#scanner.head, limits, handler.method)
    if (head.status === 101) {
      this.#tunnel = true
      this.#reusable = false
      return handler.onSwitch(head)
    }
    if (head.status < 200) {
      if (++this.#interims > INTERIM_MAX) throw broken('too many interim answers')
      return handler.onInterim(head.status)
    }
    if (!head.keepAlive) this.#reusable = false
    this.#noteKeepAlive(head)
    this.#body = new BodyReader(head.body, head.length ?? 0)
    handler.onResponseHead(head)
  }

  /** An application that says how long it keeps a connection is believed, less a second. */
  #noteKeepAlive(head: ResponseHead): void {
    const at = head.headers.indexOf('keep-alive')
    const seconds = at < 0 ? undefined : /timeout=(\d{1,6})/.exec(head.headers[at + 1] ?? '')?.[1]
    this.keepAliveMs = seconds === undefined ? undefined : (Number(seconds) - 1) * 1000
  }

  #onEnd(): void {
    this.#reusable = false
    const handler = this.#handler
    if (!handler) return
    if (this.#tunnel) {
      this.destroy()
      return handler.onTunnelEnd()
    }
    try {
      if (!this.#body) throw broken('closed before an answer')
      this.#body.end()
      this.#body = undefined
      handler.onResponseEnd([])
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
  }

  /** It takes too long to open. */
  giveUpDialing(): void {
    if (this.#connected) return
    const message = 'no connection to the application in time'
    this.#failure = new FaultError('WEB_UPSTREAM_TIMEOUT', message)
    this.#socket.destroy()
  }

  #onError(cause: Error): void {
    if (this.#connected) return this.#handler ? this.#fail(broken(cause.message)) : undefined
    this.#failure = new FaultError('WEB_UPSTREAM_DOWN', cause.message, { cause })
  }

  #onClose(): void {
    if (this.#failure) this.#owner.onNotOpened(this.#failure)
    this.#owner.onClosed()
    if (this.#handler) this.#fail(broken('the connection was closed'))
  }

  #fail(error: VeiligError): void {
    const handler = this.#handler
    this.destroy()
    handler?.onUpstreamFailure(error, this)
  }
}

function broken(message: string): ProtocolError {
  return new ProtocolError('WEB_UPSTREAM_BROKEN', message)
}
