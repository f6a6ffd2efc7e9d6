/** Claim tls.versions: what is outdated is refused. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer as createTcp, type AddressInfo, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { test } from 'node:test'
import { measureClaim } from '#kit/claims.ts'
import { startGateway, testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { tlsVersionsProbe } from '#services/prober/probes/tls.ts'

const plain = { host: '127.0.0.1', port: 1 }

test('tls.versions: proven by the gateway', async () => {
  await using gateway = await startGateway({})
  const https = { host: '127.0.0.1', port: gateway.httpsPort }
  const probe = tlsVersionsProbe({ https, plain, hostName: 'localhost', ca: testAuthority })
  const { state, values } = await measureClaim('tls.versions', probe)
  assert.equal(state, 'proven', values)
  for (const version of ['SSL 2', 'SSL 3', 'TLS 1.0', 'TLS 1.1']) assert(values.includes(version))
})

test('tls.versions: a server that still speaks TLS 1.0 or 1.1 shows it false', async () => {
  for (const [minVersion, outdated] of [
    ['TLSv1', ['TLS 1.0', 'TLS 1.1']],
    ['TLSv1.1', ['TLS 1.1']],
  ] as const) {
    const { certificatePem: cert, keyPem: key } = testCertificate
    const server = createServer({ cert, key, minVersion, ciphers: 'DEFAULT:@SECLEVEL=0' })
    server.on('tlsClientError', () => undefined)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const https = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
    const probe = tlsVersionsProbe({ https, plain, hostName: 'localhost', ca: testAuthority })
    const { state, codes, values } = await measureClaim('tls.versions', probe)
    assert.equal(state, 'failing')
    assert.deepEqual(codes, ['TLS_VERSION_ACCEPTED'])
    for (const version of outdated) assert(values.includes(version), values)
    server.close()
  }
})

test('tls.versions: an answer to a hello of SSL 2 or SSL 3 is recognised', async () => {
  const { certificatePem: cert, keyPem: key } = testCertificate
  const modern = createServer({ cert, key })
  modern.on('tlsClientError', () => undefined)
  modern.listen(0, '127.0.0.1')
  await once(modern, 'listening')
  // No library speaks them any more: a door that answers the old hellos and passes the rest on.
  const sockets = new Set<Socket>()
  const door = createTcp((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', (hello: Buffer) => {
      if (hello[0] === 0x80) return void socket.end(Buffer.from('8007040001000000', 'hex'))
      if (hello[2] === 0) return void socket.end(Buffer.from('1603000004020000000000', 'hex'))
      const onward = connect((modern.address() as AddressInfo).port, '127.0.0.1')
      sockets.add(onward)
      onward.on('error', () => undefined)
      onward.write(hello)
      onward.pipe(socket).pipe(onward)
    })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const https = { host: '127.0.0.1', port: (door.address() as AddressInfo).port }
  const probe = tlsVersionsProbe({ https, plain, hostName: 'localhost', ca: testAuthority })
  const { state, values } = await measureClaim('tls.versions', probe)
  assert.equal(state, 'failing', values)
  assert(values.includes('SSL 2') && values.includes('SSL 3'), values)
  for (const socket of sockets) socket.destroy()
  door.close()
  modern.close()
})
