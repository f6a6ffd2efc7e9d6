/** Claim threat.detected: an attack through the gateway is noticed as it happens. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { openTestBook, startDetection } from '#kit/detection.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { threatDetectedProbe } from '#services/prober/probes/threats.ts'
import { systemClock } from '#system/clock.ts'
import { alertView, databaseView } from '../../../src/cli/run/prober-threats.ts'

let server: TestPostgres
let folder: string
before(async () => {
  server = await startPostgres()
  await server.query(`create role veilig_prober login password 'probing'`)
  folder = await temporaryFolder('threat-detected')
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function measure({ host, port }: TestSqlGateway, books: string): Promise<Measured> {
  const ssl = { ca: gatewayAuthority, servername: 'localhost' }
  const user = { user: 'veilig_prober', password: 'probing', database: 'postgres' }
  const { attempt } = databaseView({ host, port, ssl, ...user })
  const alerts = alertView(books, systemClock)
  return measureClaim('threat.detected', threatDetectedProbe({ attempt, alerts, alertMaxMs: 1 }))
}

test('threat.detected: proven while injection and escalation are noticed', async () => {
  const books = join(folder, 'awake')
  await using trail = await openTestBook(books, 'sql-gateway')
  await using gateway = await startSqlGateway(server, {}, trail)
  await using _detection = await startDetection(books, [])
  for (let round = 0; round < 2; round++) {
    const { state, codes, values } = await measure(gateway, books)
    assert.equal(state, 'proven', values)
    assert.deepEqual(codes, ['THREAT_NOTICED'])
  }
})

test('threat.detected: a detection that sleeps shows it false', async () => {
  const books = join(folder, 'asleep')
  await using trail = await openTestBook(books, 'sql-gateway')
  await using gateway = await startSqlGateway(server, {}, trail)
  const { state, codes, values } = await measure(gateway, books)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['THREAT_UNNOTICED'])
})
