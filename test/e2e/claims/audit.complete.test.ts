/** Claim audit.complete: every statement is recorded, and the record cannot be altered unseen. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { openTrail } from '#audit/open.ts'
import type { AuditTrail } from '#audit/trail.ts'
import { measureClaim, type Measured } from '#kit/claims.ts'
import { SUPERUSER, startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { auditCompleteProbe } from '#services/prober/probes/audit-complete.ts'
import { systemClock } from '#system/clock.ts'
import { systemDisk } from '#system/disk.ts'
import { auditView } from '../../../src/cli/run/prober-audit.ts'

let server: TestPostgres
let folder: string
before(async () => {
  server = await startPostgres()
  folder = await temporaryFolder('audit-claim')
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

function measure(gateway: TestSqlGateway, books: string): Promise<Measured> {
  const probe = auditCompleteProbe({
    user: SUPERUSER,
    audit: auditView(books, systemClock),
    execute: async (sql) => {
      const { host, port } = gateway
      const ssl = { ca: gatewayAuthority, servername: 'localhost' }
      const client = new pg.Client({ ...server.connection, host, port, ssl })
      await client.connect()
      try {
        await client.query(sql)
      } finally {
        await client.end()
      }
    },
  })
  return measureClaim('audit.complete', probe)
}

function bookIn(books: string): Promise<AuditTrail & AsyncDisposable> {
  const place = { folder: books, process: 'sql-gateway', node: 'test' }
  return openTrail({ ...place, mode: 'written', disk: systemDisk, clock: systemClock })
}

test('audit.complete: proven while a canary is found; failing once a record is altered', async () => {
  const books = join(folder, 'altered')
  await using trail = await bookIn(books)
  await using gateway = await startSqlGateway(server, {}, trail)
  const first = await measure(gateway, books)
  assert.equal(first.state, 'proven', first.values)
  assert.deepEqual(first.codes, ['AUDIT_CANARY_FOUND', 'AUDIT_CHAIN_INTACT'])
  await trail.flush()
  alterMiddleOf(books)
  const second = await measure(gateway, books)
  assert.equal(second.state, 'failing', second.values)
  assert(second.codes.includes('AUDIT_CHAIN_BROKEN'))
})

test('audit.complete: a gateway that forgets to record shows it false', async () => {
  const books = join(folder, 'forgetful')
  await using trail = await bookIn(books)
  const forgetful: AuditTrail = { append: () => undefined, flush: () => Promise.resolve() }
  await trail.append([{ code: 'AUDIT_TEST', detail: {} }])
  await using gateway = await startSqlGateway(server, {}, forgetful)
  const { state, codes, values } = await measure(gateway, books)
  assert.equal(state, 'failing', values)
  assert.deepEqual(codes, ['AUDIT_CANARY_MISSING'])
})

/** As somebody with every right on the machine could. */
function alterMiddleOf(books: string): void {
  const book = join(books, 'sql-gateway')
  const segments = readdirSync(book).map((name) => join(book, name))
  const largest = segments.toSorted((a, b) => statSync(b).size - statSync(a).size)[0] ?? ''
  const bytes = readFileSync(largest)
  const at = bytes.indexOf('veilig-canary-')
  assert(at > 0, 'the canary stands in the book')
  bytes.write('nothing-of-note-', at)
  writeFileSync(largest, bytes)
}
