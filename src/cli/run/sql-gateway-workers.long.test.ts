/**
 * Several processes on one port are one SQL gateway: what is counted is counted once, a cancel
 * finds its statement, every statement is in one book, and nobody notices who answers.
 */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { pino } from 'pino'
import { listBooks } from '#audit/book-files.ts'
import { readEvents } from '#audit/read.ts'
import type { AuditDetail } from '#audit/trail.ts'
import { verifyBook } from '#audit/verify.ts'
import { eventually } from '#kit/eventually.ts'
import { openTestBook } from '#kit/detection.ts'
import { PASSWORD, startPostgres, SUPERUSER, temporaryFolder } from '#kit/postgres.ts'
import type { TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { gatewayTls, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { dial, dialTls, logIn, message, type Wire } from '#kit/wire.ts'
import { isStatementBook } from '#lib/statement-books.ts'
import { encodeCancel } from '#protocol/postgres/encode.ts'
import { systemClock } from '#system/clock.ts'
import { sqlGatewayConfig } from '#services/sql-gateway/config.ts'
import { auditConfig } from '../config-audit.ts'
import { startWorkers } from './workers.ts'

const WORKERS = 3
/** Connections are dealt out by chance: that one process gets none of these is one in a million. */
const CONNECTIONS = 36
const ROLE_MAX = 5

const settings = {
  workers: WORKERS,
  listen: ['127.0.0.1'],
  connect: [
    { roles: ['till'], connectionsMax: ROLE_MAX },
    { roles: ['slow'], statementsPerMinuteMax: 60 },
  ],
}
const who = { user: SUPERUSER, database: 'postgres' }

let server: TestPostgres
let folder: string
let gateway: TestSqlGateway
const supervisor = new RecordingTrail()
const stack = new AsyncDisposableStack()
let stopWorkers: () => Promise<void>

before(async () => {
  server = stack.use(await startPostgres({ max_connections: '200' }))
  for (const role of ['till', 'slow'])
    await server.query(`create role ${role} login password '${PASSWORD}'`)
  folder = await temporaryFolder('sql-workers')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const book = stack.use(await openTestBook(join(folder, 'audit'), 'sql-gateway'))
  const query = (sql: string, values: unknown[]): Promise<unknown> => server.query(sql, values)
  const upstream = { socketDir: server.socketDir, port: server.port, query }
  gateway = stack.use(await startSqlGateway(upstream, settings, book))
  const workers = await startWorkers(
    { clock: systemClock, log: pino({ level: 'silent' }), trail: supervisor },
    {
      name: 'sql-gateway',
      program: 'sql-gateway-worker.ts',
      args: [JSON.stringify({ data: folder, audit: auditConfig.parse({}) })],
      processes: WORKERS,
      takeIn: (end, _, dismiss) => gateway.desk.takeIn(end, dismiss),
    },
  )
  stopWorkers = async () => await workers[Symbol.asyncDispose]()
  stack.defer(() => stopWorkers())
})
after(() => stack.disposeAsync())

async function opened(parameters = who): Promise<Wire & { key: Buffer; ends: string }> {
  const wire = await dialTls(gateway)
  const said = await logIn(wire, { password: PASSWORD, parameters })
  const key = Buffer.from(said.find(({ type }) => type === 'K')?.body ?? [])
  return Object.assign(wire, { key, ends: said.at(-1)?.type ?? 'closed' })
}

/** The details of all events with a code, by book. */
async function recorded(code: string): Promise<ReadonlyMap<string, readonly AuditDetail[]>> {
  const found = new Map<string, AuditDetail[]>()
  for (const process of (await listBooks(join(folder, 'audit'))).filter(isStatementBook)) {
    found.set(process, [])
    for await (const event of readEvents({ folder: join(folder, 'audit'), process }))
      if (event.code === code) found.get(process)?.push(event.detail)
  }
  return found
}

test('workers: sessions are dealt out, and each statement stands in one book', async () => {
  const wires = await Promise.all(Array.from({ length: CONNECTIONS }, () => opened()))
  for (const [at, wire] of wires.entries()) {
    wire.send(message.query(`select ${at} as dealt`))
    assert.equal(await wire.until('Z'), 'TDCZ')
  }
  const books = await recorded('DB_STATEMENT')
  assert.deepEqual([...books.keys()], ['sql-gateway', 'sql-gateway-1', 'sql-gateway-2'])
  for (const [book, statements] of books) assert(statements.length > 0, `${book} has some`)
  const texts = [...books.values()].flat().map(({ sql }) => sql)
  assert.equal(texts.filter((sql) => String(sql).endsWith('as dealt')).length, CONNECTIONS)
  assert.equal(new Set(texts).size, texts.length)
  for (const wire of wires) wire[Symbol.dispose]()
})

test('workers: a cancel finds its statement, whichever process it comes to', async () => {
  const sleeping = "select count(*)::int as n from pg_stat_activity where wait_event = 'PgSleep'"
  const wires = await Promise.all(Array.from({ length: 12 }, () => opened()))
  for (const wire of wires) wire.send(message.query('select pg_sleep(60)'))
  await eventually('all at work', async () => {
    const [row] = await server.query<{ n: number }>(sleeping)
    return row?.n === wires.length || undefined
  })
  for (const wire of wires) {
    using canceller = await dial(gateway)
    canceller.send(encodeCancel(wire.key.readInt32BE(0), wire.key.subarray(4)))
    await canceller.untilClosed()
    assert.match(await wire.until('Z'), /E.*Z$/)
    wire[Symbol.dispose]()
  }
})

test('workers: a role has its sessions once, and a killed process gives its own back', async () => {
  const enter = async (): Promise<number> => {
    const wires = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => opened({ ...who, user: 'till' })),
    )
    const inside = wires.filter(({ ends }) => ends === 'Z').length
    for (const wire of wires) if (wire.ends !== 'Z') wire[Symbol.dispose]()
    open.push(...wires.filter(({ ends }) => ends === 'Z'))
    return inside
  }
  const open: Wire[] = []
  assert.equal(await enter(), ROLE_MAX)
  const pid = supervisor.of('PROCESS_STARTED').at(-1)?.['pid']
  const starts = supervisor.of('PROCESS_STARTED').length
  process.kill(Number(pid), 'SIGKILL')
  await eventually('another in its place', () => supervisor.of('PROCESS_STARTED')[starts])
  for (const wire of open) wire[Symbol.dispose]()
  open.length = 0
  await eventually('all places', async () => {
    const inside = await enter()
    for (const wire of open) wire[Symbol.dispose]()
    open.length = 0
    return inside === ROLE_MAX || undefined
  })
})

