/** The further kinds of monitor, each against a real server that serves, and that does not. */
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { systemClock } from '#system/clock.ts'
import { Heartbeats } from './heartbeats.ts'
import { lookJourney } from './journey.ts'
import { lookWithin, type Found, type Looked } from './look.ts'
import { lookHttp } from './monitors.ts'
import { lookDns, lookSmtp, lookTls } from './network.ts'

const tls = { cert: testCertificate.certificatePem, key: testCertificate.keyPem }
const host = '127.0.0.1'

function look(monitor: (signal: AbortSignal) => Promise<Found>, timeoutMs = 5000): Promise<Looked> {
  const stop = new AbortController().signal
  return lookWithin(timeoutMs, () => performance.now(), stop, monitor)
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, host), 'listening')
  return (server.address() as AddressInfo).port
}

test('monitors: HTTP is up with a status below 400, and down with another', async () => {
  const server = createHttp((request, response) => {
    response.writeHead(request.url === '/well' ? 302 : 503).end()
  })
  const port = await listening(server)
  const at = (path: string): Promise<Looked> =>
    look((signal) => lookHttp({ kind: 'http', host, port, hostName: 'x', path }, signal))
  assert.equal((await at('/well')).up, true)
  assert.equal((await at('/ill')).reason, 'HTTP_503')
  server.close()
})

test('monitors: a certificate is up as long as it has the days that are asked for', async () => {
  const server = createHttps(tls)
  const port = await listening(server)
  const left = (daysLeft: number, hostName = 'localhost'): Promise<Looked> =>
    look((signal) =>
      lookTls(
        { kind: 'tls', host, port, hostName, daysLeft },
        testAuthority,
        () => Date.now(),
        signal,
      ),
    )
  const good = await left(1)
  assert.equal(good.up, true, good.reason ?? '')
  assert((good.certificateEndsMs ?? 0) > Date.now())
  assert.equal((await left(4000)).reason, 'CERTIFICATE_ENDS')
  assert.equal((await left(1, 'another.example')).reason, 'TLS_FAILED')
  server.close()
})

test('monitors: a mail server is up when it encrypts, and down when it cannot', async () => {
  for (const [options, reason] of [
    [{ ...tls, authOptional: true }, undefined],
    [{ hideSTARTTLS: true, authOptional: true }, 'NO_STARTTLS'],
  ] as const) {
    const server = new SMTPServer({ ...options, logger: false, disableReverseLookup: true })
    server.on('error', () => undefined)
    server.listen(0, host)
    await once(server.server, 'listening')
    const { port } = server.server.address() as AddressInfo
    const seen = await look((signal) =>
      lookSmtp({ kind: 'smtp', host, port, hostName: 'localhost' }, testAuthority, signal),
    )
    assert.equal(seen.reason, reason)
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
})

test('monitors: a name server is up when it answers, and with what is expected', async () => {
  const server = createSocket('udp4')
  server.on('message', (question, { port, address }) => {
    const name = question.subarray(12)
    if (name.includes('silent')) return
    const head = Buffer.from(question.subarray(0, 12))
    head.writeUInt16BE(name.includes('nobody') ? 0x8183 : 0x8180, 2)
    const found = !name.includes('nobody')
    head.writeUInt16BE(found ? 1 : 0, 6)
    head.fill(0, 8, 12)
    const end = name.indexOf(0) + 5
    const record = Buffer.from('c00c000100010000003c0004c0000207', 'hex')
    server.send(
      Buffer.concat([head, name.subarray(0, end), ...(found ? [record] : [])]),
      port,
      address,
    )
  })
  server.bind(0, host)
  await once(server, 'listening')
  const { port } = server.address()
  const ask = (name: string, expect?: string): Promise<Looked> =>
    look((signal) =>
      lookDns(
        { kind: 'dns', host, port, name, type: 'A', ...(expect ? { expect } : {}) },
        300,
        signal,
      ),
    )
  assert.equal((await ask('club.example')).up, true)
  assert.equal((await ask('club.example', '192.0.2.7')).up, true)
  assert.equal((await ask('club.example', '192.0.2.8')).reason, 'WRONG_ANSWER')
  assert.equal((await ask('nobody.example')).reason, 'NAME_UNKNOWN')
  assert.equal((await ask('silent.example')).reason, 'TIMED_OUT')
  server.close()
})

test('monitors: a journey keeps its cookies, and says at which step it ended', async () => {
  let isIll = false
  const server = createHttps(tls, (request, response) => {
    let form = ''
    request.on('data', (chunk: Buffer) => (form += String(chunk)))
    request.on('end', () => {
      if (request.url === '/login' && form === 'name=lotte')
        response.writeHead(303, { 'set-cookie': 'session=1; Secure' }).end()
      else {
        const known = request.headers.cookie === 'session=1'
        response.writeHead(isIll ? 500 : 200).end(known ? 'Your bookings' : 'Please sign in')
      }
    })
  })
  const port = await listening(server)
  const bookings = { path: '/bookings', status: [200], text: 'Your bookings' }
  const login = { path: '/login', form: { name: 'lotte' }, status: [303] }
  const go = (...steps: readonly (typeof bookings | typeof login)[]): Promise<Looked> => {
    const journey = { kind: 'journey', host, port, hostName: 'localhost', steps } as const
    return look((signal) => lookJourney(journey, testAuthority, signal))
  }
  assert.equal((await go(login, bookings)).up, true)
  assert.equal((await go(bookings)).reason, 'STEP_1_WRONG_TEXT')
  isIll = true
  assert.equal((await go(login, bookings)).reason, 'STEP_2_HTTP_500')
  server.close()
})

test('monitors: who beats is up, who falls silent is down, and a stranger beats for nobody', () => {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => nowMs }
  const hearts = new Heartbeats(new Uint8Array(32), clock, ['nightly', 'till'])
  assert.throws(() => hearts.look('till', 60), { reason: 'UNKNOWN_YET' })
  assert(hearts.beat(hearts.tokenOf('till')))
  nowMs = 60_000
  assert.deepEqual(hearts.look('till', 60), {})
  nowMs = 60_001
  assert.throws(() => hearts.look('till', 60), { reason: 'SILENT' })
  assert.throws(() => hearts.look('nightly', 60), { reason: 'SILENT' })
  for (const token of ['', 'till', 'till.', hearts.tokenOf('other'), `${hearts.tokenOf('till')}x`])
    assert(!hearts.beat(token), token)
})
