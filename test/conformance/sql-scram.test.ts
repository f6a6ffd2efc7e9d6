/**
 * SCRAM ended at the gateway: proofs bound to its certificate, and what must not pass for one.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import pg from 'pg'
import { PASSWORD, startPostgres, SUPERUSER } from '#kit/postgres.ts'
import { eventually } from '#kit/eventually.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'
import { dialTls, startup, type Wire } from '#kit/wire.ts'
import { encodeMessage } from '#protocol/postgres/encode.ts'

const server = await startPostgres()
const gateway = await startSqlGateway(server)
const { trail } = gateway
after(async () => {
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const ssl = { ca: gatewayAuthority, servername: 'localhost' }

function client(options: pg.ClientConfig): pg.Client {
  const made = new pg.Client({
    host: gateway.host,
    port: gateway.port,
    user: SUPERUSER,
    password: PASSWORD,
    database: 'postgres',
    ssl,
    ...options,
  })
  made.on('error', () => undefined)
  return made
}

/** Offers a first message under a mechanism; gives the SQLSTATE of the refusal, or how it went. */
async function offer(wire: Wire, mechanism: string, first: string, user: string): Promise<string> {
  wire.send(startup(196_608, { user, database: 'postgres' }))
  assert.equal((await wire.next())?.type, 'R')
  const size = Buffer.alloc(4)
  size.writeInt32BE(first.length)
  const body = Buffer.concat([Buffer.from(`${mechanism}\0`), size, Buffer.from(first)])
  wire.send(encodeMessage('p', body))
  const said = Buffer.from((await wire.next())?.body ?? []).toString('latin1')
  return /C([0-9A-Z]{5})\0/.exec(said)?.[1] ?? said.slice(4)
}

test('scram: a client that binds to the certificate is let in, and recorded as such', async () => {
  trail.clear()
  const bound = client({ enableChannelBinding: true })
  await bound.connect()
  assert.equal((await bound.query('select current_user as name')).rows[0].name, SUPERUSER)
  await bound.end()
  const opened = await eventually('the record', () => trail.of('DB_SESSION_OPENED')[0])
  assert.equal(opened['method'], 'SCRAM-SHA-256-PLUS')
})

test('scram: a client that was told we do not bind has been lied to', async () => {
  using wire = await dialTls(gateway)
  assert.equal(
    await offer(wire, 'SCRAM-SHA-256', 'y,,n=,r=aaaaaaaaaaaaaaaaaaaaaaaa', 'postgres'),
    '28000',
  )
})

test('scram: binding data of another certificate proves nothing', async () => {
  trail.clear()
  using wire = await dialTls(gateway)
  const first = 'p=tls-server-end-point,,n=,r=aaaaaaaaaaaaaaaaaaaaaaaa'
  const nonce = /r=([^,]+),/.exec(await offer(wire, 'SCRAM-SHA-256-PLUS', first, 'postgres'))?.[1]
  const bound = Buffer.concat([Buffer.from('p=tls-server-end-point,,'), Buffer.alloc(32)])
  const proof = Buffer.alloc(32).toString('base64')
  wire.send(encodeMessage('p', Buffer.from(`c=${bound.toString('base64')},r=${nonce},p=${proof}`)))
  const said = Buffer.from((await wire.next())?.body ?? []).toString('latin1')
  assert.match(said, /C28000/)
  const failed = await eventually('the record', () => trail.of('DB_LOGIN_FAILED')[0])
  assert.equal(failed['reason'], 'SCRAM_BINDING_REFUSED')
})

test('scram: a wrong password, an unknown role and one with MD5 look the same outside', async () => {
  await server.query(`set password_encryption = 'md5'; create role old login password 'p'`)
  await server.query(`create role away nologin password 'p'`)
  for (const user of [SUPERUSER, 'nobody', 'old', 'away']) {
    trail.clear()
    const one = client({ user, password: 'wrong' })
    const message = `password authentication failed for user "${user}"`
    await assert.rejects(one.connect(), { code: '28P01', message })
    const failed = await eventually('the record', () => trail.of('DB_LOGIN_FAILED')[0])
    assert.equal(failed['reason'], 'SCRAM_PROOF_WRONG')
  }
  const salts = new Set<string>()
  for (let times = 0; times < 2; times++) {
    using wire = await dialTls(gateway)
    const answer = await offer(wire, 'SCRAM-SHA-256', 'n,,n=,r=aaaaaaaaaaaaaaaaaaaaaaaa', 'nobody')
    salts.add(/s=([^,]+),/.exec(answer)?.[1] ?? '')
  }
  assert.equal(salts.size, 1, 'who does not exist has the same salt each time')
})

test('scram: the old password ends with its change, the new one begins', async () => {
  await server.query(`create role changing login password 'one'`)
  await server.query(`alter role changing password 'two'`)
  const late = client({ user: 'changing', password: 'one' })
  await assert.rejects(late.connect(), { code: '28P01' })
  const now = client({ user: 'changing', password: 'two' })
  await now.connect()
  await now.end()
})

test('scram: without a way to ask for verifiers the exchange is handed through', async () => {
  const { socketDir, port } = server
  await using plain = await startSqlGateway({ socketDir, port })
  const relayed = client({ port: plain.port })
  await relayed.connect()
  await relayed.end()
})
