/**
 * Several processes on the same ports are one gateway: what one was told all know, what must be
 * counted once is counted once, and nobody notices who answers.
 */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { after, before, test } from 'node:test'
import { connect, TLSSocket, type ConnectionOptions } from 'node:tls'
import { pino } from 'pino'
import type { AuditEvent } from '#audit/trail.ts'
import { eventually } from '#kit/eventually.ts'
import {
  startGateway,
  startUpstream,
  type TestGateway,
  type TestUpstream,
} from '#kit/web-gateway.ts'
import { systemClock } from '#system/clock.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { webGatewayConfig } from '#services/web-gateway/config.ts'
import { startWorkers } from './web-gateway-workers.ts'

const WORKERS = 3
/** Connections are dealt out by chance: that one gets none of these is one in a million. */
const CONNECTIONS = 36

const loginGuard = [
  { path: '/login', accountField: 'email', success: { status: [303], setsCookie: 'session' } },
]
const rateLimits = [{ path: '/api', perMinute: 0.01, burst: 7 }]
const quiet = { accessLog: false, listen: ['127.0.0.1'] }
const settings = { ...quiet, workers: WORKERS, loginGuard, rateLimits }

let application: TestUpstream
let gateway: TestGateway
let reached = 0
const events: AuditEvent[] = []
const stack = new AsyncDisposableStack()

before(async () => {
  application = stack.use(
    await startUpstream((incoming, response) => {
      reached++
      if (incoming.url?.startsWith('/login')) return void response.writeHead(401).end('no')
      response.end('hello')
    }),
  )
  gateway = stack.use(await startGateway({ localhost: application.address }, settings))
  const trail = {
    append: (more: readonly AuditEvent[]) => void events.push(...more),
    flush: () => Promise.resolve(),
  }
  const context = { clock: systemClock, log: pino({ level: 'silent' }), trail }
  stack.use(await startWorkers(context, gateway.desk, WORKERS))
})
after(() => stack.disposeAsync())

test('workers: a session begun with one is resumed with any, in TLS 1.3 and 1.2', async () => {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const session = await begin({ maxVersion })
    assert.equal(await resumed(session, { maxVersion }), CONNECTIONS, maxVersion)
  }
  const { handshakes } = await gateway.desk.metrics()
  assert(gateway.metrics.handshakes < handshakes, 'more than one process answered')
})

test('workers: the ticket key before is good until the next change, and no longer', async () => {
  for (const maxVersion of ['TLSv1.3', 'TLSv1.2'] as const) {
    const session = await begin({ maxVersion })
    await gateway.changeTicketKeys()
    assert.equal(await resumed(session, { maxVersion }), CONNECTIONS, `${maxVersion}, after one`)
    await gateway.changeTicketKeys()
    assert.equal(await resumed(session, { maxVersion }), 0, `${maxVersion}, after two`)
    const young = await begin({ maxVersion })
    assert.equal(await resumed(young, { maxVersion }), CONNECTIONS, `${maxVersion}, a new session`)
  }
})

test('workers: wrong passwords are counted once for all of them', async () => {
  reached = 0
  const statuses: number[] = []
  for (let turn = 0; turn < CONNECTIONS; turn++) {
    statuses.push((await ask({ path: '/login', method: 'POST', body: 'email=lotte&p=x' })).status)
  }
  assert.equal(reached, 5, 'five mistakes are free, at one process or at three')
  assert.equal(statuses.filter((status) => status === 429).length, CONNECTIONS - 5)
  const told = gateway.events.filter(({ code }) => code === 'LOGIN_THROTTLED')
  assert(told.length >= 1, 'all write in the one book')
})

test('workers: requests on a route with a limit are counted once for all of them', async () => {
  const asked = Array.from({ length: CONNECTIONS }, () => ask({ path: '/api/x' }))
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  assert.equal(statuses.filter((status) => status === 200).length, 7)
  assert.equal(statuses.filter((status) => status === 429).length, CONNECTIONS - 7)
})

test('workers: a reload reaches all of them, and no request fails', async () => {
  const failures: string[] = []
  let isOver = false
  let done = 0
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!isOver) {
      const answer = await ask({ agent }).catch((error: Error) => ({ status: error.message }))
      if (answer.status !== 200) failures.push(String(answer.status))
      done++
      if (done % 7 === 0) agent.destroy() // new connections as well as old ones
    }
    agent.destroy()
  }
  const clients = Promise.all(Array.from({ length: 6 }, client))
  try {
    await reloadFiveTimes()
  } finally {
    isOver = true
    await clients
  }
  assert(done > 100)
  assert.deepEqual(failures, [])
})