test('workers: a role speaks at one pace, however many processes hear it', async () => {
  const wires = await Promise.all(
    Array.from({ length: 12 }, () => opened({ ...who, user: 'slow' })),
  )
  for (const wire of wires) wire.send(...Array.from({ length: 5 }, () => message.query('select 1')))
  for (const wire of wires)
    for (let at = 0; at < 5; at++) assert.equal(await wire.until('Z'), 'TDCZ')
  for (const wire of wires.slice(0, 3)) {
    wire.send(message.query('select 2'), message.query('select 3'))
    for (let at = 0; at < 2; at++) assert.equal(await wire.until('Z'), 'TDCZ')
  }
  // The first process counts, and its answer holds for what is said next.
  const [wire = assert.fail()] = wires
  await eventually('more than sixty are told, though no process heard so many', async () => {
    wire.send(message.query('select 4'))
    assert.equal(await wire.until('Z'), 'TDCZ')
    const told = [...(await recorded('DB_PACE_EXCEEDED')).values()].flat()
    return told.length > 0 || undefined
  })
  for (const one of wires) one[Symbol.dispose]()
})

test('workers: a reload holds in all of them, and no session ends by it', async () => {
  const before = await Promise.all(Array.from({ length: CONNECTIONS }, () => opened()))
  const connect = [{ roles: ['till'], connectionsMax: 0 }]
  const config = sqlGatewayConfig.parse({ ...settings, connect })
  await gateway.reload({ config, tls: gatewayTls })
  for (let times = 0; times < CONNECTIONS; times++) {
    using refused = await opened({ ...who, user: 'till' })
    assert.equal(refused.ends, 'E')
  }
  for (const wire of before) {
    wire.send(message.query('select 3'))
    assert.equal(await wire.until('Z'), 'TDCZ')
    wire[Symbol.dispose]()
  }
})

test('workers: at the end every statement may finish, and every book is sound', async () => {
  const wires = await Promise.all(Array.from({ length: 12 }, () => opened()))
  for (const wire of wires) wire.send(message.query('select pg_sleep(0.5)'))
  await eventually('all on record', async () => {
    const statements = [...(await recorded('DB_STATEMENT')).values()].flat()
    const sleeping = statements.filter(({ sql }) => sql === 'select pg_sleep(0.5)')
    return sleeping.length === wires.length || undefined
  })
  await Promise.all([stopWorkers(), gateway[Symbol.asyncDispose]()])
  for (const wire of wires) assert.equal(await wire.until('Z'), 'TDCZ')
  for (const process of (await listBooks(join(folder, 'audit'))).filter(isStatementBook)) {
    const { findings } = await verifyBook({ folder: join(folder, 'audit'), process })
    assert.deepEqual(findings, [])
  }
})
