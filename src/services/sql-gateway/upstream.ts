/**
 * Opens connections to the server.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import { FaultError } from '#lib/errors.ts'
import { encodeCancel, encodeSslRequest, TLS_WILLING } from '#protocol/postgres/encode.ts'
import type { Inlet } from './inlet.ts'
import type { Upstream } from './ports.ts'

const CANCEL_TIMEOUT_MS = 10_000

/**
 * @param inlet Where the server's bytes go; not for TLS, which has memory of its own.
 * @throws {FaultError} DB_UPSTREAM_UNREACHABLE.
 */
export async function openUpstream(
  upstream: Upstream,
  signal: AbortSignal,
  inlet?: Inlet,
): Promise<Socket> {
  const socket = dial(upstream, inlet)
  try {
    await once(socket, 'connect', { signal })
    if (!('host' in upstream) || !upstream.tls) return socket
    socket.setKeepAlive(true)
    socket.write(encodeSslRequest())
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer]
    socket.pause()
    if (!answer.equals(TLS_WILLING)) throw new Error('the server does not take TLS')
    const encrypted = connectTls({
      socket,
      ca: upstream.tls.ca,
      servername: upstream.tls.servername ?? upstream.host,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['postgresql'],
    })
    encrypted.once('close', () => socket.destroy())
    await once(encrypted, 'secureConnect', { signal })
    return encrypted
  } catch (cause) {
    socket.on('error', () => undefined) // it is being destroyed; the first error was enough
    socket.destroy()
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new FaultError('DB_UPSTREAM_UNREACHABLE', message, { cause })
  }
}

function dial(upstream: Upstream, inlet: Inlet | undefined): Socket {
  const into = inlet ? { onread: inlet.onread } : {}
  if ('socketDir' in upstream) {
    const path = `${upstream.socketDir}/.s.PGSQL.${upstream.port}`
    return connect({ path, allowHalfOpen: true, ...into })
  }
  const { host, port, tls } = upstream
  return connect({ host, port, allowHalfOpen: true, noDelay: true, ...(tls ? {} : into) })
}

/**
 * Asks the server to cancel what a session of it runs. Resolves once the server has taken it, which
 * says nothing of whether there was anything to cancel.
 *
 * @throws {FaultError} DB_UPSTREAM_UNREACHABLE.
 */
export async function sendCancel(
  upstream: Upstream,
  backend: { readonly pid: number; readonly key: Uint8Array },
): Promise<void> {
  const server = await openUpstream(upstream, AbortSignal.timeout(CANCEL_TIMEOUT_MS))
  const { promise, resolve } = Promise.withResolvers<void>()
  server.setTimeout(CANCEL_TIMEOUT_MS, () => server.destroy())
  server.on('error', () => undefined) // followed by 'close'
  server.once('close', () => resolve())
  server.end(encodeCancel(backend.pid, backend.key))
  server.resume()
  return promise
}
