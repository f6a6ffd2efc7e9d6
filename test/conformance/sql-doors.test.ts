/**
 * Who gets in: addresses, encryption, identity, versions, cancel, replication.
 */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { encodeCancel, encodeSslRequest } from '#protocol/postgres/encode.ts'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { dial, dialTls, logIn, message, startup, Wire } from '#kit/wire.ts'
import type { Message } from '#protocol/postgres/message-buffer.ts'

const server = await startPostgres({ wal_level: 'replica', max_wal_senders: '4' })
const gateway = await startSqlGateway(server)
const { trail } = gateway
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const sleeping = "SELECT 1 AS found FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
const parameters = { user: SUPERUSER, database: 'postgres' }

/** SQLSTATE of the error among these messages. */
function sqlstate(said: readonly Message[]): string | undefined {
  const error = said.find(({ type }) => type === 'E')
  return /\0C([0-9A-Z]{5})\0/.exec(Buffer.from(error?.body ?? []).toString('latin1'))?.[1]
}

test('allow-list: an unlisted address gets not one byte, whatever it sends', async () => {
  await using closed = await startSqlGateway(server, { allow: ['192.0.2.0/24', '2001:db8::/32'] })
  const packets = [
    encodeSslRequest(),
    startup(196_608, parameters),
    encodeCancel(1, Buffer.alloc(4)),
    Buffer.from([0x16, 3, 1, 0, 1]),
  ]
  for (const packet of packets) {
    using wire = await dial(closed)
    wire.send(packet)
    await wire.untilClosed()
    assert.equal(wire.received, 0)
  }
  const refused = await eventually('the record', () => closed.trail.of('DB_SESSION_REFUSED')[0])
  assert.equal(refused['reason'], 'ADDRESS_NOT_ALLOWED')
})

test('TLS: a session in clear is refused, with what to do', async () => {
  using wire = await dial(gateway)
  wire.send(startup(196_608, parameters))
  const said = await wire.untilClosed()
  assert.equal(sqlstate(said), '28000')
  assert.match(Buffer.from(said[0]?.body ?? []).toString(), /sslmode=verify-full/)
})

test('TLS: bytes in clear behind the SSLRequest are refused', async () => {
  using wire = await dial(gateway)
  wire.send(encodeSslRequest(), startup(196_608, parameters))
  await wire.untilClosed()
  assert.equal(wire.received, 0)
  await eventually('the record of it', () =>
    trail.of('DB_PROTOCOL_VIOLATION').find(({ reason }) => reason === 'PG_CLEARTEXT_EARLY'),
  )
})

test('TLS: GSS encryption is declined, and TLS may follow', async () => {
  using wire = await dial(gateway)
  wire.send(Buffer.from('0000000804d21630', 'hex'))
  while (wire.received < 1) await delay(5)
  wire.send(encodeSslRequest())
  while (wire.received < 2) await delay(5)
})

async function handshake(options: ConnectionOptions): Promise<string> {
  const socket = connectTls({
    host: gateway.host,
    port: gateway.port,
    servername: 'localhost',
    ca: gatewayAuthority,
    ...options,
  })
  try {
    await once(socket, 'secureConnect')
    const wire = new Wire(socket)
    const said = await logIn(wire, { password: PASSWORD, parameters })
    return said.at(-1)?.type ?? 'closed'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'failed'
  } finally {
    socket.destroy()
  }
}

test('TLS: direct negotiation needs ALPN "postgresql"', async () => {
  assert.equal(await handshake({ ALPNProtocols: ['postgresql'] }), 'Z')
  assert.equal(await handshake({}), 'closed')
  assert.match(await handshake({ ALPNProtocols: ['http/1.1'] }), /ALERT|ALPN|PROTOCOL/)
})

