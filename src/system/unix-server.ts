/**
 * An HTTP server on a unix socket, for neighbours of our own account only.
 *
 * @module
 */
import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { dirname } from 'node:path'

/** After this, connections that are still open are cut when the server closes. */
const CLOSE_GRACE_MS = 1000

/** Listens; disposing it finishes what was accepted, for at most a second, and closes. */
export async function listenOnUnix(server: Server, socket: string): Promise<AsyncDisposable> {
  await mkdir(dirname(socket), { recursive: true })
  await rm(socket, { force: true }) // left over from a killed process
  server.listen(socket)
  await once(server, 'listening')
  await chmod(socket, 0o600)
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      // A neighbour's pool keeps connections open on which it has not asked anything yet.
      const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
      await closed
      clearTimeout(timer)
    },
  }
}
