/** The server's own word against the record: another door than the gateway is told, ours is not. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { RecordedEvent } from '#audit/read.ts'
import { eventually } from '#kit/eventually.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import type { LogLine } from '#protocol/postgres/server-log.ts'
import { detectionConfig } from '#services/detection/config.ts'
import type { Finding } from '#services/detection/alert.ts'
import { Reconciliation } from '#services/detection/reconcile.ts'
import { openPool } from '#system/postgres/pool.ts'
import { ServerLogReader } from '#system/postgres/server-log.ts'
import { serverView } from '#system/postgres/server-view.ts'

let server: TestPostgres
let gateway: TestSqlGateway
let watch: pg.Pool
before(async () => {
  server = await startPostgres({
    shared_preload_libraries: 'pg_stat_statements',
    logging_collector: 'on',
    log_directory: 'log',
    log_destination: 'jsonlog,csvlog',
    log_statement: 'all',
  })
  const query = (sql: string, values: unknown[]): Promise<unknown> => server.query(sql, values)
  gateway = await startSqlGateway({ socketDir: server.socketDir, port: server.port, query })
  await server.query(`create extension pg_stat_statements`)
  await server.query(`create role app login password 'secret'`)
  await server.query(`create role veilig_watch login password 'watch'`)
  await server.query(`grant pg_read_all_stats to veilig_watch`)
  watch = openPool({ ...server.connection, user: 'veilig_watch', password: 'watch', max: 1 })
})
after(async () => {
  await watch.end()
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** Looks as detection does, over the events that were recorded so far. */
class Looker {
  readonly #reconciliation: Reconciliation
  #read = 0

  constructor() {
    const { directRoles } = detectionConfig.parse({}).reconcile
    this.#reconciliation = new Reconciliation([...directRoles, 'postgres'])
  }

  /** Over what the server wrote into its log. */
  logged(lines: readonly LogLine[]): readonly Finding[] {
    this.#readAll()
    return this.#reconciliation.logged(lines, Date.now())
  }

  async look(): Promise<readonly Finding[]> {
    this.#readAll()
    this.#reconciliation.begin()
    const view = await serverView(watch)
    assert(view.calls, 'pg_stat_statements is loaded')
    this.#readAll()
    return this.#reconciliation.look(view, Date.now())
  }

  #readAll(): void {
    const { events } = gateway.trail
    for (; this.#read < events.length; this.#read++) {
      const place = { process: 'sql-gateway', sequence: this.#read, timeMs: Date.now() }
      const { code, detail } = events[this.#read]!
      const event: RecordedEvent = { ...place, code, detail }
      this.#reconciliation.see(event)
    }
  }
}

function client(options: pg.ClientConfig): pg.Client {
  const made = new pg.Client({ user: 'app', password: 'secret', database: 'postgres', ...options })
  made.on('error', () => undefined)
  return made
}

/** By the gateway, as every application. */
function byGateway(): pg.Client {
  return client({ host: '127.0.0.1', port: gateway.port, ssl: { ca: gatewayAuthority } })
}

async function work(honest: pg.Client): Promise<void> {
  await honest.query('select 1; select 2; select 3')
  await honest.query('select $1::int', [4])
  await honest.query({ name: 'named', text: 'select $1::text', values: ['a'] })
  await assert.rejects(honest.query('select 1/0'))
  await honest.query('begin')
  await honest.query('declare c cursor for select generate_series(1, 100)')
  await honest.query('fetch 10 from c')
  await honest.query('commit')
}

/** Everything that was answered is on record. */
async function recorded(honest: pg.Client): Promise<void> {
  const mark = `select 'mark ${Math.random()}'`
  await honest.query(mark)
  await eventually('the record of all', () => {
    const all = gateway.trail.of('DB_STATEMENT')
    const at = all.find(({ sql }) => sql === mark)
    return gateway.trail
      .of('DB_STATEMENT_DONE')
      .find(({ session, sequence }) => session === at?.['session'] && sequence === at?.['sequence'])
  })
}

test('reconcile: what passes the gateway is never told, whatever it does', async () => {
  const looker = new Looker()
  const honest = byGateway()
  await honest.connect()
  await recorded(honest)
  for (let round = 0; round < 5; round++) {
    assert.deepEqual(await looker.look(), [])
    await work(honest)
    await recorded(honest)
  }
  await honest.end()
})

test('reconcile: a session by the socket is told at the second look', async () => {
  const looker = new Looker()
  const stranger = client({ host: server.socketDir, port: server.port, application_name: 'psql' })
  await stranger.connect()
  assert.deepEqual(await looker.look(), [])
  const [found, ...more] = await looker.look()
  assert.deepEqual([found?.detector, found?.role, more], ['ring.bypass', 'app', []])
  assert.match(found?.evidence ?? '', /'psql'/)
  assert.deepEqual(await looker.look(), [], 'once')
  await stranger.end()
})

test('reconcile: statements of a session too short to see are told by their count', async () => {
  const looker = new Looker()
  const honest = byGateway()
  await honest.connect()
  await recorded(honest)
  await looker.look()
  await looker.look()
  const stranger = client({ host: server.socketDir, port: server.port })
  await stranger.connect()
  for (let at = 0; at < 9; at++) await stranger.query('select 1')
  const gone = once(stranger, 'end')
  await stranger.end()
  await gone
  await eventually('it to be gone', async () => {
    const { sessions } = await serverView(watch)
    return sessions.filter(({ role }) => role === 'app').length === 1 ? true : undefined
  })
  const found = [...(await looker.look()), ...(await looker.look()), ...(await looker.look())]
  assert.deepEqual(
    found.map(({ detector, role }) => [detector, role]),
    [['ring.bypass', 'app']],
  )
  assert.match(found[0]?.evidence ?? '', /^at least \d+ more on the server than on record$/)
  await honest.end()
})

test('reconcile: the server’s own log tells of a session that was gone before any look', async () => {
  const looker = new Looker()
  const log = new ServerLogReader(join(server.place.dataDir, 'log'))
  assert.deepEqual(await log.read(), [], 'what was before is not held against the record')
  const honest = byGateway()
  await honest.connect()
  await work(honest)
  await recorded(honest)
  await assert.rejects(client({ ...server.connection, user: 'app', password: 'wrong' }).connect())
  const stranger = client({ host: server.socketDir, port: server.port, application_name: 'psql' })
  await stranger.connect()
  const { rows } = await stranger.query<{ pid: number }>(
    `select pg_backend_pid() as pid /* of several\nlines, "quoted" */`,
  )
  await stranger.end()
  const lines: LogLine[] = []
  await eventually('the line of the stranger', async () => {
    lines.push(...(await log.read()))
    return lines.find(({ pid, message }) => pid === rows[0]?.pid && message.includes('of several'))
  })
  const found = looker.logged(lines)
  assert.deepEqual(
    found.map(({ detector, role, address }) => [detector, role, address]),
    [['ring.bypass', 'app', '']],
  )
  assert.match(found[0]?.evidence ?? '', /'psql', by the server's log$/)
  assert.deepEqual(looker.logged(lines), [], 'once')
  await honest.end()
})
