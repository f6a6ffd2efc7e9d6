/**
 * The first words on a connection: requests for encryption, the TLS handshake, and the packet that
 * says what the client wants.
 *
 * @module
 */
import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import { DeniedError, ProtocolError, VeiligError } from '#lib/errors.ts'
import { NOT_WILLING, TLS_WILLING } from '#protocol/postgres/encode.ts'
import { MINOR_MAX, readStartup, type StartupPacket } from '#protocol/postgres/startup.ts'

/** What a client came for. */
export type Wish = Extract<StartupPacket, { kind: 'startup' | 'cancel' }>

export type GreetingOptions = {
  readonly secureContext: SecureContext
  /** Whether clients are asked for a certificate; what they show is judged at the login. */
  readonly asksCertificate: boolean
  /** Whether a session needs TLS. A cancel never does: libpq before 17 sends it in clear. */
  readonly tlsRequired: boolean
}

export interface GreetingSink {
  /** @param rest What the client sent after its packet already. */
  wished(wish: Wish, client: Socket, rest: Uint8Array): void
  /** @param client To be told why, or undefined when nothing can or should be said. */
  failed(error: VeiligError, client: Socket | undefined): void
}

/** Reads one connection until its wish is known or refused; then takes its hands off. */
export class Greeting {
  readonly #raw: Socket
  readonly #options: GreetingOptions
  readonly #sink: GreetingSink
  #client: Socket
  #bytes: Uint8Array = new Uint8Array(0)
  #asked = new Set<'ssl-request' | 'gss-request'>()
  #over = false

  constructor(raw: Socket, options: GreetingOptions, sink: GreetingSink) {
    this.#raw = raw
    this.#client = raw
    this.#options = options
    this.#sink = sink
    this.#listen(raw)
  }

  #listen(socket: Socket): void {
    this.#client = socket
    socket.on('data', this.#onData)
    socket.on('end', this.#onEnd)
    socket.resume()
  }

  #stopListening(): void {
    this.#client.off('data', this.#onData)
    this.#client.off('end', this.#onEnd)
    this.#client.pause()
  }

  readonly #onEnd = (): void => void this.#client.end()

  readonly #onData = (chunk: Uint8Array): void => {
    this.#bytes = Buffer.concat([this.#bytes, chunk])
    try {
      this.#read()
    } catch (error) {
      if (!(error instanceof VeiligError)) throw error
      // A scanner or an HTTP client gets no PostgreSQL byte; a client that speaks it is answered.
      this.#fail(error, error instanceof ProtocolError ? undefined : this.#client)
    }
  }

  #read(): void {
    const read = readStartup(this.#bytes)
    if (!read) return
    const { packet, size } = read
    const encrypted = this.#client !== this.#raw
    switch (packet.kind) {
      case 'direct-tls':
        if (encrypted) throw new ProtocolError('PG_STARTUP_INVALID', 'TLS within TLS')
        return this.#startTls(true)
      case 'ssl-request':
      case 'gss-request':
        return this.#request(packet.kind, size, encrypted)
      case 'unsupported':
        throw unsupported(packet.version)
      case 'startup':
        if (!encrypted && this.#options.tlsRequired) throw inClear()
        return this.#wish(packet, size)
      case 'cancel':
        return this.#wish(packet, size)
    }
  }

  #request(kind: 'ssl-request' | 'gss-request', size: number, encrypted: boolean): void {
    if (encrypted || this.#asked.has(kind)) throw unsupported(`${kind}, again`)
    this.#asked.add(kind)
    // A byte in clear after the request may be an attacker's, to be taken for the client's once
    // there is TLS (CVE-2021-23214).
    if (this.#bytes.length > size || this.#raw.readableLength > 0) {
      throw new ProtocolError('PG_CLEARTEXT_EARLY', `bytes in clear after ${kind}`)
    }
    this.#bytes = new Uint8Array(0)
    this.#raw.write(kind === 'ssl-request' ? TLS_WILLING : NOT_WILLING)
    if (kind === 'ssl-request') this.#startTls(false)
  }

  #wish(wish: Wish, size: number): void {
    this.#over = true
    this.#stopListening()
    this.#sink.wished(wish, this.#client, this.#bytes.subarray(size))
  }

  #startTls(direct: boolean): void {
    const raw = this.#raw
    this.#stopListening()
    if (this.#bytes.length > 0) raw.unshift(Buffer.from(this.#bytes)) // the ClientHello
    this.#bytes = new Uint8Array(0)
    const client = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#options.secureContext,
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      requestCert: this.#options.asksCertificate,
      rejectUnauthorized: false,
      ALPNProtocols: ['postgresql'],
    })
    client.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(new ProtocolError('PG_TLS_FAILED', error.code ?? error.message), undefined)
    })
    client.once('secure', () => {
      // As PostgreSQL does: without ALPN another protocol's client could be led here.
      if (!direct || client.alpnProtocol === 'postgresql') return this.#listen(client)
      this.#fail(new ProtocolError('PG_ALPN_MISSING', 'direct TLS without ALPN'), undefined)
    })
  }

  #fail(error: VeiligError, client: Socket | undefined): void {
    if (this.#over) return
    this.#over = true
    this.#stopListening()
    this.#sink.failed(error, client)
  }
}

function unsupported(version: string): DeniedError {
  const message = `the client asked for ${version}`
  const spoken = `This protocol version is not spoken here; 3.0 to 3.${MINOR_MAX} are.`
  return new DeniedError('PG_VERSION_UNSUPPORTED', message, spoken)
}

function inClear(): DeniedError {
  const message = 'a StartupMessage without TLS'
  return new DeniedError('DB_TLS_REQUIRED', message, 'Only encrypted connections are taken here.')
}
