/** Several servers of one application, restarts, and a reload: no request is lost on the way. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Agent, type RequestListener } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import {
  startGateway,
  startUpstream,
  testAuthority,
  testCertificate,
  type TestGateway,
} from '#kit/web-gateway.ts'
import { createLocalAuthority, issueCertificate } from '#system/local-ca/authority.ts'
import { webGatewayConfig } from './config.ts'

const agent = new TlsAgent({ keepAlive: true, maxSockets: 16 })
let isEnd = false
after(() => {
  isEnd = true // also for the clients of a test that failed
  agent.destroy()
})

const patient = { limits: { upstreamGraceMs: 30_000 } }

/** Requests after a change that shall go well. */
const ENOUGH = Number(process.env['VEILIG_LOAD_REQUESTS'] ?? '40')

test('upstreams: requests go to all servers, and to the others when one is away', async () => {
  await using one = await startUpstream((_, response) => response.end('one'))
  await using two = await startUpstream((_, response) => response.end('two'))
  const servers = [one.address, two.address, { host: '127.0.0.1', port: await closedPort() }]
  await using gateway = await startGateway({ localhost: { servers } }, patient)
  const answers = await Promise.all(Array.from({ length: 30 }, () => ask(gateway, 'POST')))
  assert.deepEqual(new Set(answers), new Set(['200 one', '200 two']))
})

test('upstreams: a server that says it is unwell gets nothing while another is well', async () => {
  let well = true
  await using one = await startUpstream((incoming, response) => {
    response.statusCode = incoming.url === '/health' && !well ? 503 : 200
    response.end('one')
  })
  await using two = await startUpstream((_, response) => response.end('two'))
  const health = { path: '/health', intervalMs: 20, timeoutMs: 20_000 }
  const servers = [one.address, two.address]
  await using gateway = await startGateway({ localhost: { servers, health } }, patient)
  well = false
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(gateway)))
    return answers.every((answer) => answer === '200 two')
  })
  well = true
  await until(async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(gateway)))
    return answers.includes('200 one')
  })
})

test('upstreams: while the application starts again, requests wait and none fails', async (t) => {
  const listener: RequestListener = (_, response) => response.end('hello')
  const first = await startUpstream(listener)
  const { port } = first.address
  await using gateway = await startGateway({ localhost: first.address }, patient)
  const load = startLoad(gateway)
  await until(async () => load.done > 20)
  await first[Symbol.asyncDispose]()
  const before = load.done
  await delay(50)
  const again = createServer(listener).listen(port, '127.0.0.1')
  await until(async () => load.done > before + ENOUGH)
  assert.deepEqual(await load.stop(), [])
  t.diagnostic(`${load.done} requests, 0 failed`)
  again.closeAllConnections()
  await once(again.close(), 'close')
})

test('reload: other settings, application and certificate, and no request fails', async (t) => {
  await using old = await startUpstream((_, response) => response.end('old'))
  await using young = await startUpstream((_, response) => response.end('young'))
  await using gateway = await startGateway({ localhost: old.address })
  const load = startLoad(gateway)
  await until(async () => load.done > 20)
  const authority = await createLocalAuthority(Date.now())
  const certificate = await issueCertificate(authority, ['localhost'], Date.now())
  const config = webGatewayConfig.parse({ headers: { frameOptions: 'DENY' } })
  await gateway.reload({ config, certificate, upstreams: new Map([['localhost', young.address]]) })
  const before = load.done
  await until(async () => load.done > before + ENOUGH)
  assert.deepEqual(await load.stop(), [], 'old connections go on, with new answers')
  t.diagnostic(`${load.done} requests, 0 failed`)
  assert.equal(await ask(gateway, 'GET', authority.certificatePem), '200 young')
  await assert.rejects(ask(gateway, 'GET', testAuthority, new TlsAgent()), 'the old one is gone')
})

test('renewal: three certificates by ACME, one after another, and no request fails', async (t) => {
  await using application = await startUpstream((_, response) => response.end('hello'))
  const names = ['localhost'] // no authority would certify it, and nobody asks one here
  const directoryUrl = 'https://authority.example/dir'
  const acme = { directoryUrl, names: ['club.example'], challenge: 'http-01' }
  await using gateway = await startGateway({ localhost: application.address }, { acme })
  const authority = await createLocalAuthority(Date.now())
  const trusted = testAuthority + authority.certificatePem
  const fresh = new TlsAgent({ maxCachedSessions: 0 }) // a whole handshake for each request
  const loads = [startLoad(gateway, trusted, agent), startLoad(gateway, trusted, fresh)]
  for (let renewal = 0; renewal < 3; renewal++) {
    const current = await issueCertificate(authority, names, Date.now())
    const kept = { directoryUrl, renewAtMs: 0, askAtMs: 0, failures: 0 }
    await gateway.takeRecord({ ...kept, names, current })
    const before = loads.map(({ done }) => done)
    await until(async () => loads.every(({ done }, at) => done > (before[at] ?? 0) + ENOUGH / 5))
    const only = authority.certificatePem
    assert.equal(await ask(gateway, 'GET', only, new TlsAgent()), '200 hello', 'it is shown')
  }
  for (const load of loads) assert.deepEqual(await load.stop(), [])
  t.diagnostic(`${loads.reduce((sum, { done }) => sum + done, 0)} requests, 0 failed`)
})

test('reload: a certificate that is none is refused, and all stays', async () => {
  await using application = await startUpstream((_, response) => response.end('hello'))
  await using gateway = await startGateway({ localhost: application.address })
  const certificate = { ...testCertificate, keyPem: 'none' }
  const config = webGatewayConfig.parse({})
  await assert.rejects(gateway.reload({ config, certificate, upstreams: new Map() }), {
    code: 'TLS_CERTIFICATE_INVALID',
  })
  assert.equal(await ask(gateway), '200 hello')
})

/** Eight clients, each asking as fast as it is answered. */
function startLoad(
  gateway: TestGateway,
  ca: string = testAuthority,
  by: Agent = agent,
): { done: number; stop: () => Promise<string[]> } {
  const failures: string[] = []
  let isOver = false
  const stop = async (): Promise<string[]> => {
    isOver = true
    await ended
    return failures
  }
  const state = { done: 0, stop }
  const client = async (): Promise<void> => {
    while (!isOver && !isEnd) {
      const answer = await ask(gateway, 'GET', ca, by).catch((error: Error) => error.message)
      if (!answer.startsWith('200 ')) failures.push(answer)
      state.done++
    }
  }
  const ended = Promise.all(Array.from({ length: 8 }, client))
  return state
}

function ask(
  gateway: TestGateway,
  method: string = 'GET',
  ca: string = testAuthority,
  by: Agent = agent,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port: gateway.httpsPort, servername: 'localhost', ca }
    const headers = { host: 'localhost' }
    const asked = tlsRequest({ ...to, method, headers, agent: by }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve(`${response.statusCode} ${text}`))
      response.on('error', reject)
    })
    asked.on('error', reject)
    asked.end()
  })
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

const PATIENCE_MS = 60_000

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS
  while (!(await condition())) {
    assert(performance.now() < endMs, 'not within a minute')
    await delay(10)
  }
}
