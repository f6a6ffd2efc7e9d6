/** What is large and what is slow, sent through a gateway in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { startUpstream } from '#kit/web-gateway.ts'

const MIB = 1024 * 1024

export type FlowGateway = AsyncDisposable & {
  readonly port: number
  /** Bytes of bodies that the application got so far. */
  received(): number
  residentMib(): number
}

/** A gateway, and an application that counts what it is sent. */
export async function startFlow(): Promise<FlowGateway> {
  let received = 0
  const application = await startUpstream((incoming, response) => {
    incoming.on('data', (piece: Buffer) => (received += piece.length))
    incoming.on('end', () => response.end('ok'))
  })
  const program = fileURLToPath(new URL('web-gateway-process.ts', import.meta.url))
  const loader = process.execArgv.filter((each, at, all) =>
    [each, all[at - 1]].includes('--import'),
  )
  const args = [...loader, program, JSON.stringify(application.address)]
  const gateway = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [port] = (await once(gateway, 'message')) as [number]
  return {
    port,
    received: () => received,
    residentMib: () => {
      const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
    },
    [Symbol.asyncDispose]: async () => {
      const ended = once(gateway, 'exit')
      gateway.kill('SIGKILL')
      await ended
      await application[Symbol.asyncDispose]()
    },
  }
}

/** Sends a body of so many MiB, at the gateway's pace. @returns The status of the answer. */
export function upload(port: number, mib: number): Promise<number | undefined> {
  const piece = Buffer.alloc(MIB, 'x')
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'content-length': mib * MIB }
    const to = { port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }
    const asked = request({ ...to, method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    asked.on('error', reject)
    let left = mib
    const send = (): void => {
      while (left-- > 0) {
        if (!asked.write(piece)) return void asked.once('drain', send)
      }
      asked.end()
    }
    send()
  })
}

/** Opens connections that send half a head and then no more. */
export async function openSlowClients(port: number, count: number): Promise<TLSSocket[]> {
  const clients: TLSSocket[] = []
  while (clients.length < count) {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    socket.write('GET / HTTP/1.1\r\nHost: loc')
    clients.push(socket)
  }
  return clients
}
