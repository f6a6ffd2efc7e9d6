/**
 * The servers of one application: which of them gets a request, who waits, who is away.
 *
 * A request is given to a connection only when that is open, so one that finds a server away has
 * lost nothing, whatever its method, and goes to another, or waits a little while the application
 * starts again. The server with the fewest requests under way gets the next.
 *
 * @module
 */
import { FaultError, type VeiligError } from '#lib/errors.ts'
import { isHealthy, type HealthCheck } from './health.ts'
import { UpstreamConnection, type Dial, type ResponseHandler } from './upstream.ts'

export type PoolLimits = {
  /** To each server. */
  readonly upstreamConnectionsMax: number
  readonly upstreamQueueMax: number
  readonly upstreamIdleMs: number
  readonly upstreamConnectMs: number
  readonly upstreamGraceMs: number
}

/** Reports of a pool: the application went away, or came back. */
export type PoolEvents = {
  readonly onDown: (reason: string) => void
  readonly onUp: () => void
  readonly onConnect: () => void
  /** One of several servers; the application is still there. */
  readonly onServerDown: (server: string, reason: string) => void
}

/** One place where the application listens. */
export type UpstreamServer = { readonly name: string; readonly dial: Dial }

/** How long a server that was away is left alone. */
const REDIAL_MS = 100

type Server = {
  readonly name: string
  readonly dial: Dial
  readonly idle: UpstreamConnection[]
  /** Connections that are not open yet, and since when. */
  readonly dialing: Map<UpstreamConnection, number>
  open: number
  /** Since when nobody answers the door. */
  awaySinceMs: number | undefined
  redialAtMs: number
  isSick: boolean
  checkAtMs: number
}

/** All connections to one application. */
export class UpstreamPool {
  /** Of the application, the same for all host names that lead to it. */
  readonly name: string
  readonly #limits: PoolLimits
  readonly #nowMs: () => number
  readonly #events: PoolEvents
  readonly #servers: readonly Server[]
  readonly #health: HealthCheck | undefined
  readonly #waiting = new Set<ResponseHandler>()
  #isDown = false
  #isRetired = false

