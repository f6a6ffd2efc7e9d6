/**
 * Bad input on the database port: declared codes only, bounded memory, other sessions untouched.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { mulberry32 } from '#kit/random.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { dial, dialTls, logIn, message, startup, type Wire } from '#kit/wire.ts'

const SEED = 20_261_123
const server = await startPostgres()
const gateway = await startSqlGateway(server)
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(() => gateway.trail.clear())

const parameters = { user: SUPERUSER, database: 'postgres' }
/** Every code a broken client may meet. */
const CODES = new Set([
  'PG_LENGTH_INVALID',
  'PG_LENGTH_TOO_LARGE',
  'PG_LOGIN_INVALID',
  'PG_MESSAGE_INVALID',
  'PG_STARTUP_INVALID',
  'PG_TEXT_NUL',
  'PG_TLS_FAILED',
  'PG_TYPE_UNKNOWN',
  'PG_VERSION_UNSUPPORTED',
  'DB_FUNCTION_CALL_DENIED',
])

async function loggedIn(place: TestSqlGateway): Promise<Wire> {
  const wire = await dialTls(place)
  const said = await logIn(wire, { password: PASSWORD, parameters })
  assert.equal(said.at(-1)?.type, 'Z')
  return wire
}

/** That an ordinary session works, before and after. */
async function answers(wire: Wire): Promise<void> {
  wire.send(message.query('SELECT 1'))
  assert.equal(await wire.until('Z'), 'TDCZ')
}

function reasonsOf(place: TestSqlGateway): unknown[] {
  const events = [
    ...place.trail.of('DB_PROTOCOL_VIOLATION'),
    ...place.trail.of('DB_SESSION_REFUSED'),
  ]
  return events.map(({ reason }) => reason)
}

test('random bytes: the port hangs up with declared codes, and goes on', async () => {
  using bystander = await loggedIn(gateway)
  const random = mulberry32(SEED)
  const noise = (size: number): Buffer =>
    Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)))
  for (let round = 0; round < 100; round++) {
    using wire = await dial(gateway)
    wire.send(noise(1 + Math.floor(random() * 300)))
    wire.socket.end()
    const said = await wire.untilClosed()
    assert(said.every(({ type }) => type === 'E'))
  }
  for (let round = 0; round < 40; round++) {
    using wire = await loggedIn(gateway)
    const type = 'BCDEFPQdXz'.charCodeAt(Math.floor(random() * 10))
    const size = Math.floor(random() * 60)
    wire.send(Buffer.from([type, 0, 0, 0, 4 + size]), noise(size), noise(50))
    wire.socket.end()
    await wire.untilClosed()
  }
  await answers(bystander)
  for (const reason of reasonsOf(gateway)) assert(CODES.has(String(reason)), String(reason))
})

