/** Claim access.auth: nobody without a proof, nothing without TLS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { TLSSocket } from 'node:tls'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { testAuthority, testCertificate } from '#kit/web-gateway.ts'
import { accessAuthProbe } from '#services/prober/probes/access-auth.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
  await server.query(`create role prober login password 'right'`)
})
after(() => server[Symbol.asyncDispose]())

function measure(
  { host, port }: { readonly host: string; readonly port: number },
  ca = gatewayAuthority,
  password = 'right',
): Promise<Measured> {
  const probe = accessAuthProbe({
    gateway: { host, port },
    user: 'prober',
    password,
    database: 'postgres',
    ca,
  })
  return measureClaim('access.auth', probe)
}

test('access.auth: proven while only the right password over TLS is let in', async () => {
  await using gateway = await startSqlGateway(server)
  const { state, codes } = await measure(gateway)
  assert.equal(state, 'proven')
  const refusals = ['AUTH_NONE_REFUSED', 'AUTH_PLAIN_REFUSED', 'AUTH_WRONG_REFUSED']
  assert.deepEqual(codes, [...refusals, 'AUTH_RIGHT_ADMITTED'].toSorted())
})

test('access.auth: letting a connection without TLS go on shows it false', async () => {
  await using gateway = await startSqlGateway(server, { tlsRequired: false })
  const { state, codes } = await measure(gateway)
  assert.equal(state, 'failing')
  assert.deepEqual(codes, ['AUTH_PLAIN_ADMITTED'])
})

test('access.auth: a door that lets everybody in shows it false', async () => {
  const { certificatePem: cert, keyPem: key } = testCertificate
  const door = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.write('S')
      const secure = new TLSSocket(socket, { isServer: true, cert, key })
      secure.on('error', () => undefined)
      // AuthenticationOk, ReadyForQuery: welcome, whoever you are.
      secure.once('data', () => secure.write(Buffer.from('5200000008000000005a0000000549', 'hex')))
    })
  })
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = door.address() as AddressInfo
  const { state, codes, values } = await measure({ host: '127.0.0.1', port }, testAuthority)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['AUTH_NONE_ADMITTED', 'AUTH_WRONG_ADMITTED'])
  door.close()
})

test('access.auth: when even the right password is refused, nothing is measured', async () => {
  await using gateway = await startSqlGateway(server)
  const { state, codes } = await measure(gateway, gatewayAuthority, 'forgotten')
  assert.equal(state, 'unproven')
  assert.deepEqual(codes, ['PROBE_NOT_REACHED'])
})