async function reloadFiveTimes(): Promise<void> {
  const authority = await createLocalAuthority(Date.now())
  for (let turn = 0; turn < 5; turn++) {
    const certificate = await issueCertificate(authority, ['localhost'], Date.now())
    const frameOptions = turn % 2 === 0 ? 'DENY' : 'SAMEORIGIN'
    const config = webGatewayConfig.parse({ ...settings, headers: { frameOptions } })
    const upstreams = new Map([['localhost', application.address]])
    await gateway.reload({ config, certificate, upstreams })
    const answers = Array.from({ length: CONNECTIONS }, () => ask({ agent: fresh() }))
    for (const { frame } of await Promise.all(answers)) assert.equal(frame, frameOptions)
    const shown = new X509Certificate(certificate.certificatePem).fingerprint256
    for (let count = 0; count < CONNECTIONS; count++) {
      const socket = await open({})
      assert.equal(socket.getPeerX509Certificate()?.fingerprint256, shown)
      socket.destroy()
    }
  }
}

test('workers: an authority that looks sees its proof, whoever answers it', async () => {
  const challenges = [{ name: 'shop.example', authorization: 'token.thumbprint' }]
  await gateway.takeRecord({
    directoryUrl: 'https://acme.example',
    names: ['shop.example'],
    pending: { keyPem: '', startedMs: 0, challenges },
    renewAtMs: 0,
    askAtMs: 0,
    failures: 0,
  })
  for (let turn = 0; turn < CONNECTIONS; turn++) {
    const socket = connect({
      port: gateway.httpsPort,
      servername: 'shop.example',
      ALPNProtocols: ['acme-tls/1'],
      rejectUnauthorized: false,
    })
    await once(socket, 'secureConnect')
    assert.equal(socket.alpnProtocol, 'acme-tls/1')
    assert.match(socket.getPeerX509Certificate()?.subjectAltName ?? '', /shop\.example/)
    socket.destroy()
  }
})

test('workers: one that is killed is begun again, with what holds now', async () => {
  const pid = events.find(({ detail }) => detail['process'] === 'web-gateway worker 1')?.detail[
    'pid'
  ]
  const session = await begin({})
  process.kill(Number(pid), 'SIGKILL')
  const begun = (): boolean =>
    events.filter(({ code, detail }) => isStart(code, detail['process'])).length === 2
  await eventually('a new worker', () => begun() || undefined)
  assert.equal(await resumed(session, {}), CONNECTIONS)
  const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => ask({})))
  assert(answers.every(({ status, frame }) => status === 200 && frame === 'DENY'))
})

function isStart(code: string, process: unknown): boolean {
  return code === 'PROCESS_STARTED' && process === 'web-gateway worker 1'
}

function fresh(): Agent {
  return new Agent({ maxCachedSessions: 0 })
}

type Asked = { path?: string; method?: string; body?: string; agent?: Agent }
type Answered = { readonly status: number; readonly frame: unknown }

function ask({ path = '/', method = 'GET', body, agent = fresh() }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const host = { host: '127.0.0.1', port: gateway.httpsPort, servername: 'localhost' }
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const headers = { host: 'localhost', ...(body === undefined ? {} : type) }
    // The certificate changes under way; who vouches for it is asked where it matters.
    const options = { ...host, path, method, headers, agent, rejectUnauthorized: false }
    const asked = request(options, (response) => {
      const { statusCode = 0 } = response
      response.resume().on('end', () => {
        resolve({ status: statusCode, frame: response.headers['x-frame-options'] })
      })
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** A session of a first whole handshake. */
async function begin(options: ConnectionOptions): Promise<Buffer> {
  const socket = await open(options)
  assert.equal(socket.isSessionReused(), false)
  const session = Promise.withResolvers<Buffer>()
  socket.on('session', (given: Buffer) => session.resolve(given))
  const known = socket.getSession()
  if (socket.getProtocol() === 'TLSv1.2' && known) session.resolve(known)
  socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
  const given = await session.promise
  socket.destroy()
  return given
}

/** How many of the connections resumed it. */
async function resumed(session: Buffer, options: ConnectionOptions): Promise<number> {
  const sockets = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => open({ ...options, session })),
  )
  const count = sockets.filter((socket) => socket.isSessionReused()).length
  for (const socket of sockets) socket.destroy()
  return count
}

async function open(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({
    ...options,
    port: gateway.httpsPort,
    host: '127.0.0.1',
    servername: 'localhost',
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return socket
}
