/**
 * The control socket: who may open it may ask how the backup is, and for a new one.
 *
 * @module
 */
import { once } from 'node:events'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { VeiligError } from '#lib/errors.ts'
import {
  LINE_MAX_BYTES,
  parseRequest,
  type ControlAnswer,
  type ControlRequest,
} from './messages.ts'

/** Answers one request; the last answer ends the connection. */
export type ControlHandler = (
  request: ControlRequest,
  say: (answer: ControlAnswer) => void,
) => Promise<ControlAnswer>

const CONNECTIONS_MAX = 32
/** A client that asks nothing is hung up on. */
const REQUEST_TIMEOUT_MS = 5_000

/** Listens on a Unix socket that only our own account may open. */
export async function openControlSocket(
  path: string,
  handler: ControlHandler,
): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rm(path, { force: true }) // left over by a process that was killed
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serveClient(socket, handler)
  })
  server.maxConnections = CONNECTIONS_MAX
  server.listen(path)
  await once(server, 'listening')
  await chmod(path, 0o600)
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await rm(path, { force: true })
    },
  }
}

function serveClient(socket: Socket, handler: ControlHandler): void {
  let text = ''
  const silent = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS)
  socket.on('close', () => clearTimeout(silent))
  socket.setEncoding('utf8')
  const take = (chunk: string): void => {
    text += chunk
    const end = text.indexOf('\n')
    if (end === -1 && text.length <= LINE_MAX_BYTES) return
    socket.off('data', take)
    clearTimeout(silent)
    void answer(socket, end === -1 ? '' : text.slice(0, end), handler)
  }
  socket.on('data', take)
}

async function answer(socket: Socket, line: string, handler: ControlHandler): Promise<void> {
  const say = (said: ControlAnswer): void => {
    // Progress is not worth memory: a client that does not read misses some.
    const droppable = said.answer === 'progress' && socket.writableNeedDrain
    if (!socket.destroyed && !droppable) socket.write(`${JSON.stringify(said)}\n`)
  }
  try {
    say(await handler(parseRequest(line), say))
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    say({ answer: 'failed', code: error.code, message: error.message })
  }
  socket.end()
}
