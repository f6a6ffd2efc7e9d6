/** What one client can take from the others: nothing. And how the gateway starts and stops. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { converse, openTls, startGateway, startUpstream, testAuthority } from '#kit/web-gateway.ts'
import { FaultError } from '#lib/errors.ts'
import { SecurityLog } from './security-log.ts'

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

test('limits: 1,000 connections that trickle cost little; a good visitor is served', async () => {
  await using application = await startUpstream((_, response) => response.end('served'))
  await using gateway = await startGateway(
    { localhost: application.address },
    { limits: { connectionsPerAddressMax: 2000, headTimeoutMs: 60_000 } },
  )
  global.gc?.()
  const before = process.memoryUsage().rss
  const slow: TLSSocket[] = []
  for (let batch = 0; batch < 20; batch++) {
    slow.push(...(await Promise.all(Array.from({ length: 50 }, () => openTls(gateway.httpsPort)))))
  }
  for (const socket of slow) socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nX: ')
  for (let turn = 0; turn < 3; turn++) {
    for (const socket of slow) socket.write('a')
    assert.match(await converse(await openTls(gateway.httpsPort), request), /served$/)
  }
  // Both ends of each connection live in this process.
  const perConnection = (process.memoryUsage().rss - before) / slow.length / 1024
  assert(perConnection < 400, `${Math.round(perConnection)} KiB for both ends of a connection`)
  await until(() => gateway.metrics.connections === 1000)
  for (const socket of slow) socket.destroy()
})

test('limits: beyond twice its share an address gets not even a handshake', async () => {
  await using gateway = await startGateway(
    { localhost: { socketPath: '/nonexistent' } },
    { limits: { connectionsPerAddressMax: 2 } },
  )
  const kept = [await openTls(gateway.httpsPort), await openTls(gateway.httpsPort)]
  const raw = Array.from({ length: 6 }, () =>
    connect({ port: gateway.httpsPort, ca: testAuthority }),
  )
  for (const socket of raw) socket.on('error', () => undefined)
  await until(() => gateway.metrics.connectionsRefused >= 4)
  assert(gateway.events.some(({ code }) => code === 'WEB_CONNECTION_REFUSED'))
  for (const socket of [...kept, ...raw]) socket.destroy()
})

test('limits: a client that says nothing is let go', async () => {
  await using gateway = await startGateway(
    { localhost: { socketPath: '/nonexistent' } },
    { limits: { keepAliveMs: 200, handshakeTimeoutMs: 200 } },
  )
  assert.equal(await converse(await openTls(gateway.httpsPort), ''), '')
})

test('limits: a client that stops reading is cut off', async () => {
  await using application = await startUpstream((_, response) => {
    const block = Buffer.alloc(1024 * 1024)
    for (let sent = 0; sent < 64; sent++) response.write(block)
  })
  await using gateway = await startGateway(
    { localhost: application.address },
    { limits: { clientStallMs: 300 } },
  )
  const socket = await openTls(gateway.httpsPort)
  socket.pause()
  socket.write(request)
  await until(() => gateway.metrics.exchanges === 1)
  await until(() => gateway.metrics.exchanges === 0)
  socket.destroy()
})

test('limits: TLS 1.1 is refused; TLS 1.2 and 1.3 are not', async () => {
  await using gateway = await startGateway({ localhost: { socketPath: '/nonexistent' } })
  const handshake = async (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'): Promise<string> => {
    const socket = connect({
      port: gateway.httpsPort,
      ca: testAuthority,
      servername: 'localhost',
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    try {
      await once(socket, 'secureConnect')
      return socket.getProtocol() ?? ''
    } catch {
      return 'refused'
    } finally {
      socket.destroy()
    }
  }
  const versions = ['TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const
  const seen = await Promise.all(versions.map(handshake))
  assert.deepEqual(seen, ['refused', 'TLSv1.2', 'TLSv1.3'])
  await until(() => gateway.events.some(({ code }) => code === 'WEB_TLS_FAILED'))
})

test('start: a taken port is one clear sentence', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const starting = startGateway({}, {}, { httpsPort: port })
  await assert.rejects(starting, (error: FaultError) => {
    assert.equal(error.code, 'PORT_IN_USE')
    assert.match(error.message, new RegExp(`port ${port} is in use.*--port-base 1000`))
    return true
  })
  other.close()
})

test('start: a certificate that is none is one clear sentence', async () => {
  const certificate = { certificatePem: 'cut sho', keyPem: '' }
  await assert.rejects(startGateway({}, {}, { certificate }), { code: 'TLS_CERTIFICATE_INVALID' })
})

test('stop: what was accepted is finished, and nothing new is taken', async () => {
  await using application = await startUpstream((_, response) => {
    setTimeout(() => response.end('finished'), 300)
  })
  const gateway = await startGateway({ localhost: application.address })
  const socket = await openTls(gateway.httpsPort)
  const answer = converse(socket, request.replace('Connection: close\r\n', ''))
  await until(() => gateway.metrics.exchanges === 1)
  await gateway[Symbol.asyncDispose]()
  assert.match(await answer, /connection: close[^]*finished$/)
  await assert.rejects(openTls(gateway.httpsPort), { code: 'ECONNREFUSED' })
})

test('audit: a flood of one kind is two records, the second with the count', () => {
  let nowMs = 0
  const events: unknown[] = []
  const trail = { append: (more: readonly unknown[]) => void events.push(...more) }
  const log = new SecurityLog(trail, () => nowMs, assert.fail)
  for (let turn = 0; turn < 1000; turn++) log.record('A', 'kind', { turn })
  log.record('A', 'other kind', {})
  nowMs = 10_001
  log.sweep()
  assert.deepEqual(events, [
    { code: 'A', detail: { turn: 0, count: 1 } },
    { code: 'A', detail: { count: 1 } },
    { code: 'A', detail: { turn: 999, count: 999 } },
  ])
})

test('audit: when nothing can be recorded, the gateway ends', async () => {
  const full = new FaultError('AUDIT_WRITE_FAILED', 'the disk is full')
  await using gateway = await startGateway(
    {},
    {},
    {
      trail: {
        append: () => {
          throw full
        },
      },
    },
  )
  await converse(await openTls(gateway.httpsPort), 'GARBAGE\r\n\r\n')
  await assert.rejects(gateway.failed ?? Promise.resolve(), full)
})

test('counters: read over a unix socket that is ours alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'veilig-web-'))
  const metricsSocket = join(folder, 'run', 'web-gateway.sock')
  {
    await using gateway = await startGateway({}, {}, { metricsSocket })
    await converse(await openTls(gateway.httpsPort), request)
    const asked = httpRequest({ socketPath: metricsSocket, path: '/' }).end()
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const counters = JSON.parse(String(await once(response, 'data'))) as Record<string, unknown>
    assert.deepEqual(counters['refused'], { WEB_HOST_UNKNOWN: 1 })
    assert.equal((await stat(metricsSocket)).mode & 0o777, 0o600)
  }
  await rm(folder, { recursive: true })
})

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!condition()) {
    assert(performance.now() < deadline, 'it did not happen within 5 s')
    await delay(5)
  }
}
