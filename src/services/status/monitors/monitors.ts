/**
 * Monitors of sites, ports and databases: HTTPS, HTTP, TCP, PostgreSQL. Each does what a client
 * would, up to the first proof of life, and nothing more.
 *
 * @module
 */
import { once } from 'node:events'
import { request as requestPlain } from 'node:http'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { encodeSslRequest, encodeStartup } from '#protocol/postgres/encode.ts'
import type { MonitorConfig } from '../config.ts'
import { NotUp, type Found } from './look.ts'

type Of<K extends MonitorConfig['kind']> = Extract<MonitorConfig, { kind: K }>

/** As the application's logs and the audit trail name us. */
export const USER_AGENT = 'veilig-status'
/** A role that need not exist: the server asks every name for its proof (RFC 5802 §5.1). */
const USER = 'veilig_status'

export async function lookHttps(
  { host, port, hostName, path }: Of<'https'>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Found>()
  const call = request({
    host,
    port,
    path,
    headers: { host: hostName, 'user-agent': USER_AGENT },
    servername: hostName,
    agent: false,
    signal,
    ...(ca === undefined ? {} : { ca }),
  })
  call.on('error', reject)
  call.on('response', (response) => {
    const status = response.statusCode ?? 0
    const ends = certificateEnds(response.socket as TLSSocket)
    response.on('error', reject)
    // A page that never ends is no answer; what it says is not kept.
    response.resume().on('end', () => {
      resolve({ ...ends, ...(status < 400 ? {} : { reason: `HTTP_${status}` }) })
    })
  })
  call.end()
  return promise
}

/** A site in the clear: within the company, or before it redirects. */
export async function lookHttp(
  { host, port, hostName, path }: Of<'http'>,
  signal: AbortSignal,
): Promise<Found> {
  const { promise, resolve, reject } = Promise.withResolvers<Found>()
  const headers = { host: hostName, 'user-agent': USER_AGENT }
  const call = requestPlain({ host, port, path, headers, agent: false, signal })
  call.on('error', reject)
  call.on('response', (response) => {
    const status = response.statusCode ?? 0
    response.on('error', reject)
    response.resume().on('end', () => resolve(status < 400 ? {} : { reason: `HTTP_${status}` }))
  })
  call.end()
  return promise
}

export function certificateEnds(socket: TLSSocket): Pick<Found, 'certificateEndsMs'> {
  const ms = Date.parse(socket.getPeerCertificate().valid_to)
  return Number.isNaN(ms) ? {} : { certificateEndsMs: ms }
}

export async function lookTcp(target: Of<'tcp'>, signal: AbortSignal): Promise<Found> {
  const socket = connect({ host: target.host, port: target.port })
  return conversation(socket, signal, async () => {
    await once(socket, 'connect', { signal })
    if (target.greeting === undefined) return {}
    const text = (await firstBytes(socket, signal)).toString('latin1')
    if (!text.startsWith(target.greeting)) throw new NotUp('WRONG_ANSWER')
    return {}
  })
}

/** A component that listens on a unix socket. */
export async function lookUnix(path: string, signal: AbortSignal): Promise<Found> {
  const socket = connect({ path })
  return conversation(socket, signal, async () => {
    await once(socket, 'connect', { signal })
    return {}
  })
}

/**
 * Encrypts, names itself, and waits until the server asks for proof: then the way is open through
 * the gateway to PostgreSQL itself. It has no password and gives none.
 */
export async function lookPostgres(
  { host, port }: Of<'postgres'>,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Found> {
  const plain = connect({ host, port })
  return conversation(plain, signal, async () => {
    await once(plain, 'connect', { signal })
    plain.write(encodeSslRequest())
    const willing = await firstBytes(plain, signal)
    if (willing[0] !== 'S'.charCodeAt(0)) throw new NotUp('WRONG_ANSWER')
    const servername = /^[\d.:]+$/.test(host) ? 'localhost' : host
    const secure = connectTls({ socket: plain, servername, ...(ca === undefined ? {} : { ca }) })
    return conversation(secure, signal, async () => {
      await once(secure, 'secureConnect', { signal })
      const database = new Map([
        ['user', USER],
        ['database', 'postgres'],
        ['application_name', USER_AGENT],
      ])
      secure.write(encodeStartup(database))
      const answer = await firstBytes(secure, signal)
      // 'R' asks for proof; an error is an answer too, but not that of a database that serves.
      if (answer[0] !== 'R'.charCodeAt(0)) throw new NotUp('WRONG_ANSWER')
      return certificateEnds(secure)
    })
  })
}

async function firstBytes(socket: Socket, signal: AbortSignal): Promise<Buffer> {
  const [chunk] = (await Promise.race([
    once(socket, 'data', { signal }),
    once(socket, 'close', { signal }).then(() => Promise.reject(new NotUp('CLOSED'))),
  ])) as [Buffer]
  return chunk
}

export async function conversation(
  socket: Socket,
  signal: AbortSignal,
  talk: () => Promise<Found>,
): Promise<Found> {
  const { promise: failed, reject } = Promise.withResolvers<never>()
  failed.catch(() => undefined) // heard by the race below, if it is still on
  socket.on('error', reject)
  try {
    signal.throwIfAborted()
    const talked = talk()
    talked.catch(() => undefined)
    return await Promise.race([talked, failed])
  } finally {
    socket.destroy()
  }
}
