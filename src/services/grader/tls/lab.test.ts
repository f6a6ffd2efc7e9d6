/** The grader against servers made badly on purpose, of OpenSSL's and of our own records. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net'
import { createServer, type TlsOptions } from 'node:tls'
import { test } from 'node:test'
import { testCertificate } from '#kit/web-gateway.ts'
import { extensions, isSslTwoHello } from '#protocol/tls/hello.ts'
import { findFaults } from './faults.ts'
import { scanTls, type TlsScan } from './scan.ts'

async function scanOpenSsl(options: TlsOptions): Promise<TlsScan> {
  const { certificatePem: cert, keyPem: key } = testCertificate
  const server = createServer({ cert, key, ...options }, (socket) => socket.end())
  server.on('tlsClientError', () => undefined)
  return scanAndClose(server.listen(0, '127.0.0.1'))
}

/** A server that answers each piece it is sent with bytes of the test's choice. */
function scanFake(answer: (request: Buffer, socket: Socket) => void): Promise<TlsScan> {
  const server = createNetServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => answer(chunk, socket))
  })
  return scanAndClose(server.listen(0, '127.0.0.1'))
}

async function scanAndClose(server: ReturnType<typeof createNetServer>): Promise<TlsScan> {
  await once(server, 'listening')
  const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  try {
    return await scanTls(address, 'localhost', AbortSignal.timeout(30_000))
  } finally {
    server.close()
  }
}

const named = (scan: TlsScan, state: string): string[] =>
  findFaults(scan).flatMap((fault) => (fault.state === state ? [fault.name] : []))

test('lab: a good server has no fault, and its groups are told', async () => {
  const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305'
  const scan = await scanOpenSsl({ ciphers })
  assert.deepEqual(named(scan, 'vulnerable'), [])
  assert.deepEqual(named(scan, 'not-tested'), [])
  const versions = scan.versions.map(({ version, suites }) => `${version} ${suites.length}`)
  assert.deepEqual(versions, ['TLS 1.2 2', 'TLS 1.3 3'])
  assert(scan.groups.includes('X25519MLKEM768'))
  assert.equal(scan.fallbackProtected, 'yes')
  assert.equal(scan.secureRenegotiation, true)
})

test('lab: CBC with TLS 1.0 is BEAST; padding oracles are not tested, not absent', async () => {
  const scan = await scanOpenSsl({
    minVersion: 'TLSv1',
    ciphers: 'AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0',
  })
  assert.deepEqual(named(scan, 'vulnerable'), ['BEAST'])
  assert(named(scan, 'not-tested').includes('LUCKY13'))
})

test('lab: a finite-field group of 1024 bits is LOGJAM', async () => {
  const ciphers = 'ADH-AES128-SHA:@SECLEVEL=0'
  const scan = await scanOpenSsl({ maxVersion: 'TLSv1.2', ciphers, dhparam: dh1024 })
  assert.equal(scan.primeBitsMin, 1024)
  assert.deepEqual(named(scan, 'vulnerable'), ['LOGJAM', 'Anonymous or unencrypted suites'])
})

/** Made for this test: a prime anyone with a cluster could prepare for. */
const dh1024 = `-----BEGIN DH PARAMETERS-----
MIGHAoGBAMKUI0ADZXX6LUX9xbHhWOk/vfKd14irY3QRLlV+k3w7kDDN3PBfdWfL
CRdccpTXmKrj8uSHhBgOrdgaojVsjmE5m6rsYXdOkjUU0tV2UPmzNeYdWDsqX/2n
OLBIRMOEzjZ7ka+Sd228j6QnB2T9tQ9BWVLNpKiFiz0VmWIyBg7vAgEC
-----END DH PARAMETERS-----
`

