/**
 * Opens the addresses that the gateway listens on.
 *
 * @module
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { FaultError } from '#lib/errors.ts'

const BACKLOG = 1_024

export type Listening = {
  readonly addresses: readonly string[]
  /** 0 for any free one, the same at every address. */
  readonly port: number
  /** Whether other processes listen on the same port: the system shares connections out. */
  readonly sharesPort: boolean
}

/** The TCP port of a server that listens; 0 without one. */
export function portOf(server: Server | undefined): number {
  const address = server?.address() as AddressInfo | undefined
  return address?.port ?? 0
}

/** @throws {FaultError} PORT_IN_USE or LISTEN_FAILED, naming the address. */
export async function listenAll(
  { addresses, port, sharesPort }: Listening,
  accept: (socket: Socket) => void,
): Promise<Server[]> {
  const servers: Server[] = []
  try {
    for (const host of addresses) {
      const chosen = servers[0] ? portOf(servers[0]) : port
      const server = await listen(host, chosen, sharesPort, accept)
      if (server) servers.push(server)
    }
    if (servers.length > 0) return servers
    throw new FaultError('LISTEN_FAILED', `no address to listen on among ${addresses.join(', ')}`)
  } catch (error) {
    for (const server of servers) server.close()
    throw error
  }
}

function listen(
  host: string,
  port: number,
  sharesPort: boolean,
  accept: (socket: Socket) => void,
): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true })
  server.on('connection', accept)
  server.once('listening', () => resolve(server))
  server.once('error', (error: NodeJS.ErrnoException) => {
    const noIpv6 = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'
    if (host === '::1' && noIpv6) return resolve(undefined) // a machine without IPv6
    if (error.code === 'EADDRINUSE') {
      const message = `${host}:${port} is in use; stop the other program or choose --port-base`
      return reject(new FaultError('PORT_IN_USE', message, { cause: error }))
    }
    const message = `cannot listen on ${host}:${port}: ${error.message}`
    reject(new FaultError('LISTEN_FAILED', message, { cause: error }))
  })
  server.listen({ host, port, backlog: BACKLOG, ipv6Only: true, reusePort: sharesPort })
  return promise
}
