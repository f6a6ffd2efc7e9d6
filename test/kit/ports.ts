/** Ports that nobody listens on at this moment, for servers that must be told theirs. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

/** Whether somebody listens on this port of this machine. */
export async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await Promise.race([
      once(socket, 'connect'),
      once(socket, 'error').then(() => Promise.reject(new Error('refused'))),
    ])
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const TURN_MS = 10

/** Resolves when somebody listens on this port. @throws {Error} After a minute: nobody will. */
export async function listening(port: number): Promise<void> {
  for (let turn = 0; turn < 60_000 / TURN_MS; turn++) {
    if (await answers(port)) return
    await delay(TURN_MS)
  }
  throw new Error(`nobody listens on port ${port}`)
}
