/**
 * A PostgreSQL client byte by byte, for what real clients are too polite to do.
 *
 * It speaks whatever the test tells it to, and reads whole messages of the answer.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ScramClient } from '#crypto/scram.ts'
import { encodeMessage, encodeSslRequest } from '#protocol/postgres/encode.ts'
import { MessageBuffer, type Message } from '#protocol/postgres/message-buffer.ts'
import { gatewayAuthority } from './sql-gateway.ts'

export type Place = { readonly host: string; readonly port: number }

const TIMEOUT_MS = 10_000
const BUFFER_MAX = 256 * 1024 * 1024

/** One connection and the messages that come on it. */
export class Wire implements Disposable {
  readonly socket: Socket
  readonly #buffer = new MessageBuffer(BUFFER_MAX)
  #wake: () => void = () => undefined
  closed = false
  /** Every byte received. */
  received = 0

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.length
      this.#buffer.push(chunk)
      this.#wake()
    })
    socket.on('error', () => undefined) // followed by 'close'
    socket.on('close', () => {
      this.closed = true
      this.#wake()
    })
  }

  send(...parts: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(parts))
  }

  /** The next message, or undefined when the peer closed. */
  async next(): Promise<Message | undefined> {
    const deadline = performance.now() + TIMEOUT_MS
    for (;;) {
      const message = this.#buffer.next()
      if (message) return message
      if (this.closed) return undefined
      if (performance.now() > deadline) throw new Error('no message in time')
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Types of the messages up to and with the first of `type`, or to the end. */
  async until(type: string): Promise<string> {
    let types = ''
    for (let found = await this.next(); found; found = await this.next()) {
      types += found.type
      if (found.type === type) break
    }
    return types
  }

  /** Resolves when the peer has closed; gives what it said before. */
  async untilClosed(): Promise<Message[]> {
    const said: Message[] = []
    for (let found = await this.next(); found; found = await this.next()) said.push(found)
    return said
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

/** A connection in clear, as it is. */
export async function dial(place: Place): Promise<Wire> {
  const socket = connect({ host: place.host, port: place.port })
  const wire = new Wire(socket)
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  return wire
}

/** A connection after SSLRequest and the TLS handshake. */
export async function dialTls(place: Place): Promise<Wire> {
  const socket = connect({ host: place.host, port: place.port })
  await once(socket, 'connect')
  socket.write(encodeSslRequest())
  const [answer] = (await once(socket, 'data')) as [Buffer]
  if (answer.toString() !== 'S') throw new Error(`no TLS: ${answer.toString('latin1')}`)
  const encrypted = connectTls({ socket, host: 'localhost', ca: gatewayAuthority })
  await once(encrypted, 'secureConnect')
  return new Wire(encrypted)
}

/** StartupMessage of any version. */
export function startup(version: number, parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`)
  const body = Buffer.from(`${pairs.join('')}\0`)
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + body.length, 0)
  head.writeInt32BE(version, 4)
  return Buffer.concat([head, body])
}

/** Logs in with SCRAM; returns the messages from the server up to ReadyForQuery. */
export async function logIn(
  wire: Wire,
  options: {
    readonly password: string
    readonly version?: number
    readonly parameters: Readonly<Record<string, string>>
  },
): Promise<Message[]> {
  wire.send(startup(options.version ?? 196_608, options.parameters))
  const nonce = randomBytes(18).toString('base64')
  const scram = new ScramClient({ password: options.password, nonce })
  const said: Message[] = []
  for (let found = await wire.next(); found; found = await wire.next()) {
    said.push(found)
    if (found.type === 'Z' || found.type === 'E') return said
    if (found.type !== 'R') continue
    const body = Buffer.from(found.body)
    const request = body.readInt32BE(0)
    if (request === 10) {
      const first = Buffer.from(scram.first())
      const size = Buffer.alloc(4)
      size.writeInt32BE(first.length)
      wire.send(encodeMessage('p', Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), size, first])))
    }
    if (request === 11) {
      wire.send(encodeMessage('p', Buffer.from(scram.final(body.toString('latin1', 4)))))
    }
    if (request === 12) scram.verify(body.toString('latin1', 4))
  }
  return said
}

export const message = {
  query: (sql: string): Uint8Array => encodeMessage('Q', Buffer.from(`${sql}\0`)),
  parse: (name: string, sql: string): Uint8Array =>
    encodeMessage('P', Buffer.from(`${name}\0${sql}\0\0\0`)),
  bind: (portal: string, statement: string): Uint8Array =>
    encodeMessage('B', Buffer.from(`${portal}\0${statement}\0\0\0\0\0\0\0`)),
  execute: (portal: string, rowsMax = 0): Uint8Array => {
    const limit = Buffer.alloc(4)
    limit.writeInt32BE(rowsMax)
    return encodeMessage('E', Buffer.concat([Buffer.from(`${portal}\0`), limit]))
  },
  sync: (): Uint8Array => encodeMessage('S', new Uint8Array(0)),
  copyData: (text: string): Uint8Array => encodeMessage('d', Buffer.from(text)),
  copyDone: (): Uint8Array => encodeMessage('c', new Uint8Array(0)),
} as const
