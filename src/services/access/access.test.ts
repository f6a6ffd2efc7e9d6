/** Grants: made in a moment, seen in the trail, gone at their end, sessions and all. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres, temporaryFolder, type TestPostgres } from '#kit/postgres.ts'
import { RecordingTrail } from '#kit/recording-trail.ts'
import { gatewayAuthority, startSqlGateway, type TestSqlGateway } from '#kit/sql-gateway.ts'
import { systemClock } from '#system/clock.ts'
import { accessClient, type AccessClient, type StartedGrant } from './client.ts'
import { accessConfig } from './config.ts'
import { serve } from './serve.ts'

let server: TestPostgres
let gateway: TestSqlGateway
let folder = ''
let access: AsyncDisposable
let client: AccessClient
const trail = new RecordingTrail()

const ready = `
  create role veilig_read; create role veilig_write; create role veilig_nothing;
  create role veilig_access login createrole noinherit password 'access';
  grant veilig_read, veilig_write, veilig_nothing to veilig_access
    with admin option, inherit false, set false;
  create role reservations_app login password 'old';
  create role reservations_app_b nologin;
  grant reservations_app, reservations_app_b to veilig_access
    with admin option, inherit false, set false`

before(async () => {
  server = await startPostgres()
  await server.query(ready)
  await server.query('create database reservations')
  await server.query('create database veilig_probe')
  const inside = new pg.Client({ ...server.connection, database: 'reservations' })
  await inside.connect()
  await inside.query(`create table member (name text, password_hash text);
    insert into member values ('Lotte', 'x'); grant select (name) on member to veilig_read`)
  await inside.end()
  gateway = await startSqlGateway(server)
  folder = await temporaryFolder('access')
  const socket = join(folder, 'access.sock')
  let active = 'reservations_app'
  access = await serve(accessConfig.parse({ drainSeconds: 2 }), {
    clock: systemClock,
    trail,
    random: randomBytes,
    socket,
    database: {
      host: server.socketDir,
      port: server.port,
      user: 'veilig_access',
      password: 'access',
      database: 'postgres',
      options: '-c createrole_self_grant=inherit',
    },
    application: {
      roles: ['reservations_app', 'reservations_app_b'],
      active: () => Promise.resolve(active),
      keep: () => Promise.resolve(),
      announce: (role) => {
        active = role
        return Promise.resolve()
      },
    },
  })
  client = accessClient(socket)
})
after(async () => {
  await access[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function enter({ name, password, database }: StartedGrant): Promise<pg.Client> {
  const { host, port } = gateway
  const ssl = { ca: gatewayAuthority, servername: 'localhost' }
  const session = new pg.Client({ host, port, user: name, password, database, ssl })
  session.on('error', () => undefined) // it will be cut
  await session.connect()
  return session
}

async function untilNone(): Promise<void> {
  const deadline = performance.now() + 10_000
  while ((await client.list()).length > 0 && performance.now() < deadline) await sleep(50)
  assert.deepEqual(await client.list(), [])
}

test('access: a grant reads through the gateway, in its own name, and nothing more', async () => {
  const grant = await client.start('read', 60, 'lotte@club.example', 'r1')
  const session = await enter(grant)
  assert.deepEqual((await session.query('select name from member')).rows, [{ name: 'Lotte' }])
  for (const sql of [
    'select password_hash from member',
    "insert into member values ('x')",
    'create table own (a int)',
    'create role other',
    'set session authorization veilig_access',
  ]) {
    await assert.rejects(session.query(sql), { code: /^(42501|25006)$/ }, sql)
  }
  const seen = gateway.trail.of('DB_STATEMENT').filter(({ user }) => user === grant.name)
  assert(seen.some(({ sql }) => sql === 'select name from member'))
  await session.end()
  await client.end(grant.name, 'command')
})

test('access: a broken glass is on record before it opens', async () => {
  const grant = await client.breakGlass('read', 60, 'lotte', 'the console is away')
  const codes = trail.events.map(({ code }) => code)
  assert(codes.lastIndexOf('BREAK_GLASS_OPENED') < codes.lastIndexOf('GRANT_STARTED'))
  const [opened] = trail.of('BREAK_GLASS_OPENED')
  assert.deepEqual([opened?.['role'], opened?.['reason']], ['read', 'the console is away'])
  await client.end(grant.name, 'command')
  await assert.rejects(client.breakGlass('write', 3601, 'lotte', 'x'), { code: 'GRANT_REFUSED' })
})

test('access: by command, the session is cut and the role is gone', async () => {
  const grant = await client.start('read', 60, 'lotte', 'r2')
  const session = await enter(grant)
  const running = assert.rejects(session.query('select pg_sleep(30)'))
  await sleep(100)
  assert.deepEqual(await client.end(grant.name, 'command'), { sessionsCut: 1 })
  await running
  assert.deepEqual(await client.list(), [])
  await assert.rejects(enter(grant), { code: '28P01' })
})

test('access: at its time, the session is cut and the right password opens nothing', async () => {
  const grant = await client.start('read', 1, 'lotte', 'r3')
  const session = await enter(grant)
  await assert.rejects(session.query('select pg_sleep(30)'))
  await assert.rejects(enter(grant), { code: '28P01' })
  await untilNone()
  const [ended] = trail.of('GRANT_ENDED').filter(({ name }) => name === grant.name)
  assert.deepEqual([ended?.['reason'], ended?.['sessionsCut']], ['time', 1])
})

test('access: more than an hour, or a role that is no grant, is refused', async () => {
  await assert.rejects(client.start('read', 3601, 'lotte', 'r4'), { code: 'GRANT_REFUSED' })
  await assert.rejects(client.start('probe', 31, 'lotte', 'r4'), { code: 'GRANT_REFUSED' })
  await assert.rejects(client.end('postgres', 'command'), { code: 'ACCESS_REFUSED' })
  assert.deepEqual(await client.list(), [])
})

test('access: what ended while nobody was here cannot log in, and is cleared', async () => {
  await server.query(`create role jit_left_over login password 'x' valid until '2020-01-01'`)
  await server.query('grant jit_left_over to veilig_access with admin option, inherit true')
  const left: StartedGrant = {
    name: 'jit_left_over',
    password: 'x',
    database: 'postgres',
    untilMs: 0,
  }
  await assert.rejects(enter(left), { code: '28P01' })
  await untilNone()
})

test('access: a rotation makes both roles valid, then one', async () => {
  const rotated = await client.rotate()
  assert.deepEqual([rotated.from, rotated.to], ['reservations_app', 'reservations_app_b'])
  const roles = await server.query<{ rolname: string; rolcanlogin: boolean }>(
    `select rolname, rolcanlogin from pg_roles where rolname like 'reservations%' order by 1`,
  )
  assert.deepEqual(
    roles.map(({ rolcanlogin }) => rolcanlogin),
    [false, true],
  )
  const held = new pg.Client({ ...server.connection, user: 'reservations_app_b', password: 'p' })
  await server.query(`alter role reservations_app_b password 'p'`)
  await held.connect()
  await assert.rejects(client.rotate(), { code: 'ROTATION_UNANSWERED' })
  await held.query('select 1')
  await held.end()
  await client.rotate()
})
