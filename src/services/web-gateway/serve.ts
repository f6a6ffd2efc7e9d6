/**
 * The gateway's doors: listeners, TLS, connections to applications, the clock's tick.
 *
 * @module
 */
import { BlockList, connect, createServer, isIP, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { randomBytes } from 'node:crypto'
import { FaultError } from '#lib/errors.ts'
import { plainAddress } from '#protocol/http/forwarded.ts'
import { systemDisk } from '#system/disk.ts'
import type { RunningService } from '#system/service.ts'
import { ClientConnection } from './client.ts'
import type { WebGatewayConfig } from './config.ts'
import { CookiePolicy } from './cookies.ts'
import { Autopilot } from './csp/autopilot.ts'
import { keepAutopilot, type CspFiles } from './csp/keeper.ts'
import type { Gateway } from './gateway.ts'
import { LoginGuard } from './guard.ts'
import { HeaderPolicy } from './headers.ts'
import { newMetrics, type Metrics } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'
import type { UpstreamAddress, WebGatewayPorts } from './ports.ts'
import { PlainConnection } from './redirect.ts'
import { SecurityLog } from './security-log.ts'
import { UpstreamPool, type Dial } from './upstream.ts'

export type RunningWebGateway = RunningService & {
  readonly httpsPort: number
  readonly redirectPort: number | undefined
  readonly metrics: Metrics
}

/** How often what stands still is looked for. */
const TICK_MS = 250
const BACKLOG = 4096
const TLS_HANDSHAKE_BYTE = 0x16
const SESSION_SECONDS = 7200

/** Forward secrecy and authenticated encryption only (Mozilla's intermediate list). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/**
 * Opens the gateway.
 *
 * @throws {FaultError} PORT_IN_USE, PORT_DENIED, LISTEN_FAILED, TLS_CERTIFICATE_INVALID.
 */
export async function serve(
  config: WebGatewayConfig,
  ports: WebGatewayPorts,
): Promise<RunningWebGateway> {
  await using undo = new AsyncDisposableStack() // what is open already, should a later step fail
  const failure = Promise.withResolvers<never>()
  failure.promise.catch(() => undefined) // whoever waits for it hears of it
  const gateway = composeGateway(config, ports, (error) => failure.reject(error))
  if (ports.csp) undo.use(await openAutopilot(gateway, ports.csp.files, ports))
  const doors = new Doors(gateway, ports)
  const { listen, limits } = config
  const tls = doors.createTlsServer()
  const shared = ports.sharedTicketKeys !== undefined
  const https = await listenOn(listen, ports.httpsPort, shared, () => doors.createHttpsFront(tls))
  undo.defer(() => closeAll(https))
  const httpsPort = portOf(https)
  const publicPort = config.publicPort ?? httpsPort
  const plain = config.redirect
    ? await listenOn(listen, ports.redirectPort, shared, () => doors.createPlainServer(publicPort))
    : []
  undo.defer(() => closeAll(plain))
  if (ports.metricsSocket !== undefined) {
    undo.use(await serveMetrics(ports.metricsSocket, gateway.metrics))
  }
  const timer = setInterval(() => doors.tick(), TICK_MS)
  undo.defer(() => clearInterval(timer))
  undo.defer(() => doors.drain(limits.drainMs))
  const opened = undo.move()
  return {
    httpsPort,
    redirectPort: plain.length > 0 ? portOf(plain) : undefined,
    metrics: gateway.metrics,
    failed: failure.promise,
    [Symbol.asyncDispose]: async () => {
      gateway.stopping = true
      await opened.disposeAsync()
      gateway.security.sweep(true)
    },
  }
}

function openAutopilot(
  { autopilot, security }: Gateway,
  files: CspFiles,
  { log }: WebGatewayPorts,
): Promise<AsyncDisposable> {
  return keepAutopilot(autopilot, files, {
    disk: systemDisk,
    onDecided: (site, state) =>
      security.record('WEB_CSP_DECIDED', `${site} ${state}`, { site, state }),
    onFault: (error) => log.error(error.message),
  })
}

/** All that is not a socket. */
function composeGateway(
  config: WebGatewayConfig,
  ports: WebGatewayPorts,
  onFailure: (error: Error) => void,
): Gateway {
  const { clock, log } = ports
  const { limits } = config
  const metrics = newMetrics()
  const nowMs = (): number => clock.monotonicMs()
  const security = new SecurityLog(ports.trail, nowMs, onFailure)
  const trusted = blockListOf(config.trustedProxies)
  const idPrefix = randomBytes(6).toString('hex')
  const loginKey = ports.loginKey ?? randomBytes(32)
  let requests = 0
  const pools = new Map<string, UpstreamPool>()
  const byAddress = new Map<string, UpstreamPool>() // names of one application share its pool
  for (const [host, address] of ports.upstreams) {
    const key = JSON.stringify(address)
    const known = byAddress.get(key)
    const pool = known ?? createPool(host, address, { limits, nowMs, metrics, security, log })
    byAddress.set(key, pool)
    pools.set(host, pool)
  }
  return {
    config,
    headLimits: {
      headMax: limits.headMax,
      startLineMax: limits.targetMax,
      fieldCountMax: limits.fieldCountMax,
    },
    headers: new HeaderPolicy(config.headers, true),
    cookies: new CookiePolicy(config.cookies),
    guard: new LoginGuard(config.loginGuard ?? [], {
      key: loginKey,
      random: randomBytes,
      nowMs,
      wallClockMs: () => clock.nowMs(),
      record: (code, kind, detail) => security.record(code, kind, detail),
    }),
    autopilot: new Autopilot(ports.csp?.sites ?? new Map(), {
      random: randomBytes,
      wallClockMs: () => clock.nowMs(),
      nowMs,
      key: loginKey,
    }),
    pools,
    tools: {
      limits,
      nowMs,
      onRetry: () => void metrics.upstreamRetries++,
      // Never a digit of it: where it was, how it was written, how long it is.
      onCard: ({ form, digitCount }, where, host) =>
        security.record('CARD_NUMBER_SEEN', `${host} ${where} ${form}`, {
          host,
          where,
          form,
          digitCount,
        }),
      onUpstreamFailure: (error) => {
        metrics.upstreamFailures++
        log.warn({ code: error.code }, error.message)
      },
    },
    metrics,
    security,
    nowMs,
    wallClockMs: () => clock.nowMs(),
    nextRequestId: () => `${idPrefix}-${(++requests).toString(36)}`,
    logAccess: config.accessLog ? (entry) => log.info(entry, 'request') : undefined,
    isTrustedProxy: (address) =>
      config.trustedProxies.length > 0 && trusted.check(address, family(address)),
    stopping: false,
  }
}

function createPool(
  host: string,
  address: UpstreamAddress,
  tools: Pick<Gateway, 'nowMs' | 'metrics' | 'security'> & {
    readonly limits: WebGatewayConfig['limits']
    readonly log: WebGatewayPorts['log']
  },
): UpstreamPool {
  const { metrics, security, log } = tools
  const target = 'socketPath' in address ? { path: address.socketPath } : address
  const dial: Dial = (onread) => connect({ ...target, noDelay: true, onread })
  return new UpstreamPool(JSON.stringify(address), dial, tools.limits, tools.nowMs, {
    onConnect: () => void metrics.upstreamConnects++,
    onDown: (reason) => {
      log.error({ host }, `the application of ${host} is down: ${reason}`)
      security.record('WEB_UPSTREAM_DOWN', host, { host })
    },
    onUp: () => {
      log.info({ host }, `the application of ${host} is back`)
      security.record('WEB_UPSTREAM_UP', host, { host })
    },
  })
}

/** Every connection there is, and who may open another. */
class Doors {
  readonly #gateway: Gateway
  readonly #ports: WebGatewayPorts
  readonly #clients = new Set<ClientConnection>()
  readonly #plain = new Set<PlainConnection>()
  readonly #sockets = new Set<Socket>()
  readonly #byAddress = new Map<string, number>()
  readonly #plainHeaders: HeaderPolicy

  constructor(gateway: Gateway, ports: WebGatewayPorts) {
    this.#gateway = gateway
    this.#ports = ports
    this.#plainHeaders = new HeaderPolicy(gateway.config.headers, false)
  }

  createTlsServer(): TlsServer {
    const { metrics, config, security } = this.#gateway
    const { certificate, sharedTicketKeys } = this.#ports
    const { certificatePem, keyPem } = certificate
    try {
      const server = createTlsServer({
        cert: certificatePem,
        key: keyPem,
        minVersion: config.tls.minVersion,
        maxVersion: 'TLSv1.3',
        ciphers,
        ALPNProtocols: ['http/1.1'],
        handshakeTimeout: config.limits.handshakeTimeoutMs,
        sessionTimeout: SESSION_SECONDS,
        sessionIdContext: 'veilig',
        ...(sharedTicketKeys ? { ticketKeys: sharedTicketKeys } : {}),
      })
      server.on('secureConnection', (socket) => this.#onSecure(socket))
      server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
        metrics.handshakesFailed++
        const reason = error.code ?? 'unknown'
        security.record('WEB_TLS_FAILED', reason, { reason, address: addressOf(socket) })
        socket.destroy()
      })
      return server
    } catch (cause) {
      const message = `the certificate or its key cannot be used: ${(cause as Error).message}`
      throw new FaultError('TLS_CERTIFICATE_INVALID', message, { cause })
    }
  }

  /** In front of TLS: the first byte tells a handshake from a visitor who forgot the s of https. */
  createHttpsFront(tls: TlsServer): Server {
    return createServer({ noDelay: true, keepAlive: true }, (socket) => {
      if (!this.#admit(socket)) return
      const { handshakeTimeoutMs } = this.#gateway.config.limits
      socket.setTimeout(handshakeTimeoutMs, () => socket.destroy())
      socket.once('data', (first: Buffer) => {
        socket.setTimeout(0)
        socket.removeAllListeners('timeout')
        socket.pause()
        socket.unshift(first)
        if (first[0] === TLS_HANDSHAKE_BYTE) tls.emit('connection', socket)
        else this.#answerPlain(socket, undefined)
      })
    })
  }

  createPlainServer(publicPort: number): Server {
    return createServer({ noDelay: true }, (socket) => {
      if (this.#admit(socket)) this.#answerPlain(socket, publicPort)
    })
  }

  tick(): void {
    const nowMs = this.#gateway.nowMs()
    for (const client of this.#clients) client.checkTime(nowMs)
    for (const plain of this.#plain) plain.checkTime(nowMs)
    for (const pool of this.#gateway.pools.values()) pool.sweep()
    this.#gateway.security.sweep()
  }

  /** Lets what was accepted finish, for as long as the operator grants. */
  async drain(drainMs: number): Promise<void> {
    const endMs = this.#gateway.nowMs() + drainMs
    for (const client of this.#clients) client.stop()
    while (this.#clients.size > 0 && this.#gateway.nowMs() < endMs) {
      await this.#ports.clock.sleep(Math.min(50, drainMs))
    }
    for (const socket of this.#sockets) socket.destroy()
    for (const pool of this.#gateway.pools.values()) pool.sweep(true)
  }

  #onSecure(socket: TLSSocket): void {
    const { metrics, config } = this.#gateway
    metrics.handshakes++
    if (socket.isSessionReused()) metrics.handshakesResumed++
    const address = addressOf(socket)
    const client = new ClientConnection(this.#gateway, socket, address, (closed) => {
      this.#clients.delete(closed)
    })
    this.#clients.add(client)
    const { connectionsMax, connectionsPerAddressMax } = config.limits
    const fromHere = this.#byAddress.get(address) ?? 0
    if (fromHere > connectionsPerAddressMax) client.turnAway('WEB_CONNECTIONS_TOO_MANY')
    else if (this.#sockets.size > connectionsMax) client.turnAway('WEB_STOPPING')
  }

  #answerPlain(socket: Socket, publicPort: number | undefined): void {
    const onClosed = (closed: PlainConnection): void => void this.#plain.delete(closed)
    const tools = { gateway: this.#gateway, headers: this.#plainHeaders, publicPort }
    this.#plain.add(new PlainConnection(socket, addressOf(socket), tools, onClosed))
  }

  /** Counts a connection; beyond twice the limit of its address it gets not even a handshake. */
  #admit(socket: Socket): boolean {
    const { metrics, config, security } = this.#gateway
    const address = addressOf(socket)
    const fromHere = (this.#byAddress.get(address) ?? 0) + 1
    const { connectionsMax, connectionsPerAddressMax } = config.limits
    const full = this.#sockets.size >= connectionsMax + connectionsMax / 8
    if (full || fromHere > 2 * connectionsPerAddressMax) {
      metrics.connectionsRefused++
      security.record('WEB_CONNECTION_REFUSED', full ? 'all' : 'address', { address })
      socket.destroy()
      return false
    }
    metrics.connectionsAccepted++
    metrics.connections++
    this.#byAddress.set(address, fromHere)
    this.#sockets.add(socket)
    socket.on('error', () => undefined) // a reset: 'close' follows
    socket.once('close', () => {
      metrics.connections--
      this.#sockets.delete(socket)
      const left = (this.#byAddress.get(address) ?? 1) - 1
      if (left > 0) this.#byAddress.set(address, left)
      else this.#byAddress.delete(address)
    })
    return true
  }
}

function addressOf(socket: Socket): string {
  return plainAddress(socket.remoteAddress ?? 'unknown')
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), family(address))
  }
  return list
}

/** Listens on each address; one whose family the machine lacks is left out, if any is left. */
async function listenOn(
  addresses: readonly string[],
  port: number,
  reusePort: boolean,
  create: () => Server,
): Promise<Server[]> {
  const servers: Server[] = []
  let missing: Error | undefined
  for (const host of addresses) {
    const wanted = port === 0 && servers.length > 0 ? portOf(servers) : port
    const server = create()
    try {
      await listening(server, { host, port: wanted, reusePort })
      servers.push(server)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') missing = error as Error
      else {
        await closeAll(servers)
        throw listenFault(error as NodeJS.ErrnoException, host, wanted)
      }
    }
  }
  if (servers.length === 0 && missing) throw listenFault(missing, addresses.join(', '), port)
  return servers
}

function listening(
  server: Server,
  at: { readonly host: string; readonly port: number; readonly reusePort: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...at, backlog: BACKLOG, ipv6Only: at.host.includes(':') }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): FaultError {
  if (cause.code === 'EADDRINUSE') {
    const message =
      `port ${port} is in use by another program; ` + 'stop it or start with --port-base 1000'
    return new FaultError('PORT_IN_USE', message, { cause })
  }
  if (cause.code === 'EACCES') {
    const message =
      `this account may not open port ${port}; ` + 'use a port above 1023, or give it the right'
    return new FaultError('PORT_DENIED', message, { cause })
  }
  return new FaultError(
    'LISTEN_FAILED',
    `cannot listen on ${host} port ${port}: ${cause.message}`,
    {
      cause,
    },
  )
}

function portOf(servers: readonly Server[]): number {
  const address = servers[0]?.address()
  return address && typeof address === 'object' ? address.port : 0
}

/** Stops listening; what is open stays open. */
async function closeAll(servers: readonly Server[]): Promise<void> {
  for (const server of servers) server.close()
}
