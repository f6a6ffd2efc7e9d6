/**
 * One client connection: its sockets, from the first packet to the last byte.
 *
 * Three stages, each with its own reader of the client's bytes: the greeting, the login, and the
 * session, whose bytes move in traffic.ts. Whatever is decided is decided by the pure parts.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { AuditDetail } from '#audit/trail.ts'
import { DeniedError, ProtocolError, VeiligError } from '#lib/errors.ts'
import { encodeFatal, encodeNegotiation, encodeStartup } from '#protocol/postgres/encode.ts'
import { MessageBuffer } from '#protocol/postgres/message-buffer.ts'
import { MINOR_MAX, type Startup } from '#protocol/postgres/startup.ts'
import { accessDenied, type Breach, type Doorkeeper } from './access.ts'
import { fatalFor, serverLeft, tooLate } from './answers.ts'
import { cancelBy } from './cancel.ts'
import type { CancelKey } from './cancel-keys.ts'
import { openedEvent, type Peer } from './events.ts'
import type { Gateway } from './gateway.ts'
import { Login, ScramRelay, type Authentication, type LoginStep } from './login.ts'
import { Greeting, type Wish } from './greeting.ts'
import { Inlet } from './inlet.ts'
import { Notes } from './notes.ts'
import type { Pacer } from './pace.ts'
import { identify, type Identity } from './policy.ts'
import type { Sanctioned } from './sanctions.ts'
import { Session } from './session.ts'
import { Traffic } from './traffic.ts'
import { openUpstream, sendCancel } from './upstream.ts'

const LOGIN_BYTES_MAX = 256 * 1024
const FAREWELL_MS = 5_000 // for our last message to reach a client that does not read

type Stage = 'greeting' | 'login' | 'session' | 'over'

export class Connection {
  readonly #id = randomUUID()
  readonly #address: string
  readonly #gateway: Gateway
  readonly #openedMs: number
  readonly #notes: Notes
  readonly #raw: Socket
  /** The socket as the client means it: TLS once there is TLS. */
  #client: Socket
  #server: Socket | undefined
  #stage: Stage = 'greeting'
  #identity: Identity | undefined
  /** The name of the certificate it showed, or ''. */
  #certificate = ''
  #minor = 0
  #login: Login | undefined
  #fromClient = new MessageBuffer(LOGIN_BYTES_MAX)
  #fromServer = new MessageBuffer(LOGIN_BYTES_MAX)
  #session: Session | undefined
  #traffic: Traffic | undefined
  #ownKey: CancelKey | undefined
  #holdsSession = false
  /** Counted by the rules of connecting. */
  #isCounted = false
  /** The condition of a rule that refused it, for the record. */
  #condition: string | undefined
  #draining = false
  /** The client is to hear nothing: it speaks no PostgreSQL, or no longer listens. */
  #silent = false
  /** Why it ended: the first cause counts. */
  #reason: string | undefined
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Socket, address: string, gateway: Gateway) {
    this.#raw = socket
    this.#client = socket
    this.#address = address
    this.#gateway = gateway
    this.#openedMs = gateway.ports.clock.monotonicMs()
    const { journal, stranger } = gateway
    this.#notes = new Notes({ session: this.#id, address, journal, stranger })
  }

  start(): void {
    const { limits } = this.#gateway.config
    this.#raw.setKeepAlive(true, limits.keepAliveMs)
    this.#timer = setTimeout(() => this.#refuse(tooLate()), limits.loginTimeoutMs)
    this.#raw.on('close', () => this.#clientClosed())
    const { tlsRequired } = this.#gateway.config
    const { secureContext, certificates } = this.#gateway
    new Greeting(
      this.#raw,
      { secureContext, tlsRequired, asksCertificate: certificates !== undefined },
      {
        wished: (wish, client, rest) => this.#guarded(() => this.#wished(wish, client, rest)),
        failed: (error, client) => this.#greetingFailed(error, client),
      },
    )
  }

  /** Goes to make room for a newer connection. */
  evict(): void {
    this.#refuse(new DeniedError('DB_LOGINS_FULL', 'too many logins at once', 'Try again.'))
    this.destroy()
  }

  get peer(): Sanctioned {
    return { session: this.#id, address: this.#address, user: this.#identity?.user }
  }

  /** Ends with what runs in it: nothing can be recorded any more, or a sanction says so. */
  fail(error: VeiligError): void {
    this.#refuse(error)
  }

  /** Ends as soon as no statement runs. */
  shutDown(): void {
    this.#draining = true
    if (!this.#session || this.#session.idle) this.#sayShutDown()
  }

  /** Ends now, whatever runs. */
  stop(): void {
    this.#reason ??= 'GATEWAY_STOPPED'
    this.destroy()
  }

  destroy(): void {
    this.#raw.destroy()
    this.#client.destroy()
    this.#server?.destroy()
  }

  // The client's side of the three stages.

  #wished(wish: Wish, client: Socket, rest: Uint8Array): void {
    this.#client = client
    client.on('data', (chunk: Buffer) => this.#onClientData(chunk))
    client.on('end', () => this.#onClientEnd())
    client.on('drain', () => this.#traffic?.clientDrained())
    if (wish.kind === 'cancel') {
      this.#stage = 'over'
      return void this.#cancel(wish.pid, wish.key)
    }
    this.#stage = 'login'
    this.#begin(wish).catch((error: unknown) => this.#refuse(error))
    this.#fromClient.push(rest)
    client.resume()
  }

  #greetingFailed(error: VeiligError, client: Socket | undefined): void {
    if (client) this.#client = client
    this.#silent = client === undefined
    this.#refuse(error)
  }

  #onClientData(chunk: Uint8Array): void {
    this.#guarded(() => {
      switch (this.#stage) {
        case 'login':
          this.#fromClient.push(chunk)
          return this.#readLogin()
        case 'session':
          return this.#traffic?.fromClient(chunk)
        case 'greeting':
        case 'over':
          return
      }
    })
  }

  #onClientEnd(): void {
    this.#reason ??= 'CLIENT_CLOSED'
    if (this.#stage === 'login') return this.#abandon()
    if (this.#traffic && this.#stage !== 'over') this.#traffic.clientEnded()
    else this.#client.end()
  }

  async #cancel(pid: number, key: Uint8Array): Promise<void> {
    const { cancelKeys, sharesPort, ports, journal } = this.#gateway
    const stranger = (code: string, detail: AuditDetail): void => this.#notes.stranger(code, detail)
    const cancelling = { cancelKeys, journal, upstream: ports.upstream, sharesPort, stranger }
    try {
      await cancelBy(pid, key, this.#address, cancelling)
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
    }
    this.#client.end()
    this.#client.resume()
  }

  /** Asks the server to cancel what this connection runs. Resolves once the server has taken it. */
  async cancelStatement(address: string): Promise<void> {
    const backend = this.#login?.backendKey
    if (!backend || this.#stage !== 'session') return
    const detail = { session: this.#id, known: true, address }
    await this.#gateway.journal.append([{ code: 'DB_CANCEL', detail }])
    await sendCancel(this.#gateway.ports.upstream, backend)
  }

  // Login.

  async #begin(startup: Startup): Promise<void> {
    const { config, access, admission, cancelKeys, ports } = this.#gateway
    const identity = identify(startup, config.replicationRoles)
    this.#identity = identity
    this.#certificate = this.#certificateOf(identity.user)
    this.#heed(await access.ask(identity, this.#address, ports.clock.nowMs()))
    if (this.#stage !== 'login') return
    admission.takeSession()
    this.#holdsSession = true
    this.#minor = Math.min(startup.minor, MINOR_MAX)
    if (startup.minor > MINOR_MAX || startup.options.length > 0) {
      this.#client.write(encodeNegotiation(this.#minor, startup.options))
    }
    const ownKeyFor = (backend: CancelKey): CancelKey => {
      this.#ownKey = cancelKeys.mint(this.#minor, backend, this)
      return this.#ownKey
    }
    const inlet = new Inlet()
    const server = await openUpstream(ports.upstream, this.#abort.signal, inlet)
    this.#login = new Login(await this.#authenticationOf(identity.user, server), ownKeyFor)
    this.#connected(server, startup, inlet)
  }

  /** @throws {DeniedError} DB_CERTIFICATE_DENIED. */
  #certificateOf(user: string): string {
    const { certificates, ports } = this.#gateway
    const client = this.#client
    const shown = client instanceof TLSSocket ? client.getPeerX509Certificate() : undefined
    return certificates?.check(user, shown, ports.clock.nowMs()) ?? ''
  }

  /** @throws {DeniedError} DB_ACCESS_DENIED or DB_ROLE_FULL for the first that is enforced. */
  #heed(breaches: readonly Breach[]): void {
    for (const breach of breaches) {
      const { condition, mode } = breach
      if (!this.#identity) return
      if (mode === 'enforce') {
        this.#condition = condition
        throw accessDenied(this.#identity, breach)
      }
      this.#notes.stranger('DB_ACCESS_OBSERVED', { reason: condition, ...this.#identity })
    }
  }

  /** With the server's own verifier the proof ends here; else it is handed through. */
  async #authenticationOf(user: string, server: Socket): Promise<Authentication> {
    const { scram } = this.#gateway
    if (!scram) return new ScramRelay()
    const onTls = this.#client instanceof TLSSocket
    server.on('error', () => undefined) // or it could fail unheard while we wait
    return scram(user, this.#address, onTls, server instanceof TLSSocket ? server : undefined)
  }

  #connected(server: Socket, startup: Startup, inlet: Inlet): void {
    server.on('error', () => undefined) // followed by 'close'
    if (this.#stage !== 'login') return void server.destroy()
    if (server.destroyed) throw serverLeft()
    this.#server = server
    inlet.attach(server, {
      read: (chunk) => this.#onServerData(chunk),
      busy: () => this.#client.writableLength > 0 || this.#traffic?.isAnswering === true,
    })
    server.on('end', () => this.#serverClosed())
    server.on('close', () => this.#serverClosed())
    server.on('drain', () => this.#traffic?.serverDrained())
    server.write(encodeStartup(startup.parameters))
  }

  #onServerData(chunk: Uint8Array): void {
    this.#guarded(() => {
      if (this.#stage === 'session') return this.#traffic?.fromServer(chunk)
      if (this.#stage !== 'login') return
      this.#fromServer.push(chunk)
      this.#readLogin()
    })
  }

  #readLogin(): void {
    const login = this.#login
    if (!login || !this.#server) return
    for (let took = true; took && this.#stage === 'login';) {
      const said = this.#fromServer.next()
      if (said) this.#step(login.fromServer(said))
      const answered = login.clientTurn ? this.#fromClient.next() : undefined
      if (answered) this.#step(login.fromClient(answered))
      took = said !== undefined || answered !== undefined
    }
  }

  #step(step: LoginStep): void {
    switch (step.do) {
      case 'to-client':
        this.#client.write(step.bytes)
        return
      case 'to-server':
        this.#server?.write(step.bytes)
        return
      case 'failed': {
        const { sqlstate, reason, bytes } = step
        this.#notes.loginFailed(this.#identity, { sqlstate, ...(reason && { reason }) })
        return this.#farewell(bytes)
      }
      case 'leave':
        return this.#abandon()
      case 'ready':
        return void this.#open(step.bytes)
    }
  }

  /** The client left before it proved anything, as psql does to ask for a password. */
  #abandon(): void {
    this.#notes.stranger('DB_SESSION_REFUSED', { reason: 'LOGIN_ABANDONED', ...this.#identity })
    this.#farewell(undefined)
  }

  /** The login is done: from here every byte of the client is inspected, recorded, passed. */
  async #open(ready: Uint8Array): Promise<void> {
    const login = this.#login
    const identity = this.#identity
    const server = this.#server
    if (!login || !identity || !server) return
    const { config, access, admission, judgeFor, personal, valuesFor } = this.#gateway
    admission.loggedIn(this)
    this.#stage = 'session'
    this.#client.pause()
    server.pause()
    try {
      if (!(await this.#enter(access, identity))) return
    } catch (error) {
      return this.#refuse(error)
    }
    clearTimeout(this.#timer)
    const { user, database } = identity
    const peer: Peer = { session: this.#id, user, database, address: this.#address }
    const { application, reading } = login
    const judge = judgeFor(user)
    const rows = config.roles[user]?.rows
    const columns = personal.readerOf(database)
    const values = valuesFor(peer)
    const said = { peer, application, reading }
    this.#session = new Session({ ...config, ...said, judge, rows, columns, values })
    const opened = openedEvent(peer, login, {
      replication: identity.replication,
      certificate: this.#certificate,
      protocol: `3.${this.#minor}`,
      tls: this.#client instanceof TLSSocket ? (this.#client.getProtocol() ?? '') : '',
    })
    try {
      await this.#gateway.journal.append([opened])
    } catch (error) {
      return this.#refuse(error)
    }
    if (this.#isOver()) return
    this.#traffic = this.#trafficOf(this.#session, server, access.pacerOf(identity, peer))
    this.#client.write(ready)
    server.resume()
    this.#client.resume()
    const [early, late] = [this.#fromClient.rest(), this.#fromServer.rest()]
    if (late.length > 0) this.#onServerData(late)
    if (early.length > 0) this.#onClientData(early)
  }

  /** @returns False when the client left meanwhile. @throws {DeniedError} DB_ROLE_FULL. */
  async #enter(access: Doorkeeper, identity: Identity): Promise<boolean> {
    const breaches = await access.enter(identity, this.#address)
    const isInside = !breaches.some(({ mode }) => mode === 'enforce')
    if (this.#isOver()) {
      if (isInside) access.leave(identity, this.#address)
      return false
    }
    this.#isCounted = isInside
    this.#heed(breaches)
    return true
  }

  #trafficOf(session: Session, server: Socket, pacer: Pacer | undefined): Traffic {
    const { journal, ports, config } = this.#gateway
    const { clock } = ports
    const { writeStallMs } = config.limits
    const sides = { client: this.#client, server, pacer }
    return new Traffic(
      { session, journal, clock, writeStallMs, ...sides },
      {
        violated: (error) => this.#refuse(error),
        failed: (error) => this.#refuse(error),
        answered: () => {
          if (this.#draining && session.idle && session.atBoundary) this.#sayShutDown()
        },
        stalled: () => {
          this.#reason ??= 'CLIENT_NOT_READING'
          this.destroy()
        },
      },
    )
  }

  // Endings.

  #guarded(act: () => void): void {
    try {
      act()
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      this.#refuse(error)
    }
  }

  /** Ends the connection because of an error: records it, tells the client, closes. */
  #refuse(error: unknown): void {
    if (!(error instanceof VeiligError)) {
      this.destroy()
      throw error
    }
    if (this.#isOver()) return
    this.#reason ??= error.code
    const condition = this.#condition === undefined ? {} : { condition: this.#condition }
    const detail = { reason: error.code, ...condition, ...this.#identity }
    if (error instanceof ProtocolError) this.#notes.violation(error, this.#session !== undefined)
    else if (error.code === 'DB_SERVER_AUTH_WEAK')
      this.#notes.loginFailed(this.#identity, { reason: error.code })
    else if (!this.#session) this.#notes.stranger('DB_SESSION_REFUSED', detail)
    const maySpeak = !this.#silent && (this.#session?.atBoundary ?? true)
    this.#farewell(maySpeak ? fatalFor(error) : undefined)
  }

  #sayShutDown(): void {
    if (this.#isOver()) return
    this.#reason ??= 'GATEWAY_STOPPED'
    this.#farewell(encodeFatal('57P01', 'The database gateway is stopping.', 'Connect again.'))
  }

  /** Sends the last words, and closes both sides once they are out. */
  #farewell(message: Uint8Array | undefined): void {
    this.#closeSession()
    this.#stage = 'over'
    this.#traffic?.stop()
    clearTimeout(this.#timer)
    this.#server?.destroySoon()
    if (message) this.#client.end(message)
    else this.#client.end()
    this.#client.resume() // or its end is never seen
    this.#timer = setTimeout(() => this.destroy(), FAREWELL_MS)
  }

  #serverClosed(): void {
    if (this.#stage === 'login') return this.#refuse(serverLeft())
    if (this.#isOver()) return
    this.#reason ??= this.#session?.terminated ? 'CLIENT_CLOSED' : 'SERVER_CLOSED'
    this.#farewell(undefined)
  }

  #clientClosed(): void {
    if (this.#stage === 'login') this.#abandon()
    this.#closeSession()
    this.#stage = 'over'
    clearTimeout(this.#timer)
    this.#traffic?.stop()
    this.#abort.abort()
    this.#server?.destroy()
    this.#client.destroy()
    this.#gateway.admission.leave(this, this.#address)
    if (this.#holdsSession) this.#gateway.admission.giveSession()
    if (this.#isCounted && this.#identity) {
      this.#gateway.access.leave(this.#identity, this.#address)
    }
    if (this.#ownKey) this.#gateway.cancelKeys.forget(this.#ownKey)
    this.#gateway.left(this)
  }

  /** Records the end of the session, once. */
  #closeSession(): void {
    if (!this.#session || this.#isOver()) return
    const reason = this.#reason ?? 'CLIENT_CLOSED'
    const nowMs = this.#gateway.ports.clock.monotonicMs()
    this.#notes.append(this.#session.close(nowMs, reason, nowMs - this.#openedMs))
  }

  #isOver(): boolean {
    return this.#stage === 'over'
  }
}
