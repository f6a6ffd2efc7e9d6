/** The replication connection against a real PostgreSQL, admitted and refused. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { ReplicationConnection, type Login } from './connection.ts'

let server: TestPostgres

before(async () => {
  server = await startPostgres({ wal_level: 'replica', max_wal_senders: '2' })
  await server.query(`create role veilig_backup login replication password 'right'`)
  await server.query(`create role plain login password 'right'`)
})

after(() => server[Symbol.asyncDispose]())

test('connection: SCRAM, then who the server is, as an ordinary replication role', async () => {
  using connection = await ReplicationConnection.open(login('veilig_backup'), 'veilig')
  const identity = await connection.identifySystem()
  assert.equal(identity.timeline, 1)
  assert(identity.flushLsn > 0n && identity.systemIdentifier > 0n)
  assert.equal(connection.major, 18)
  assert.equal(await connection.show('wal_segment_size'), '16MB')
})

test('connection: SQL is impossible on it, and it lives on after a refusal', async () => {
  using connection = await ReplicationConnection.open(login('veilig_backup'), 'veilig')
  await assert.rejects(connection.query('select 1'), { code: 'DATABASE_FAILED' })
  assert.equal(await connection.show('block_size'), '8192')
})

test('connection: each refusal says what to do', async () => {
  await assert.rejects(open(login('veilig_backup', 'wrong')), { code: 'DATABASE_PASSWORD_REFUSED' })
  await assert.rejects(open(login('plain')), { code: 'DATABASE_NOT_REPLICATION', message: /REPLI/ })
  const nowhere = { ...login('plain'), address: { ...login('plain').address, port: 1 } }
  await assert.rejects(open(nowhere), { code: 'DATABASE_UNREACHABLE', message: /is it running/ })
  await everySenderGone()
  using _one = await open(login('veilig_backup'))
  using _two = await open(login('veilig_backup'))
  await assert.rejects(open(login('veilig_backup')), {
    code: 'DATABASE_SENDERS_EXHAUSTED',
    message: /max_wal_senders/,
  })
})

test('connection: a server that is killed ends it with a fault, not with silence', async () => {
  await everySenderGone() // those of the test before end in their own time
  using connection = await open(login('veilig_backup'))
  server.cluster.kill('SIGKILL')
  await assert.rejects(connection.next(), { name: 'FaultError' })
  await server.cluster.ended
  await server.restart()
})

async function everySenderGone(): Promise<void> {
  while ((await server.query('select from pg_stat_replication')).length > 0) await sleep(10)
}

function login(user: string, password = 'right'): Login {
  return { address: { host: server.socketDir, port: server.port, tls: 'off' }, user, password }
}

function open(as: Login): Promise<ReplicationConnection> {
  return ReplicationConnection.open(as, 'veilig')
}
