/**
 * Opens the way to PostgreSQL: a Unix socket, TCP, or TLS over TCP; read at the reader's pace.
 *
 * @module
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { FaultError } from '#lib/errors.ts'
import { BufferRing } from './buffer-ring.ts'
import { encodeSslRequest } from '#protocol/postgres/replication/messages.ts'

/** Where the server is, and whether the way there is encrypted. */
export type ServerAddress = {
  /** A folder (absolute path) means the Unix socket in it. */
  readonly host: string
  readonly port: number
  /**
   * Over TCP: `verify` demands a certificate that is valid for `host`; `off` sends everything in
   * the clear and is for a private wire only.
   */
  readonly tls: 'verify' | 'off'
  /** PEM file of the authority that signed the server's certificate; undefined: public ones. */
  readonly caFile?: string | undefined
}

/** Bytes both ways. */
export interface ByteStream {
  /**
   * The next bytes, as soon as there are some; undefined at the end. Not reading holds the server
   * back. Where buffers are reused, they last until the next call only.
   *
   * @throws {FaultError} DATABASE_UNREACHABLE when the connection broke.
   */
  read(): Promise<Uint8Array | undefined>
  write(bytes: Uint8Array): void
  /** Resolves once the server's side has taken most of what was written, or the stream ended. */
  drained(): Promise<void>
  /** Ends it at once; a waiting `read` returns undefined. */
  close(): void
}

const CONNECT_TIMEOUT_MS = 10_000
/** What is read ahead while the consumer works. */
const AHEAD_MAX_BYTES = 1024 * 1024

/**
 * @param reuse Whether to read into the same few buffers again and again, where the way is not TLS.
 * @throws {FaultError} DATABASE_UNREACHABLE, DATABASE_TLS_REFUSED.
 */
export async function dial(
  address: ServerAddress,
  signal?: AbortSignal,
  reuse = false,
): Promise<ByteStream> {
  const { host, port } = address
  const local = host.startsWith('/')
  const clear = local || address.tls === 'off'
  const ring = reuse && clear ? new BufferRing() : undefined
  const place = local ? { path: join(host, `.s.PGSQL.${port}`) } : { port, host }
  const socket = connect(ring ? { ...place, onread: ring.onread } : place)
  try {
    await settled(socket, 'connect', signal)
    socket.setNoDelay(true)
    if (ring) return new RingStream(socket, ring)
    return new SocketStream(clear ? socket : await encrypted(socket, address, signal))
  } catch (error) {
    socket.destroy()
    throw error instanceof FaultError ? error : unreachable(address, error)
  }
}

async function encrypted(
  socket: Socket,
  address: ServerAddress,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  socket.write(encodeSslRequest())
  const [answer] = (await settled(socket, 'data', signal)) as [Buffer]
  socket.pause()
  // More than the one byte would be plain text that somebody slipped in before the encryption
  // (CVE-2021-23222).
  if (answer.length !== 1 || answer[0] !== 0x53) {
    const message = `${address.host}:${address.port} offers no TLS; set ssl = on in PostgreSQL`
    throw new FaultError('DATABASE_TLS_REFUSED', message)
  }
  const secure = connectTls({
    socket,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['postgresql'],
    ...(isIP(address.host) ? {} : { servername: address.host }),
    ...(address.caFile === undefined ? {} : { ca: await readFile(address.caFile) }),
  })
  try {
    await settled(secure, 'secureConnect', signal)
  } catch (cause) {
    const reason = (cause as Error).message
    const message = `the certificate of ${address.host}:${address.port} is not trusted: ${reason}`
    throw new FaultError('DATABASE_TLS_REFUSED', message, { cause })
  }
  return secure
}

function settled(
  socket: Socket,
  event: string,
  signal: AbortSignal | undefined,
): Promise<unknown[]> {
  const timeout = AbortSignal.timeout(CONNECT_TIMEOUT_MS)
  return once(socket, event, { signal: signal ? AbortSignal.any([signal, timeout]) : timeout })
}

function unreachable(address: ServerAddress, cause: unknown): FaultError {
  const message =
    `PostgreSQL at ${address.host}:${address.port} does not answer ` +
    `(${(cause as Error).message}); is it running, and is the address right?`
  return new FaultError('DATABASE_UNREACHABLE', message, { cause })
}

/** What both ways of reading share. */
abstract class SocketEnd implements ByteStream {
  protected readonly socket: Socket
  #ended = false
  #fault: FaultError | undefined
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', (cause) => {
      const message = `the connection to PostgreSQL broke: ${cause.message}`
      this.#fault = new FaultError('DATABASE_UNREACHABLE', message, { cause })
    })
    socket.on('close', () => this.#end())
    socket.on('end', () => this.#end())
  }

  /** What came and was not yet read. */
  protected abstract take(): Uint8Array | undefined

  protected wake(): void {
    this.#wake?.()
  }

  async read(): Promise<Uint8Array | undefined> {
    let chunk = this.take()
    while (!chunk && !this.#ended) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
      chunk = this.take()
    }
    if (!chunk && this.#fault) throw this.#fault
    return chunk
  }

  write(bytes: Uint8Array): void {
    if (!this.#ended) this.socket.write(bytes)
  }

  async drained(): Promise<void> {
    if (this.#ended || !this.socket.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      this.socket.once('drain', resolve)
      this.socket.once('close', resolve)
    })
  }

  close(): void {
    this.socket.destroy()
    this.#end()
  }

  #end(): void {
    this.#ended = true
    this.wake()
  }
}

/** Each read gets a buffer of its own, which lasts as long as somebody holds it. */
class SocketStream extends SocketEnd {
  readonly #chunks: Uint8Array[] = []
  #heldBytes = 0

  constructor(socket: Socket) {
    super(socket)
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes >= AHEAD_MAX_BYTES) socket.pause()
      this.wake()
    })
    socket.resume()
  }

  protected take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift()
    if (!chunk) return undefined
    this.#heldBytes -= chunk.length
    if (this.#heldBytes < AHEAD_MAX_BYTES / 2) this.socket.resume()
    return chunk
  }

  override close(): void {
    this.#chunks.length = 0
    super.close()
  }
}

/** All reads go into the same few buffers. */
class RingStream extends SocketEnd {
  readonly #ring: BufferRing

  constructor(socket: Socket, ring: BufferRing) {
    super(socket)
    this.#ring = ring
    ring.onFilled(() => this.wake())
    socket.resume()
  }

  protected take(): Uint8Array | undefined {
    const chunk = this.#ring.take()
    if (this.#ring.hasRoom) this.socket.resume()
    return chunk
  }
}