/** A ServerHello for what was offered, when it is in `suites`; else a refusal. */
function serverHello(
  request: Buffer,
  version: number,
  suites: readonly number[],
  extras: { readonly heartbeat?: boolean; readonly compression?: number } = {},
): Buffer {
  const asked = request.readUInt16BE(9)
  const sessionEnd = 44 + (request[43] ?? 0)
  const size = request.readUInt16BE(sessionEnd)
  const offered = Array.from({ length: size / 2 }, (_, at) =>
    request.readUInt16BE(sessionEnd + 2 + 2 * at),
  )
  const suite = suites.find((each) => offered.includes(each))
  const isNewer = asked === 0x0303 && request.includes(Buffer.from('002b0003020304', 'hex'))
  if (asked !== version || suite === undefined || isNewer)
    return Buffer.from('15030000020228', 'hex')
  const offersDeflate = request[sessionEnd + 2 + size] === 2
  const beat = Buffer.alloc(5)
  beat.writeUInt16BE(extensions.heartbeat, 0)
  beat.set([0, 1, 1], 2)
  const list =
    extras.heartbeat === true ? Buffer.concat([Buffer.from([0, 5]), beat]) : Buffer.alloc(0)
  const compression = offersDeflate ? (extras.compression ?? 0) : 0
  const body = Buffer.concat([
    Buffer.from([version >> 8, version & 255]),
    Buffer.alloc(32, 7),
    Buffer.from([0, suite >> 8, suite & 255, compression]),
    list,
  ])
  const done = Buffer.from([14, 0, 0, 0])
  const message = Buffer.concat([Buffer.from([2, 0, 0, body.length]), body, done])
  return Buffer.concat([Buffer.from([22, version >> 8, version & 255, 0, message.length]), message])
}

const isHello = (request: Buffer): boolean => request[0] === 22

test('lab: SSL 3 with CBC is POODLE, with RC4, export and 3DES what they are called', async () => {
  const scan = await scanFake((request, socket) => {
    if (isHello(request)) socket.write(serverHello(request, 0x0300, [0x000a, 0x0005, 0x0003]))
    else socket.destroy()
  })
  const versions = scan.versions.map(({ version, suites }) => `${version} ${suites.length}`)
  assert.deepEqual(versions, ['SSL 3 3'])
  assert.deepEqual(named(scan, 'vulnerable'), ['POODLE', 'BEAST', 'SWEET32', 'RC4', 'FREAK'])
})

test('lab: an answer to a heartbeat that lies is Heartbleed, compression is CRIME', async () => {
  for (const bleeds of [true, false]) {
    const scan = await scanFake((request, socket) => {
      const extras = { heartbeat: true, compression: 1 }
      if (isHello(request)) socket.write(serverHello(request, 0x0303, [0xc02f], extras))
      else if (request[0] === 24 && bleeds)
        socket.write(Buffer.concat([Buffer.from([24, 3, 3, 64, 3]), Buffer.alloc(900)]))
      else socket.destroy()
    })
    assert.equal(scan.heartbeat, true)
    assert.deepEqual(named(scan, 'vulnerable'), bleeds ? ['Heartbleed', 'CRIME'] : ['CRIME'])
  }
})

test('lab: who takes ChangeCipherSpec before there are keys has CVE-2014-0224', async () => {
  const seen = new WeakMap<Socket, number>()
  const scan = await scanFake((request, socket) => {
    if (isHello(request)) return void socket.write(serverHello(request, 0x0303, [0xc02f]))
    const count = (seen.get(socket) ?? 0) + 1
    seen.set(socket, count)
    if (count === 2) socket.end(Buffer.from('15030300020214', 'hex'))
  })
  assert.deepEqual(named(scan, 'vulnerable'), ['CCS injection'])
})

test('lab: SSL 2 is DROWN; what is no TLS at all has no versions', async () => {
  const reply = Buffer.from('801a0400010002000000030010' + '010080' + '00'.repeat(16), 'hex')
  assert(isSslTwoHello(reply))
  const drowned = await scanFake((request, socket) => {
    if (((request[0] ?? 0) & 0x80) !== 0) socket.end(reply)
    else socket.destroy()
  })
  assert.deepEqual(named(drowned, 'vulnerable'), ['DROWN'])
  const web = await scanFake((_, socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  assert.deepEqual(web.versions, [])
})
