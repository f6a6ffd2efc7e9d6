/**
 * Connections to one application: HTTP/1.1, kept alive, strict about where an answer ends.
 *
 * @module
 */
import type { OnReadOpts, Socket } from 'node:net'
import { FaultError, ProtocolError, type VeiligError } from '#lib/errors.ts'
import { BodyReader } from '#protocol/http/body.ts'
import { parseResponseHead, type HeadLimits, type ResponseHead } from '#protocol/http/head.ts'
import { HeadScanner } from '#protocol/http/scanner.ts'
import { Outbox } from './outbox.ts'

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
  onResponseEnd(): void
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

/**
 * What any application sends is read into here, and has left, or was copied, before the next read:
 * a new buffer for each read would cost more than the read.
 */
const readBuffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024)

/** Opens a connection whose bytes go to `onread`. */
export type Dial = (onread: OnReadOpts) => Socket

/** Interim answers before the final one; each costs us a head. */
const INTERIM_MAX = 16

export class UpstreamConnection {
  readonly #socket: Socket
  readonly #pool: UpstreamPool
  readonly #scanner = new HeadScanner(limits)
  readonly #outbox = new Outbox()
  #handler: ResponseHandler | undefined
  #body: BodyReader | undefined
  #reusable = true
  #interims = 0
  #tunnel = false
  #connected = false
  #answered = false
  #uses = 0
  /** Since when it waits in the pool, and until when it may. */
  idleSinceMs = 0
  idleUntilMs = 0
  /** How long the application keeps it, as it said with its last answer. */
  keepAliveMs: number | undefined

  constructor(dial: Dial, pool: UpstreamPool) {
    const callback = (size: number): boolean => {
      this.#onData(readBuffer.subarray(0, size))
      return true
    }
    const socket = dial({ buffer: readBuffer, callback })
    this.#socket = socket
    this.#pool = pool
    socket.setNoDelay(true)
    socket.on('connect', () => {
      this.#connected = true
      pool.onConnected()
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

  get connected(): boolean {
    return this.#connected
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
    if (this.#reusable && !this.#socket.destroyed) this.#pool.keep(this)
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
        this.#body = undefined
        if (at < chunk.length) this.#reusable = false // an answer to no question
        return handler.onResponseEnd()
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
      handler.onResponseEnd()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#fail(error)
    }
  }

  #onError(cause: Error): void {
    if (!this.#handler) return
    if (this.#connected) return this.#fail(broken(cause.message))
    this.#fail(new FaultError('WEB_UPSTREAM_DOWN', cause.message, { cause }))
  }

  #onClose(): void {
    this.#pool.onClosed(this)
    if (this.#handler) this.#fail(broken('the connection was closed'))
  }

  #fail(error: VeiligError): void {
    const handler = this.#handler
    this.destroy()
    handler?.onUpstreamFailure(error, this)
  }
}

export type PoolLimits = {
  readonly upstreamConnectionsMax: number
  readonly upstreamQueueMax: number
  readonly upstreamIdleMs: number
}

/** Reports of a pool: the application went away, or came back. */
export type PoolEvents = {
  readonly onDown: (reason: string) => void
  readonly onUp: () => void
  readonly onConnect: () => void
}

/** All connections to one application. */
export class UpstreamPool {
  /** Of the application, the same for all host names that lead to it. */
  readonly name: string
  readonly #dial: Dial
  readonly #limits: PoolLimits
  readonly #nowMs: () => number
  readonly #events: PoolEvents
  readonly #idle: UpstreamConnection[] = []
  readonly #waiting = new Set<ResponseHandler>()
  #open = 0
  #down = false

  constructor(
    name: string,
    dial: Dial,
    poolLimits: PoolLimits,
    nowMs: () => number,
    events: PoolEvents,
  ) {
    this.name = name
    this.#dial = dial
    this.#limits = poolLimits
    this.#nowMs = nowMs
    this.#events = events
  }

  /**
   * Gives the handler a connection: at once, or when one of the others is done.
   *
   * @param idleMaxMs Take a kept connection only when it is kept no longer than this. A request
   *   that must not be sent twice shuns one that the application may be closing right now.
   */
  request(handler: ResponseHandler, idleMaxMs: number): void {
    const connection = this.#takeIdle(idleMaxMs)
    if (connection) return this.#give(connection, handler)
    if (this.#open < this.#limits.upstreamConnectionsMax) return this.#give(this.#grow(), handler)
    if (this.#waiting.size >= this.#limits.upstreamQueueMax) {
      const message = 'all connections to the application are in use, and the queue is full'
      return handler.onUpstreamFailure(new FaultError('WEB_UPSTREAM_BUSY', message), undefined)
    }
    this.#waiting.add(handler)
  }

  /** A handler that waits no longer. */
  forget(handler: ResponseHandler): void {
    this.#waiting.delete(handler)
  }

  keep(connection: UpstreamConnection): void {
    const nowMs = this.#nowMs()
    connection.idleSinceMs = nowMs
    connection.idleUntilMs = nowMs + (connection.keepAliveMs ?? this.#limits.upstreamIdleMs)
    const next = this.#nextWaiting()
    if (next) this.#give(connection, next)
    else this.#idle.push(connection)
  }

  /** The application failed to answer at all. */
  reportDown(reason: string): void {
    if (!this.#down) this.#events.onDown(reason)
    this.#down = true
  }

  onConnected(): void {
    this.#events.onConnect()
    if (this.#down) this.#events.onUp()
    this.#down = false
  }

  onClosed(connection: UpstreamConnection): void {
    this.#open--
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    const next = this.#nextWaiting()
    if (next) this.#give(this.#grow(), next)
  }

  /** Closes kept connections whose time is over, or all of them. */
  sweep(all: boolean = false): void {
    const nowMs = this.#nowMs()
    for (const connection of this.#idle.filter((each) => all || each.idleUntilMs <= nowMs)) {
      connection.destroy()
    }
  }

  #takeIdle(idleMaxMs: number): UpstreamConnection | undefined {
    const nowMs = this.#nowMs()
    for (;;) {
      const connection = this.#idle.pop() // the last one used is the least likely to be stale
      if (!connection) return undefined
      const stale = nowMs >= connection.idleUntilMs || nowMs - connection.idleSinceMs > idleMaxMs
      if (!stale) return connection
      connection.destroy()
    }
  }

  #give(connection: UpstreamConnection, handler: ResponseHandler): void {
    connection.attach(handler)
    handler.onConnection(connection)
  }

  #grow(): UpstreamConnection {
    this.#open++
    return new UpstreamConnection(this.#dial, this)
  }

  #nextWaiting(): ResponseHandler | undefined {
    const [next] = this.#waiting
    if (next) this.#waiting.delete(next)
    return next
  }
}

function broken(message: string): ProtocolError {
  return new ProtocolError('WEB_UPSTREAM_BROKEN', message)
}
