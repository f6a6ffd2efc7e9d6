/** Claim access.network: the database is reachable only from known addresses. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { accessNetworkProbe } from '#services/prober/probes/access-network.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
})
after(() => server[Symbol.asyncDispose]())

function measure(gateway: TestSqlGateway, database = server): Promise<Measured> {
  const probe = accessNetworkProbe({
    gateway: { host: gateway.host, port: gateway.port },
    strangerAddress: '127.0.0.2',
    friendAddress: '127.0.0.1',
    postmasterPidFile: join(database.place.dataDir, 'postmaster.pid'),
  })
  return measureClaim('access.network', probe)
}

test('access.network: proven while strangers hear nothing and PostgreSQL has no port', async () => {
  await using gateway = await startSqlGateway(server)
  const { state, codes } = await measure(gateway)
  assert.equal(state, 'proven')
  assert(codes.includes('NET_STRANGER_SILENT') && codes.includes('NET_DATABASE_NO_PORT'))
})

test('access.network: opening the allow-list shows it false', async () => {
  await using gateway = await startSqlGateway(server, { allow: ['0.0.0.0/0'] })
  const { state, codes } = await measure(gateway)
  assert.equal(state, 'failing')
  assert.deepEqual(codes, ['NET_STRANGER_ANSWERED'])
})

test('access.network: a port of PostgreSQL itself shows it false', async () => {
  await using open = await startPostgres({ listen_addresses: '127.0.0.1', port: '54399' })
  await using gateway = await startSqlGateway(server)
  const { state, codes, values } = await measure(gateway, open)
  assert.equal(state, 'failing')
  assert.deepEqual(codes, ['NET_DATABASE_LISTENS'])
  assert.match(values, /54399/)
})

test('access.network: a gateway that is down proves nothing, for silence is all there is', async () => {
  const gateway = await startSqlGateway(server)
  await gateway[Symbol.asyncDispose]()
  const { state, codes } = await measure(gateway)
  assert.equal(state, 'unproven')
  assert.deepEqual(codes, ['PROBE_NOT_REACHED'])
})
