/** Claim threat.alerted: the alert of an attack arrives, and in time. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { openTestBook, startDetection } from '#kit/detection.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import type { Channel } from '#services/detection/ports.ts'
import { threatAlertedProbe } from '#services/prober/probes/threats.ts'
import { systemClock } from '#system/clock.ts'
import { alertView, databaseView } from '../../../src/cli/run/prober-threats.ts'

let server: TestPostgres
let folder: string
before(async () => {
  server = await startPostgres()
  await server.query(`create role veilig_prober login password 'probing'`)
  folder = await temporaryFolder('threat-alerted')
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function measure(
  name: string,
  deliver: Channel['deliver'],
  alertMaxMs: number,
): Promise<Measured> {
  const books = join(folder, name)
  await using trail = await openTestBook(books, 'sql-gateway')
  await using gateway = await startSqlGateway(server, {}, trail)
  await using _detection = await startDetection(books, [{ name, drills: true, deliver }])
  const { host, port } = gateway
  const ssl = { ca: gatewayAuthority, servername: 'localhost' }
  const user = { user: 'veilig_prober', password: 'probing', database: 'postgres' }
  const { attempt } = databaseView({ host, port, ssl, ...user })
  const alerts = alertView(books, systemClock)
  return await measureClaim('threat.alerted', threatAlertedProbe({ attempt, alerts, alertMaxMs }))
}

test('threat.alerted: proven while alerts arrive', async () => {
  const { state, codes, values } = await measure('swift', () => Promise.resolve(), 8_000)
  assert.equal(state, 'proven', values)
  assert.deepEqual(codes, ['ALERT_ARRIVED'])
})

test('threat.alerted: an alert that arrives late shows it false', async () => {
  const slow: Channel['deliver'] = () => systemClock.sleep(600)
  const { state, codes, values } = await measure('slow', slow, 500)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['ALERT_LATE'])
})

test('threat.alerted: a channel that takes nothing shows it false', async () => {
  const broken: Channel['deliver'] = () => Promise.reject(new Error('nobody there'))
  const { state, codes, values } = await measure('broken', broken, 8_000)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['ALERT_MISSING'])
})
