/** An attack through the gateway is answered by itself: ended within seconds, undone by a word. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { readEvents } from '#audit/read.ts'
import { eventually } from '#kit/eventually.ts'
import { openTestBook } from '#kit/detection.ts'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { encodeSanctions, parseSanctions, type Sanction } from '#lib/sanctions.ts'
import { detectionConfig } from '#services/detection/config.ts'
import { inFull } from '#services/detection/desk.ts'
import { serveDetection } from '#services/detection/serve.ts'
import { listIncidents, openStore, undo } from '#services/detection/store.ts'
import { systemClock } from '#system/clock.ts'
import { openPool } from '#system/postgres/pool.ts'
import type { AuditTrail } from '#audit/trail.ts'

let server: TestPostgres
let folder: string
let book: AuditTrail & AsyncDisposable
let gateway: TestSqlGateway
let pool: pg.Pool
/** What detection published last; the gateway asks for it as for a changed file. */
let published: readonly Sanction[] | undefined
before(async () => {
  server = await startPostgres()
  folder = await temporaryFolder('response')
  await server.query(`create role app superuser login password 'secret'`)
  pool = openPool(server.connection)
  book = await openTestBook(join(folder, 'audit'), 'sql-gateway')
  const query = (sql: string, values: unknown[]): Promise<unknown> => server.query(sql, values)
  const upstream = { socketDir: server.socketDir, port: server.port, query }
  const sanctions = (): Promise<readonly Sanction[] | undefined> => {
    const changed = published && parseSanctions(encodeSanctions(published))
    published = undefined
    return Promise.resolve(changed)
  }
  gateway = await startSqlGateway(upstream, { roles: {} }, book, 0, undefined, sanctions)
})
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await book[Symbol.asyncDispose]()
  await pool.end()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    ssl: { ca: gatewayAuthority },
    user: 'app',
    password: 'secret',
    database: 'postgres',
  })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

async function detection(
  action: Sanction['kind'],
  mode: 'observe' | 'enforce',
): Promise<AsyncDisposable & { readonly own: RecordingTrail }> {
  const own = new RecordingTrail()
  const respond = { rules: [{ detectors: ['escalation.*'], action, mode }] }
  const service = await serveDetection(detectionConfig.parse({ respond }), {
    trail: own,
    clock: systemClock,
    books: ['sql-gateway'],
    memory: { load: () => Promise.resolve(undefined), save: () => Promise.resolve() },
    follow: (process, from, signal, atEnd) => {
      const follow = { clock: systemClock, signal, pollMs: 10, atEnd }
      return readEvents({ folder: join(folder, 'audit'), process, from, follow })
    },
    publish: (sanctions) => Promise.resolve(void (published = sanctions)),
    store: await openStore(pool),
    channels: [],
    newId: randomUUID,
    complain: () => undefined,
  })
  return { own, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() }
}

async function undoAll(): Promise<readonly Sanction[]> {
  const client = await pool.connect()
  try {
    return await undo(client, { id: 'all', by: 'the operator' })
  } finally {
    client.release()
  }
}

const ATTACK = `copy (select 1) to program 'cat >/dev/null'; select pg_sleep(60)`

for (const action of ['session', 'role', 'address'] as const) {
  test(`response: an attack ends its session, and undo opens the door (${action})`, async () => {
    const { own, ...held } = await detection(action, 'enforce')
    await using _ = held
    const thief = await connected()
    await assert.rejects(thief.query(ATTACK), 'cut while it still slept')
    await eventually('the record of the answer', () => own.of('RESPONSE_TAKEN')[0])
    const taken = own.of('RESPONSE_TAKEN')
    assert.equal(taken.length, 1)
    assert.deepEqual([taken[0]?.['action'], taken[0]?.['mode']], [action, 'enforce'])
    if (action !== 'session') {
      await eventually('the door to be shut', () =>
        connected().then(
          (client) => client.end().then(() => undefined),
          () => true,
        ),
      )
    }
    const [listed] = await listIncidents(pool, { drills: false, limit: 1 })
    assert.match(listed?.held.join() ?? '', new RegExp(`^${action} [^,]+$`))
    assert.equal((await undoAll()).length, 1)
    const full = await inFull(pool, listed?.id ?? '')
    const undone_by = 'the operator'
    assert.partialDeepStrictEqual(full, { held: [], responses: [{ kind: action, undone_by }] })
    await eventually('the door to be open', async () => {
      const client = await connected().catch(() => undefined)
      await client?.end()
      return client
    })
    const undone = await eventually('its record', () => own.of('RESPONSE_UNDONE')[0])
    assert.deepEqual([undone['action'], undone['by']], [action, 'the operator'])
  })
}

test('response: what is only observed is recorded, and nothing is done', async () => {
  const { own, ...held } = await detection('session', 'observe')
  await using _ = held
  const worker = await connected()
  await worker.query(`copy (select 1) to program 'cat >/dev/null'`)
  await eventually('the record', () => own.of('RESPONSE_TAKEN')[0])
  assert.equal(own.of('RESPONSE_TAKEN')[0]?.['mode'], 'observe')
  assert.deepEqual(await undoAll(), [])
  assert.deepEqual((await worker.query('select 1 as one')).rows, [{ one: 1 }])
  await worker.end()
})
