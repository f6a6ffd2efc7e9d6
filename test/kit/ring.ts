/**
 * The whole ring as a stranger starts it: `bin/veilig up` in a process of its own.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const veilig: string = fileURLToPath(new URL('../../bin/veilig', import.meta.url))

export type TestRing = {
  readonly child: ChildProcess
  /** All it has printed. */
  readonly printed: () => string
  readonly portBase: number
  /** Runs another command on the same data. */
  command(...args: string[]): Promise<string>
  /** Ctrl-C; resolves with the exit status. */
  interrupt(): Promise<number>
}

/** Starts the ring and waits until everything runs. @throws {Error} With what it printed instead. */
export async function startRing(options: {
  readonly data: string
  readonly portBase: number
  readonly account?: { readonly uid: number; readonly gid: number } | undefined
  readonly config?: string | undefined
}): Promise<TestRing> {
  const where = ['--data', options.data, '--port-base', String(options.portBase)]
  const common = options.config === undefined ? where : [...where, '--config', options.config]
  const as = options.account ?? {}
  const child = spawn(veilig, ['up', ...common], { ...as, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout.on('data', (bytes) => (text += String(bytes)))
  child.stderr.on('data', (bytes) => (text += String(bytes)))
  const exited = once(child, 'exit').then(([code]) => Number(code))
  await Promise.race([
    exited.then(() => Promise.reject(new Error(`the ring ended: ${text}`))),
    (async () => {
      while (!text.includes('Everything runs')) await once(child.stdout, 'data')
    })(),
  ])
  return {
    child,
    printed: () => text,
    portBase: options.portBase,
    command: async (...args) => {
      const { stdout } = await run(veilig, [...args, ...common], { maxBuffer: 64 * 1024 * 1024 })
      return stdout
    },
    interrupt: () => {
      child.kill('SIGINT')
      return exited
    },
  }
}

/**
 * A shift under which all of the ring's ports are free now, and below those that the system gives to
 * outgoing connections (from 32,768 on Linux): one of them could sit there when a ring starts again.
 */
export async function freePortBase(): Promise<number> {
  for (;;) {
    const shift = 10_000 + Math.floor(Math.random() * 14_000)
    const ports = [8443, 8080, 6432, 2525, 8300, 8301].map((port) => port + shift)
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return shift
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => {
      const bound = (server.address() as AddressInfo).port
      server.close(() => resolve(bound === port))
    })
  })
}

/** Where the tests put the pictures that the README shows. */
export function screenshot(name: string): string {
  return join(fileURLToPath(new URL('../../docs/screenshots/', import.meta.url)), name)
}