test('TLS: 1.2 and 1.3 are spoken, 1.1 is not', async () => {
  const alpn = { ALPNProtocols: ['postgresql'] }
  assert.equal(await handshake({ ...alpn, maxVersion: 'TLSv1.2' }), 'Z')
  assert.equal(await handshake({ ...alpn, minVersion: 'TLSv1.3' }), 'Z')
  const old = {
    minVersion: 'TLSv1.1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  } as const
  assert.match(await handshake({ ...alpn, ...old }), /PROTOCOL|VERSION/)
})

test('login: in clear, where the operator allows it, still by SCRAM', async () => {
  await using open = await startSqlGateway(server, { tlsRequired: false })
  using wire = await dial(open)
  const said = await logIn(wire, { password: PASSWORD, parameters })
  assert.equal(said.at(-1)?.type, 'Z')
})

test('login: a trust line in pg_hba.conf lets nobody in, nor does any weaker one', async () => {
  const hba = join(server.place.dataDir, 'pg_hba.conf')
  const before = await readFile(hba, 'utf8')
  const weak = ['trust', 'password', 'md5'] as const
  for (const method of weak) await server.query(`CREATE ROLE by_${method} LOGIN PASSWORD 'p'`)
  const lines = weak.map(
    (method) => `local all by_${method} ${method === 'md5' ? 'password' : method}`,
  )
  const [loaded] = await server.query<{ at: Date }>('SELECT pg_conf_load_time() AS at')
  await writeFile(hba, `${lines.join('\n')}\n${before}`)
  server.cluster.kill('SIGHUP')
  const reloaded = 'SELECT 1 AS found WHERE pg_conf_load_time() > $1'
  await eventually('new rules', async () => (await server.query(reloaded, [loaded?.at]))[0])
  for (const method of weak) {
    trail.clear()
    using wire = await dialTls(gateway)
    const said = await logIn(wire, {
      password: 'p',
      parameters: { user: `by_${method}`, database: 'postgres' },
    })
    assert.deepEqual([said.map(({ type }) => type).join(''), sqlstate(said)], ['E', '28000'])
    const failed = await eventually('the record', () => trail.of('DB_LOGIN_FAILED')[0])
    assert.equal(failed['reason'], 'DB_SERVER_AUTH_WEAK')
  }
  await writeFile(hba, before)
  server.cluster.kill('SIGHUP')
})

test('login: a mechanism that was not offered is refused', async () => {
  using wire = await dialTls(gateway)
  wire.send(startup(196_608, parameters))
  await wire.next()
  wire.send(
    Buffer.from('70000000205343', 'hex'),
    Buffer.from('RAM-SHA-256-PLUS\0\0\0\0\u00041234567\0'),
  )
  const said = await wire.untilClosed()
  assert.equal(sqlstate(said), '08P01')
})

test('login: a query before the login is refused', async () => {
  using wire = await dialTls(gateway)
  wire.send(startup(196_608, parameters), message.query('SELECT 1'))
  assert.equal(sqlstate(await wire.untilClosed()), '08P01')
})

test('login: who takes too long is asked to leave', async () => {
  await using hasty = await startSqlGateway(server, { limits: { loginTimeoutMs: 200 } })
  using silent = await dial(hasty)
  using half = await dialTls(hasty)
  half.send(startup(196_608, parameters))
  await silent.untilClosed()
  assert.equal(sqlstate(await half.untilClosed()), '57014')
})

test('login: a server that is away is said to be', async () => {
  await using lonely = await startSqlGateway({ socketDir: '/nonexistent', port: 1 })
  using wire = await dialTls(lonely)
  assert.equal(sqlstate(await logIn(wire, { password: PASSWORD, parameters })), '57P03')
})

test('version 3.2: the cancel key has 32 bytes, and cancels', async () => {
  using wire = await dialTls(gateway)
  const said = await logIn(wire, { password: PASSWORD, version: 196_610, parameters })
  const key = said.find(({ type }) => type === 'K')?.body
  assert.equal(key?.length, 4 + 32)
  wire.send(message.query('SELECT pg_sleep(30)'))
  await eventually('the server at work on it', async () => (await server.query(sleeping))[0])
  const place = Buffer.from(key ?? [])
  using wrong = await dialTls(gateway)
  wrong.send(encodeCancel(place.readInt32BE(0), Buffer.alloc(32)))
  await wrong.untilClosed()
  using cancel = await dial(gateway) // in clear: libpq before 17 knows no other way
  cancel.send(encodeCancel(place.readInt32BE(0), place.subarray(4)))
  await cancel.untilClosed()
  assert.equal(cancel.received, 0)
  assert.equal(await wire.until('Z'), 'TEZ')
  await eventually('both records', () => trail.of('DB_CANCEL')[1])
  const known = trail.of('DB_CANCEL').map((detail) => detail['known'])
  assert.deepEqual(known, [false, true])
})

test('version 3.0: the cancel key has 4 bytes, and is not the server’s', async () => {
  using wire = await dialTls(gateway)
  const said = await logIn(wire, { password: PASSWORD, parameters })
  const key = Buffer.from(said.find(({ type }) => type === 'K')?.body ?? [])
  assert.equal(key.length, 4 + 4)
  wire.send(message.query('SELECT pg_backend_pid()'))
  await wire.next()
  const row = await wire.next()
  const backendPid = Buffer.from(row?.body ?? []).toString('latin1', 6)
  assert.notEqual(String(key.readInt32BE(0)), backendPid)
})

test('version: a later minor and unknown options are negotiated down', async () => {
  using wire = await dialTls(gateway)
  const grease = { ...parameters, '_pq_.test_protocol_negotiation': '' }
  const said = await logIn(wire, { password: PASSWORD, version: 0x0003_270f, parameters: grease })
  const negotiation = Buffer.from(said[0]?.body ?? [])
  assert.equal(said[0]?.type, 'v')
  assert.equal(negotiation.readInt32BE(0), 196_610)
  assert.equal(negotiation.readInt32BE(4), 1)
  assert.equal(negotiation.toString('latin1', 8), '_pq_.test_protocol_negotiation\0')
  assert.equal(said.at(-1)?.type, 'Z')
})

test('version: protocol 2 is refused', async () => {
  using wire = await dialTls(gateway)
  wire.send(startup(0x0002_0000, parameters))
  assert.equal(sqlstate(await wire.untilClosed()), '0A000')
})

test('replication: denied unless the role is named, and then it works', async () => {
  for (const replication of ['true', 'database', 'on', '1', 'anything']) {
    using wire = await dialTls(gateway)
    wire.send(startup(196_608, { ...parameters, replication }))
    assert.equal(sqlstate(await wire.untilClosed()), '28000', replication)
  }
  await using open = await startSqlGateway(server, { replicationRoles: [SUPERUSER] })
  using wire = await dialTls(open)
  await logIn(wire, { password: PASSWORD, parameters: { ...parameters, replication: 'true' } })
  wire.send(message.query('IDENTIFY_SYSTEM'))
  assert.equal(await wire.until('Z'), 'TDCZ')
  wire.send(message.query("BASE_BACKUP (CHECKPOINT 'fast')"))
  const types = await wire.until('Z')
  assert(/^TDCTDCHd+[cN]+TDCCZ$/.test(types), types.replace(/d+/, 'd'))
  await eventually('the record of 20 MB sent', () =>
    open.trail.of('DB_STATEMENT_DONE').find(({ bytesOut }) => Number(bytesOut) > 20_000_000),
  )
})

test('function call: refused, with what to use', async () => {
  using wire = await dialTls(gateway)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(Buffer.from('460000000e000003e800000000000', 'hex'), Buffer.alloc(8))
  assert.equal(sqlstate(await wire.untilClosed()), '0A000')
})

test('limits: an address has its share, a session more is refused kindly', async () => {
  await using small = await startSqlGateway(server, { limits: { sessionsMax: 1 } })
  using first = await dialTls(small)
  await logIn(first, { password: PASSWORD, parameters })
  using second = await dialTls(small)
  second.send(startup(196_608, parameters))
  assert.equal(sqlstate(await second.untilClosed()), '53300')
  first.send(message.query('SELECT 1'))
  assert.equal(await first.until('Z'), 'TDCZ')
  first.socket.destroy()
  await eventually('its end', () => small.trail.of('DB_SESSION_CLOSED')[0])
  using third = await dialTls(small)
  assert.equal((await logIn(third, { password: PASSWORD, parameters })).at(-1)?.type, 'Z')
  await using narrow = await startSqlGateway(server, { limits: { connectionsPerAddressMax: 2 } })
  const wires = [await dial(narrow), await dial(narrow), await dial(narrow)]
  await wires[2]?.untilClosed()
  assert.deepEqual([wires[0]?.closed, wires[1]?.closed, wires[2]?.received], [false, false, 0])
  for (const wire of wires) wire.socket.destroy()
})

test('limits: a role that speaks faster than it may waits, and loses nothing', async () => {
  const connect = [{ roles: [SUPERUSER], statementsPerMinuteMax: 60 }]
  await using slow = await startSqlGateway(server, { connect })
  using wire = await dialTls(slow)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(...Array.from({ length: 61 }, () => message.query('SELECT 1')))
  wire.send(message.query('SELECT 2'))
  for (let answers = 0; answers < 62; answers++) assert.equal(await wire.until('Z'), 'TDCZ')
  const [exceeded] = slow.trail.of('DB_PACE_EXCEEDED')
  assert.deepEqual([exceeded?.['user'], exceeded?.['mode']], [SUPERUSER, 'enforce'])
  assert(Number(exceeded?.['waitMs']) > 0)
})

test('login: every failed attempt is a record of its own', async () => {
  trail.clear()
  for (const user of ['nobody', SUPERUSER, SUPERUSER]) {
    using wire = await dialTls(gateway)
    const said = await logIn(wire, { password: 'wrong', parameters: { ...parameters, user } })
    assert.equal(sqlstate(said), '28P01')
  }
  await eventually('three records', () => trail.of('DB_LOGIN_FAILED')[2])
  assert.deepEqual(
    trail.of('DB_LOGIN_FAILED').map(({ user }) => user),
    ['nobody', SUPERUSER, SUPERUSER],
  )
})

test('login: a client that leaves is not taken for a server that is away', async () => {
  trail.clear()
  using wire = await dialTls(gateway)
  wire.send(startup(196_608, parameters))
  await wire.next()
  wire.socket.end()
  await wire.untilClosed()
  while (trail.events.length === 0) await delay(5)
  assert.deepEqual(
    trail.events.map(({ code, detail }) => [code, detail['reason']]),
    [['DB_SESSION_REFUSED', 'LOGIN_ABANDONED']],
  )
})

test('upstream: a server elsewhere is reached over TLS, and must be who it says', async () => {
  const near = { host: '127.0.0.1', port: gateway.port }
  const tls = { ca: gatewayAuthority, servername: 'localhost' }
  await using far = await startSqlGateway({ ...near, tls })
  using wire = await dialTls(far)
  await logIn(wire, { password: PASSWORD, parameters })
  wire.send(message.query('SELECT 1'))
  assert.equal(await wire.until('Z'), 'TDCZ')
  await using fooled = await startSqlGateway({ ...near, tls: { ...tls, servername: 'other' } })
  using refused = await dialTls(fooled)
  assert.equal(sqlstate(await logIn(refused, { password: PASSWORD, parameters })), '57P03')
})

test('stop: sessions are told, statements may finish', async () => {
  const stopping = await startSqlGateway(server)
  const idle = new pg.Client({
    ...server.connection,
    host: '127.0.0.1',
    port: stopping.port,
    ssl: { ca: gatewayAuthority, servername: 'localhost' },
  })
  const told = once(idle, 'error')
  idle.on('error', () => undefined) // it complains twice
  await idle.connect()
  using busy = await dialTls(stopping)
  await logIn(busy, { password: PASSWORD, parameters })
  busy.send(message.query('SELECT pg_sleep(0.5)'))
  await eventually('the statement', () => stopping.trail.of('DB_STATEMENT')[0])
  await stopping[Symbol.asyncDispose]()
  const [error] = (await told) as [pg.DatabaseError]
  assert.equal(error.code, '57P01')
  assert.equal(await busy.until('Z'), 'TDCZ')
  assert.equal(sqlstate(await busy.untilClosed()), '57P01')
  await assert.rejects(once(connect(stopping.port, '127.0.0.1'), 'connect'))
})

test('cancel: a key is good at every process behind the port', async () => {
  const shared = { sharesPort: true }
  await using one = await startSqlGateway(server, shared)
  await using two = await startSqlGateway(server, shared, undefined, one.port)
  for (let times = 0; times < 4; times++) {
    for (const version of [196_608, 196_610]) {
      using wire = await dialTls(one)
      const said = await logIn(wire, { password: PASSWORD, parameters, version })
      const ours = Buffer.from(said.find(({ type }) => type === 'K')?.body ?? [])
      assert.equal(ours.length, version === 196_608 ? 8 : 36)
      wire.send(message.query('SELECT pg_sleep(60)'))
      await eventually('the server at work', async () => (await server.query(sleeping))[0])
      using canceller = await dial(one) // to whichever of the two the system chooses
      canceller.send(encodeCancel(ours.readInt32BE(0), ours.subarray(4)))
      await canceller.untilClosed()
      let error = await wire.next()
      while (error && error.type !== 'E') error = await wire.next()
      assert.equal(sqlstate(error ? [error] : []), '57014')
    }
  }
  const cancels = [...one.trail.of('DB_CANCEL'), ...two.trail.of('DB_CANCEL')]
  assert(cancels.length >= 4, 'each cancel is recorded where it came')
})
