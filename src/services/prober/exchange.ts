/**
 * A plain TCP conversation of one question: what a stranger could do with a socket.
 *
 * @module
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { notReached } from './probe.ts'

export type Address = { readonly host: string; readonly port: number }

export type Exchange = {
  /** Whether TCP itself was accepted. */
  readonly connected: boolean
  /** What came back, at most `REPLY_MAX_BYTES`. */
  readonly reply: Uint8Array
}

export type ExchangeOptions = {
  /** The address to come from. */
  readonly from?: string
  /** Sent once connected. */
  readonly question: Uint8Array
  /** How long to listen for an answer. */
  readonly patienceMs: number
  /** Stop listening once this many bytes came; all by default. */
  readonly enough?: number
}

const REPLY_MAX_BYTES = 64 * 1024

/** Asks one question and listens until the peer closes, enough came, or patience ends. */
export function exchange(
  { host, port }: Address,
  options: ExchangeOptions,
  signal: AbortSignal,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const from = options.from === undefined ? {} : { localAddress: options.from }
    const socket = connect({ host, port, ...from })
    const chunks: Uint8Array[] = []
    let size = 0
    let connected = false
    const finish = (): void => {
      socket.destroy()
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      resolve({ connected, reply: Buffer.concat(chunks) })
    }
    const abort = (): void => {
      finish()
      reject(signal.reason as Error)
    }
    const timer = setTimeout(finish, options.patienceMs)
    signal.addEventListener('abort', abort, { once: true })
    socket.on('connect', () => {
      connected = true
      socket.write(options.question)
    })
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size >= (options.enough ?? REPLY_MAX_BYTES)) finish()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL') reject(error) // we do not have that address
      finish()
    })
    socket.on('close', finish)
  })
}

/**
 * A finished TLS handshake, or undefined when the peer refused it.
 *
 * @param prelude Sent in the clear first, and answered with one byte, as PostgreSQL's SSLRequest.
 * @throws When TCP fails: there is nothing to measure.
 */
export async function handshake(
  { host, port }: Address,
  options: ConnectionOptions,
  signal: AbortSignal,
  prelude?: Uint8Array,
): Promise<TLSSocket | undefined> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect', { signal })
    if (prelude) {
      socket.write(prelude)
      await once(socket, 'data', { signal })
    }
  } catch (error) {
    socket.destroy()
    throw notReached(`${host}:${port}`, error)
  }
  const secure = connectTls({ ...options, socket })
  try {
    await once(secure, 'secureConnect', { signal })
    secure.on('error', () => secure.destroy()) // the handshake was all we wanted to know
    return secure
  } catch (error) {
    secure.destroy()
    if (signal.aborted) throw error
    return undefined
  }
}