  constructor(options: {
    readonly name: string
    readonly servers: readonly UpstreamServer[]
    readonly health?: HealthCheck | undefined
    readonly limits: PoolLimits
    readonly nowMs: () => number
    readonly events: PoolEvents
  }) {
    this.name = options.name
    this.#limits = options.limits
    this.#nowMs = options.nowMs
    this.#events = options.events
    this.#health = options.health
    this.#servers = options.servers.map(({ name, dial }) => ({
      name,
      dial,
      idle: [],
      dialing: new Map(),
      open: 0,
      awaySinceMs: undefined,
      redialAtMs: 0,
      isSick: false,
      checkAtMs: 0,
    }))
  }

  /**
   * Gives the handler a connection: at once, or when one is open or done with another request.
   *
   * @param idleMaxMs Take a kept connection only when it is kept no longer than this. A request
   *   that must not be sent twice shuns one that the application may be closing right now.
   */
  request(handler: ResponseHandler, idleMaxMs: number): void {
    const nowMs = this.#nowMs()
    const idle = this.#takeIdle(nowMs, idleMaxMs)
    if (idle) return give(idle, handler)
    this.#waiting.add(handler)
    const dialing = this.#dialForWaiting(nowMs)
    if (this.#waiting.size - dialing <= this.#limits.upstreamQueueMax) return
    this.#waiting.delete(handler)
    const message = 'all connections to the application are in use, and the queue is full'
    handler.onUpstreamFailure(new FaultError('WEB_UPSTREAM_BUSY', message), undefined)
  }

  /** A handler that waits no longer. */
  forget(handler: ResponseHandler): void {
    this.#waiting.delete(handler)
  }

  /** Called now and then: closes what is kept too long, redials, asks how the servers are. */
  sweep(all: boolean = false): void {
    const nowMs = this.#nowMs()
    for (const server of this.#servers) {
      const over = server.idle.filter((each) => all || each.idleUntilMs <= nowMs)
      for (const connection of over) connection.destroy()
      for (const [connection, sinceMs] of server.dialing) {
        if (nowMs - sinceMs > this.#limits.upstreamConnectMs) connection.giveUpDialing()
      }
      if (this.#health && !all && !this.#isRetired) this.#check(server, this.#health, nowMs)
    }
    if (this.#waiting.size > 0) this.#dialForWaiting(nowMs)
  }

  /** Takes no new requests; what is under way ends by itself, and nothing is kept. */
  retire(): void {
    this.#isRetired = true
    this.sweep(true)
  }

  #takeIdle(nowMs: number, idleMaxMs: number): UpstreamConnection | undefined {
    const { upstreamConnectionsMax } = this.#limits
    const server = this.#best(({ idle, open }) => idle.length > 0 || open < upstreamConnectionsMax)
    for (;;) {
      const connection = server?.idle.pop() // the last one used is the least likely to be stale
      if (!connection) return undefined
      const stale = nowMs >= connection.idleUntilMs || nowMs - connection.idleSinceMs > idleMaxMs
      if (!stale) return connection
      connection.destroy()
    }
  }

  /** The server with the fewest requests under way, a healthy one before one that is not. */
  #best(fits: (server: Server) => boolean): Server | undefined {
    let best: Server | undefined
    for (const server of this.#servers) {
      if (fits(server) && (!best || rank(server) < rank(best))) best = server
    }
    return best
  }

  /**
   * Opens connections until as many are on their way as requests wait, or no server takes more.
   *
   * @returns How many are on their way.
   */
  #dialForWaiting(nowMs: number): number {
    let dialing = this.#servers.reduce((sum, server) => sum + server.dialing.size, 0)
    while (dialing < this.#waiting.size) {
      const { upstreamConnectionsMax } = this.#limits
      const server = this.#best(
        ({ open, awaySinceMs, redialAtMs }) =>
          open < upstreamConnectionsMax && (awaySinceMs === undefined || redialAtMs <= nowMs),
      )
      if (!server) break
      // One knock is enough at a door where nobody answered.
      if (server.awaySinceMs !== undefined) server.redialAtMs = nowMs + REDIAL_MS
      this.#dial(server, nowMs)
      dialing++
    }
    return dialing
  }

  #dial(server: Server, nowMs: number): void {
    server.open++
    const connection: UpstreamConnection = new UpstreamConnection(server.dial, {
      onOpen: () => {
        server.dialing.delete(connection)
        server.awaySinceMs = undefined
        this.#events.onConnect()
        if (this.#isDown) this.#events.onUp()
        this.#isDown = false
        this.#keep(server, connection)
      },
      onFree: () => this.#keep(server, connection),
      onNotOpened: (error) => this.#onAway(server, server.dialing.get(connection) ?? nowMs, error),
      onClosed: () => this.#onClosed(server, connection),
    })
    server.dialing.set(connection, nowMs)
  }

  #keep(server: Server, connection: UpstreamConnection): void {
    const [next] = this.#waiting
    if (next) {
      this.#waiting.delete(next)
      return give(connection, next)
    }
    if (this.#isRetired) return connection.destroy()
    const nowMs = this.#nowMs()
    connection.idleSinceMs = nowMs
    connection.idleUntilMs = nowMs + (connection.keepAliveMs ?? this.#limits.upstreamIdleMs)
    server.idle.push(connection)
  }

  #onAway(server: Server, sinceMs: number, error: VeiligError): void {
    const nowMs = this.#nowMs()
    if (server.awaySinceMs === undefined && this.#servers.length > 1) {
      this.#events.onServerDown(server.name, error.message)
    }
    server.awaySinceMs ??= sinceMs
    server.redialAtMs = nowMs + REDIAL_MS
    const isHopeless = this.#servers.every(
      ({ awaySinceMs }) =>
        awaySinceMs !== undefined && nowMs - awaySinceMs >= this.#limits.upstreamGraceMs,
    )
    if (isHopeless) this.#failWaiting(error)
  }

  #failWaiting(error: VeiligError): void {
    const failed = [...this.#waiting]
    this.#waiting.clear()
    if (!this.#isDown && failed.length > 0) {
      this.#isDown = true
      this.#events.onDown(error.message)
    }
    for (const handler of failed) handler.onUpstreamFailure(error, undefined)
  }

  #onClosed(server: Server, connection: UpstreamConnection): void {
    server.open--
    server.dialing.delete(connection)
    const at = server.idle.indexOf(connection)
    if (at >= 0) server.idle.splice(at, 1)
    if (this.#waiting.size > 0) this.#dialForWaiting(this.#nowMs())
  }

  #check(server: Server, health: HealthCheck, nowMs: number): void {
    if (nowMs < server.checkAtMs) return
    server.checkAtMs = Infinity
    void isHealthy(server.dial, health).then((reason) => {
      server.checkAtMs = this.#nowMs() + health.intervalMs
      if (reason !== undefined && !server.isSick) this.#events.onServerDown(server.name, reason)
      server.isSick = reason !== undefined
    })
  }
}

function rank(server: Server): number {
  const underWay = server.open - server.idle.length + (server.idle.length > 0 ? 0 : 0.5)
  return underWay + (server.isSick || server.awaySinceMs !== undefined ? 1_000_000 : 0)
}

function give(connection: UpstreamConnection, handler: ResponseHandler): void {
  connection.attach(handler)
  handler.onConnection(connection)
}
