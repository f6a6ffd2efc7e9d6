/**
 * Opens a connection to the server.
 *
 * @module
 */
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { once } from 'node:events'
import { FaultError } from '#lib/errors.ts'
import { encodeSslRequest, TLS_WILLING } from '#protocol/postgres/encode.ts'
import type { Upstream } from './ports.ts'

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