test('a session split at every byte is the same session', async () => {
  using wire = await dialTls(gateway)
  const script = [message.parse('s', 'SELECT 7'), message.bind('', 's'), message.execute('')]
  const bytes = Buffer.concat([...script, message.sync(), message.query('SELECT 1; SELECT 2')])
  await logIn(wire, { password: PASSWORD, parameters })
  wire.socket.setNoDelay(true)
  for (const byte of bytes) {
    wire.socket.write(Buffer.of(byte))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.equal(await wire.until('Z'), '12DCZ')
  assert.equal(await wire.until('Z'), 'TDCTDCZ')
  const records = gateway.trail.of('DB_STATEMENT').map(({ kind, sql }) => [kind, sql])
  assert.deepEqual(records, [
    ['parse', 'SELECT 7'],
    ['execute', 'SELECT 7'],
    ['query', 'SELECT 1; SELECT 2'],
  ])
})

test('a start-up split at every byte is the same start-up', async () => {
  await using open = await startSqlGateway(server, { tlsRequired: false })
  using wire = await dial(open)
  wire.socket.setNoDelay(true)
  for (const byte of startup(196_608, parameters)) {
    wire.socket.write(Buffer.of(byte))
    await delay(1)
  }
  assert.equal((await wire.next())?.type, 'R')
})

test('lengths that cannot be are refused in every state', async () => {
  const before = ['00002711', '00000007', '7fffffff', '80000000']
  for (const length of before) {
    using wire = await dial(gateway)
    wire.send(Buffer.from(length, 'hex'))
    await wire.untilClosed()
    assert.equal(wire.received, 0)
  }
  for (const header of ['51ffffffff', '5100000003', '517fffffff', '5300000005', '4500002711']) {
    using wire = await loggedIn(gateway)
    wire.send(Buffer.from(header, 'hex'))
    assert.equal((await wire.untilClosed())[0]?.type, 'E')
  }
  for (const reason of reasonsOf(gateway)) assert(CODES.has(String(reason)), String(reason))
})

test('a zero byte that hides SQL is refused before it reaches the server', async () => {
  using wire = await loggedIn(gateway)
  wire.send(message.query('SELECT 1\0; DROP TABLE x'))
  await wire.untilClosed()
  assert.deepEqual(reasonsOf(gateway), ['PG_TEXT_NUL'])
  assert.deepEqual(gateway.trail.of('DB_STATEMENT'), [])
})

test('what comes before a fault in the same flight is executed and recorded', async () => {
  using wire = await loggedIn(gateway)
  wire.send(message.query('CREATE TABLE flight (n int)'), Buffer.from([0, 0, 0, 0, 4]))
  await wire.untilClosed()
  while ((await server.query("SELECT 1 FROM pg_class WHERE relname = 'flight'")).length === 0) {
    await delay(20)
  }
  assert.deepEqual(
    gateway.trail.of('DB_STATEMENT').map(({ sql }) => sql),
    ['CREATE TABLE flight (n int)'],
  )
})

test('half-open: a client that stops half-way through anything leaves nothing behind', async () => {
  await using hasty = await startSqlGateway(server, { limits: { loginTimeoutMs: 2_000 } })
  const halves = [Buffer.alloc(0), Buffer.from('000000', 'hex'), startup(196_608, parameters)]
  const leaving = halves.map(async (half) => {
    using wire = await dial(hasty)
    wire.send(half.subarray(0, half.length - 1))
    await wire.untilClosed()
  })
  await Promise.all(leaving)
  using wire = await loggedIn(hasty)
  wire.send(Buffer.from('5100000100', 'hex'), Buffer.from('SELECT'))
  wire.socket.end()
  await wire.untilClosed()
  await eventually('the close', () => hasty.trail.of('DB_SESSION_CLOSED')[0])
  await eventually('no server session left behind', async () => {
    const rows = await server.query('SELECT 1 FROM pg_stat_activity WHERE client_port = -1')
    return rows.length <= 4 || undefined
  })
})

test('a client that never reads costs bounded memory, and the others nothing', async () => {
  using bystander = await loggedIn(gateway)
  const readers = await Promise.all(Array.from({ length: 4 }, () => loggedIn(gateway)))
  const before = process.memoryUsage().rss
  for (const reader of readers) {
    reader.socket.pause()
    reader.send(message.query("SELECT repeat('x', 1000000) FROM generate_series(1, 200)"))
  }
  await delay(1_500)
  const grownMb = (process.memoryUsage().rss - before) / 1024 / 1024
  await answers(bystander)
  for (const reader of readers) reader.socket.destroy()
  assert(grownMb < 100, `grew by ${grownMb} MiB of 800 MB sent`)
})

test('a client that never reads is let go, where the operator sets a limit', async () => {
  await using strict = await startSqlGateway(server, { limits: { writeStallMs: 300 } })
  using wire = await loggedIn(strict)
  wire.socket.pause()
  wire.send(message.query("SELECT repeat('x', 1000000) FROM generate_series(1, 200)"))
  const closed = await eventually('the close', () => strict.trail.of('DB_SESSION_CLOSED')[0])
  assert.equal(closed['reason'], 'CLIENT_NOT_READING')
})

test('a server that does not read pauses the client, whatever it sends', async () => {
  using wire = await loggedIn(gateway)
  using bystander = await loggedIn(gateway)
  wire.send(message.query('SELECT pg_sleep(6)'))
  const megabyte = message.query(`SELECT '${'q'.repeat(1024 * 1024)}'`)
  for (let sent = 0; sent < 60; sent++) wire.socket.write(megabyte)
  await delay(800)
  await answers(bystander)
  const waitingMb = wire.socket.writableLength / 1024 / 1024
  assert(waitingMb > 40, `only ${waitingMb} of 60 MiB wait at the client`)
})

test('five thousand idle connections leave sessions and new logins untouched', async () => {
  await using crowded = await startSqlGateway(server, {
    limits: { loginsMax: 1_000, connectionsPerAddressMax: 10_000 },
  })
  using bystander = await loggedIn(crowded)
  const idle: Socket[] = []
  for (let batch = 0; batch < 50; batch++) {
    const some = Array.from({ length: 100 }, () => connect(crowded.port, crowded.host))
    for (const socket of some) socket.resume().on('error', () => undefined) // the oldest go
    await Promise.all(some.map((socket) => once(socket, 'connect')))
    idle.push(...some)
    if (batch % 10 === 0) await answers(bystander)
  }
  await answers(bystander)
  using late = await loggedIn(crowded)
  await answers(late)
  const open = (): number => idle.filter((socket) => !socket.closed).length
  await eventually('the oldest let go', () => open() <= 1_000 || undefined)
  for (const socket of idle) socket.destroy()
})

test('strangers cannot fill the record: repeats are summed up', async () => {
  await using closed = await startSqlGateway(server, { allow: [] })
  for (let round = 0; round < 300; round++) {
    using wire = await dial(closed)
    await wire.untilClosed()
  }
  const { trail } = closed
  await closed[Symbol.asyncDispose]()
  const events = trail.of('DB_SESSION_REFUSED')
  assert(events.length <= 4, `${events.length} events`)
  const told = events.reduce((sum, { repeats }) => sum + Number(repeats), 0)
  assert.equal(told + 1, 300)
})
