/**
 * Every connection from outside: who may open one, what protocol it speaks, and when it must go.
 *
 * @module
 */
import { createServer, type Server, type Socket } from 'node:net'
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TlsOptions,
  type TLSSocket,
} from 'node:tls'
import { callbackify } from 'node:util'
import { plainAddress } from '#protocol/http/forwarded.ts'
import { CHALLENGE_PROTOCOL } from './acme/challenges.ts'
import { ClientConnection } from './client.ts'
import type { Gateway } from './gateway.ts'
import type { WebGatewayPorts } from './ports.ts'
import { H2Connection } from './h2/connection.ts'
import { PlainConnection } from './redirect.ts'
import type { RefusalCode } from './refusals.ts'
import { bringsTicketOf, type TicketKeys } from './tickets/keys.ts'

const TLS_HANDSHAKE_BYTE = 0x16
const TLS_RECORD_HEADER_SIZE = 5
/** A client's first message comes in one piece or two; whoever drips it gets an ordinary server. */
const HELLO_READS_MAX = 4

/** Where a handshake can go: by the key of its ticket, or to what an authority wants to see. */
export type TlsServers = Readonly<Record<keyof TicketKeys | 'challenge', TlsServer>>

/** A connection, whatever version of HTTP it speaks. */
type Client = {
  stop(): void
  checkTime(nowMs: number): void
  turnAway(code: RefusalCode): void
}

/** Every connection there is, and who may open another. */
export class Doors {
  readonly #gateway: Gateway
  readonly #ports: WebGatewayPorts
  readonly #clients = new Set<Client>()
  readonly #plain = new Set<PlainConnection>()
  readonly #sockets = new Set<Socket>()
  /** Those that have not said yet what they want, and since when; a timer each would cost more. */
  readonly #silent = new Map<Socket, number>()
  readonly #byAddress = new Map<string, number>()

  constructor(gateway: Gateway, ports: WebGatewayPorts) {
    this.#gateway = gateway
    this.#ports = ports
  }

  /** @param key Of session tickets: handshakes are sent to the server of theirs. */
  createTlsServer(key: keyof TicketKeys): TlsServer {
    const { metrics, config, security, certificates } = this.#gateway
    const bySniName: TlsOptions['SNICallback'] = (name, done) =>
      done(null, certificates.contextFor(name.toLowerCase()))
    const server = createTlsServer({
      ...certificates.options(key),
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: config.limits.handshakeTimeoutMs,
      ...(config.acme ? { SNICallback: bySniName } : {}),
    })
    certificates.onChange(() => server.setSecureContext(certificates.options(key)))
    server.on('secureConnection', (socket) => this.#onSecure(socket))
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
      metrics.handshakesFailed++
      const reason = error.code ?? 'unknown'
      security.record('WEB_TLS_FAILED', reason, { reason, address: addressOf(socket) })
      socket.destroy()
    })
    return server
  }

  /** Shows an authority what proves that a name is ours (RFC 8737), and says nothing more. */
  createChallengeServer(): TlsServer {
    const { challenges, certificates, wallClockMs } = this.#gateway
    const server = createTlsServer({
      ...certificates.options('current'),
      ALPNProtocols: [CHALLENGE_PROTOCOL],
      SNICallback: callbackify((name: string) =>
        challenges.contextFor(name.toLowerCase(), wallClockMs()),
      ),
    })
    server.on('secureConnection', (socket) => socket.end())
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  }

  /** In front of TLS: the first byte tells a handshake from a visitor who forgot the s of https. */
  createHttpsFront(servers: TlsServers): Server {
    return createServer({ noDelay: true, keepAlive: true }, (socket) => {
      if (!this.#admit(socket)) return
      this.#silent.set(socket, this.#gateway.nowMs())
      let hello: Buffer | undefined
      let reads = 0
      const onData = (bytes: Buffer): void => {
        hello = hello ? Buffer.concat([hello, bytes]) : bytes
        if (++reads < HELLO_READS_MAX && isPartOfHello(hello)) return
        socket.off('data', onData)
        this.#silent.delete(socket)
        socket.pause()
        socket.unshift(hello)
        if (hello[0] !== TLS_HANDSHAKE_BYTE) return this.#answerPlain(socket, undefined)
        servers[this.#serverFor(hello)].emit('connection', socket)
      }
      socket.on('data', onData)
    })
  }

  /** Which of our servers a handshake is for, by what it says in the clear. */
  #serverFor(hello: Buffer): keyof TlsServers {
    const { challenges, certificates } = this.#gateway
    if (challenges.isWaiting && hello.includes(CHALLENGE_PROTOCOL)) return 'challenge'
    const { previous, next } = certificates.ticketKeys
    if (bringsTicketOf(hello, previous)) return 'previous'
    return bringsTicketOf(hello, next) ? 'next' : 'current'
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
    this.#dropSilent(nowMs)
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

  /** In the order in which they came, so the first that may stay is the last to look at. */
  #dropSilent(nowMs: number): void {
    const { handshakeTimeoutMs } = this.#gateway.config.limits
    for (const [socket, sinceMs] of this.#silent) {
      if (nowMs - sinceMs <= handshakeTimeoutMs) return
      this.#silent.delete(socket)
      socket.destroy()
    }
  }

  #onSecure(socket: TLSSocket): void {
    const { metrics, config } = this.#gateway
    metrics.handshakes++
    // A second handshake in TLS 1.2 costs us more than the client, and nobody needs one.
    socket.disableRenegotiation()
    socket.once('error', () => socket.destroy())
    if (socket.isSessionReused()) metrics.handshakesResumed++
    const address = addressOf(socket)
    const onClosed = (closed: Client): void => void this.#clients.delete(closed)
    const Speaking = socket.alpnProtocol === 'h2' ? H2Connection : ClientConnection
    const client = new Speaking(this.#gateway, socket, address, onClosed)
    this.#clients.add(client)
    const { connectionsMax, connectionsPerAddressMax } = config.limits
    const fromHere = this.#byAddress.get(address) ?? 0
    if (fromHere > connectionsPerAddressMax) client.turnAway('WEB_CONNECTIONS_TOO_MANY')
    else if (this.#sockets.size > connectionsMax) client.turnAway('WEB_STOPPING')
  }

  #answerPlain(socket: Socket, publicPort: number | undefined): void {
    const onClosed = (closed: PlainConnection): void => void this.#plain.delete(closed)
    const tools = { gateway: this.#gateway, headers: this.#gateway.plainHeaders, publicPort }
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
      this.#silent.delete(socket)
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

/** Whether more of the client's first record is to come. */
function isPartOfHello(bytes: Buffer): boolean {
  if (bytes[0] !== TLS_HANDSHAKE_BYTE) return false
  if (bytes.length < TLS_RECORD_HEADER_SIZE) return true
  return bytes.length < TLS_RECORD_HEADER_SIZE + bytes.readUInt16BE(3)
}
