/**
 * One ring per data folder, and one clear sentence when something else has its ports.
 *
 * @module
 */
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { dirname } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import type { PortTable } from '../context.ts'

/**
 * Holds the data folder until disposal.
 *
 * @param socketPath The supervisor's socket: whoever listens on it holds the folder. A socket left
 *   by a killed supervisor answers nobody, and is taken over.
 * @throws {FaultError} ALREADY_RUNNING.
 */
export async function holdDataFolder(socketPath: string): Promise<AsyncDisposable> {
  if (await answers({ path: socketPath })) {
    const message =
      'Veilig runs on this data folder already; stop it first, or choose another --data'
    throw new FaultError('ALREADY_RUNNING', message)
  }
  await rm(socketPath, { force: true })
  await mkdir(dirname(socketPath), { recursive: true, mode: 0o711 })
  const server = createServer((socket) => socket.destroy())
  server.listen(socketPath)
  await once(server, 'listening')
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}

/** @throws {FaultError} PORT_IN_USE naming the first port that is taken. */
export async function checkPorts(ports: PortTable): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    if (name === 'application') continue // its process ends one that outlived it, and tells
    if (!(await isFree(port))) {
      const message =
        `port ${port} (${name}) is in use by another program; ` +
        `stop it, or shift all ports: --port-base 1000`
      throw new FaultError('PORT_IN_USE', message)
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function answers(address: { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
