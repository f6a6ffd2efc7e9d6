/**
 * Memory stays flat under what is large and what is slow. The usual run is a slice; the whole is
 * VEILIG_FLOW_UPLOAD_MIB=5120 VEILIG_FLOW_CLIENTS=5000.
 */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { startUpstream, type TestUpstream } from '#kit/web-gateway.ts'

const UPLOAD_MIB = Number(process.env['VEILIG_FLOW_UPLOAD_MIB'] ?? '256')
const CLIENTS = Number(process.env['VEILIG_FLOW_CLIENTS'] ?? '300')
const MIB = 1024 * 1024
/** What a process may grow by, whatever passes through it. */
const GROWTH_MAX_MIB = 128
const CONNECTION_MAX_KIB = 80

let application: TestUpstream
let received = 0
let gateway: ChildProcess
let port = 0

before(async () => {
  application = await startUpstream((incoming, response) => {
    incoming.on('data', (piece: Buffer) => (received += piece.length))
    incoming.on('end', () => response.end('ok'))
  })
  const program = fileURLToPath(
    new URL('../../../test/kit/web-gateway-process.ts', import.meta.url),
  )
  const args = [
    ...process.execArgv.filter((each, at, all) => [each, all[at - 1]].includes('--import')),
    program,
  ]
  const upstream = JSON.stringify(application.address)
  gateway = spawn(process.execPath, [...args, upstream], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  ;[port] = (await once(gateway, 'message')) as [number]
})

after(async () => {
  const ended = once(gateway, 'exit')
  gateway.kill('SIGKILL')
  await ended
  await application[Symbol.asyncDispose]()
})

test(`flow: an upload of ${UPLOAD_MIB} MiB passes, and memory stays flat`, async (t) => {
  await upload(64) // what the process needs once
  const before = residentMib()
  await upload(UPLOAD_MIB)
  const grown = residentMib() - before
  t.diagnostic(`grown by ${Math.round(grown)} MiB`)
  assert(grown < GROWTH_MAX_MIB, `grown by ${grown} MiB`)
})

test(`flow: ${CLIENTS} clients that send a byte now and then cost little`, async (t) => {
  const before = residentMib()
  const clients: TLSSocket[] = []
  for (let count = 0; count < CLIENTS; count++) {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    socket.write('GET / HTTP/1.1\r\nHost: loc')
    clients.push(socket)
  }
  const each = ((residentMib() - before) * 1024) / CLIENTS
  t.diagnostic(`${Math.round(each)} KiB each`)
  assert(each < CONNECTION_MAX_KIB, `${each} KiB each`)
  assert.equal(await post(MIB), 200, 'others are served meanwhile')
  for (const socket of clients) socket.destroy()
})

async function upload(mib: number): Promise<void> {
  const before = received
  assert.equal(await post(mib * MIB), 200)
  assert.equal(received - before, mib * MIB)
}

function post(size: number): Promise<number | undefined> {
  const piece = Buffer.alloc(MIB, 'x')
  return new Promise((resolve, reject) => {
    const headers = { host: 'localhost', 'content-length': size }
    const to = { port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }
    const asked = request({ ...to, method: 'POST', headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    asked.on('error', reject)
    let left = size
    const send = (): void => {
      while (left > 0) {
        const next = piece.subarray(0, Math.min(left, MIB))
        left -= next.length
        if (!asked.write(next)) return void asked.once('drain', send)
      }
      asked.end()
    }
    send()
  })
}

function residentMib(): number {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
}
