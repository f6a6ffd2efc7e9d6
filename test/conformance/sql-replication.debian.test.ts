/**
 * Replication passes through the SQL gateway when the role is granted it, and is in the record:
 * pg_basebackup, pg_recvlogical, and another server that subscribes. Servers 15 and 18, each with
 * tools of its own version.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '#kit/eventually.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import {
  debianPostgres,
  PASSWORD,
  startPostgres,
  SUPERUSER,
  temporaryFolder,
} from '#kit/postgres.ts'
import { gatewayAuthority, startSqlGateway } from '#kit/sql-gateway.ts'

const run = promisify(execFile)
const debian = debianPostgres()
assert(debian, 'these suites need the package postgresql-15')
const tools18 = postgres18Tools()
assert(tools18, 'these suites need what .ci/postgresql-18-tools unpacks')
const folder = await temporaryFolder('sql-replication')
const authority = join(folder, 'ca.pem')
await writeFile(authority, gatewayAuthority)
after(() => rm(folder, { recursive: true, force: true }))

const settings = { wal_level: 'logical', max_wal_senders: '8', max_replication_slots: '8' }

for (const binaries of [debian, undefined]) {
  const major = binaries?.major ?? 18
  describe(`replication, server and tools ${major}`, async () => {
    const server = await startPostgres(settings, binaries)
    const gateway = await startSqlGateway(server, { replicationRoles: [SUPERUSER] })
    after(async () => {
      await gateway[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
    })
    await server.query('create table news (id int primary key, note text)')
    await server.query("insert into news select n, 'note ' || n from generate_series(1, 500) n")
    const bin = binaries?.bin ?? tools18
    const way = {
      PATH: '/usr/bin:/bin',
      PGHOST: 'localhost',
      PGPORT: String(gateway.port),
      PGUSER: SUPERUSER,
      PGPASSWORD: PASSWORD,
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: authority,
      PGCHANNELBINDING: 'require',
    }
    const recorded = (part: string): boolean =>
      gateway.trail.of('DB_STATEMENT').some(({ sql }) => String(sql).includes(part))

    test('pg_basebackup takes a backup that verifies', async () => {
      const into = join(folder, `backup-${major}`)
      const args = ['-D', into, '-X', 'stream', '--checkpoint', 'fast']
      await run(join(bin, 'pg_basebackup'), args, { env: way })
      await run(join(bin, 'pg_verifybackup'), ['-n', into], { env: way })
      assert(recorded('BASE_BACKUP'))
      assert(recorded('START_REPLICATION'), 'the log that was streamed beside it')
    })

    test('pg_recvlogical makes a slot, and hears what is written', async () => {
      const receive = join(bin, 'pg_recvlogical')
      const slot = ['-d', 'postgres', '--slot', 'heard']
      await run(receive, [...slot, '--create-slot', '-P', 'test_decoding'], { env: way })
      const child = spawn(receive, [...slot, '--start', '-f', '-'], { env: way })
      let heard = ''
      child.stdout.on('data', (text) => (heard += String(text)))
      await server.query("insert into news values (1000, 'through the gateway')")
      await eventually('the change', () => heard.includes('through the gateway') || undefined)
      child.kill('SIGINT')
      await once(child, 'close')
      await run(receive, [...slot, '--drop-slot'], { env: way })
      assert(recorded('CREATE_REPLICATION_SLOT') && recorded('START_REPLICATION SLOT "heard"'))
    })

    test('another server subscribes: what is there comes, and what is new', async () => {
      await using subscriber = await startPostgres(settings, binaries)
      await subscriber.query('create table news (id int primary key, note text)')
      await server.query('create publication all_news for table news')
      const where = `host=localhost port=${gateway.port} dbname=postgres sslmode=require`
      const who = `user=${SUPERUSER} password=${PASSWORD} channel_binding=require`
      const sql = `create subscription s connection '${where} ${who}' publication all_news`
      await subscriber.query(sql)
      const count = async (): Promise<number> =>
        Number((await subscriber.query<{ n: string }>('select count(*) n from news'))[0]?.n)
      const before = Number(
        (await server.query<{ n: string }>('select count(*) n from news'))[0]?.n,
      )
      await eventually('the first copy', async () => (await count()) === before || undefined)
      await server.query("insert into news values (2000, 'new')")
      await eventually('the new row', async () => (await count()) === before + 1 || undefined)
      assert(recorded('START_REPLICATION SLOT "s"'))
      await subscriber.query('drop subscription s')
    })
  })
}
