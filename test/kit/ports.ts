/** Ports that nobody listens on at this moment, for servers that must be told theirs. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

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
