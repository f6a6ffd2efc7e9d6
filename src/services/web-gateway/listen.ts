/**
 * Opens listening sockets, and says in one sentence why one cannot be opened.
 *
 * @module
 */
import type { Server } from 'node:net'
import { FaultError } from '#lib/errors.ts'

const BACKLOG = 4096

/**
 * Listens on each address; one whose family the machine lacks is left out, if any is left.
 *
 * @throws {FaultError} PORT_IN_USE, PORT_DENIED, LISTEN_FAILED.
 */
export async function listenOn(
  addresses: readonly string[],
  port: number,
  reusePort: boolean,
  create: () => Server,
): Promise<Server[]> {
  const servers: Server[] = []
  let missing: Error | undefined
  for (const host of addresses) {
    const wanted = port === 0 && servers.length > 0 ? portOf(servers) : port
    const server = create()
    try {
      await listening(server, { host, port: wanted, reusePort })
      servers.push(server)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') missing = error as Error
      else {
        await closeAll(servers)
        throw listenFault(error as NodeJS.ErrnoException, host, wanted)
      }
    }
  }
  if (servers.length === 0 && missing) throw listenFault(missing, addresses.join(', '), port)
  return servers
}

function listening(
  server: Server,
  at: { readonly host: string; readonly port: number; readonly reusePort: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...at, backlog: BACKLOG, ipv6Only: at.host.includes(':') }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): FaultError {
  if (cause.code === 'EADDRINUSE') {
    const message =
      `port ${port} is in use by another program; ` + 'stop it or start with --port-base 1000'
    return new FaultError('PORT_IN_USE', message, { cause })
  }
  if (cause.code === 'EACCES') {
    const message =
      `this account may not open port ${port}; ` + 'use a port above 1023, or give it the right'
    return new FaultError('PORT_DENIED', message, { cause })
  }
  return new FaultError(
    'LISTEN_FAILED',
    `cannot listen on ${host} port ${port}: ${cause.message}`,
    {
      cause,
    },
  )
}

export function portOf(servers: readonly Server[]): number {
  const address = servers[0]?.address()
  return address && typeof address === 'object' ? address.port : 0
}

/** Stops listening; what is open stays open. */
export async function closeAll(servers: readonly Server[]): Promise<void> {
  for (const server of servers) server.close()
}
