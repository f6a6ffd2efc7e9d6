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
import type { Upstream } from './ports.ts'

const CANCEL_TIMEOUT_MS = 10_000

/** @throws {FaultError} DB_UPSTREAM_UNREACHABLE. */
export async function openUpstream(upstream: Upstream, signal: AbortSignal): Promise<Socket> {
  const socket =
    'socketDir' in upstream
      ? connect({ path: `${upstream.socketDir}/.s.PGSQL.${upstream.port}`, allowHalfOpen: true })
      : connect({ host: upstream.host, port: upstream.port, allowHalfOpen: true, noDelay: true })
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
