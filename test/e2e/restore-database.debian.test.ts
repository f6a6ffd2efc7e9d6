/**
 * One database brought back beside the live one, through the command line, with real servers and
 * PostgreSQL's own pg_dump and psql (.ci/postgresql-18-tools).
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { postgres18Tools } from '#kit/postgres-18-tools.ts'
import { PASSWORD, startPostgres, SUPERUSER, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

const tools = postgres18Tools()
const skip = tools === undefined ? 'run .ci/postgresql-18-tools' : false
/** All that must be the same: rows, definitions, rights. */
const FACTS = [
  `select count(*)::int as n, md5(string_agg(m::text, '|' order by id)) as hash from courts.members m`,
  `select * from courts.names order by 1`,
  `select courts.shout('a') as said, nextval('courts.numbers') as next`,
  `select conname, pg_get_constraintdef(oid) as text from pg_constraint
    where connamespace = 'courts'::regnamespace and contype <> 'n' order by 1`,
  `select polname, pg_get_expr(polqual, polrelid) as text from pg_policy`,
  `select relname, relrowsecurity, relacl::text as rights, pg_get_userbyid(relowner) as owner
     from pg_class where relnamespace = 'courts'::regnamespace order by 1`,
  `select lo_get(loid::oid) as bytes from courts.photos`,
  `select obj_description('courts.members'::regclass) as comment`,
  `select datcollate, pg_encoding_to_char(encoding) from pg_database where datname = current_database()`,
]

let server: TestPostgres
let backup: TestBackup
let postgres: string
let moment: string
let expected: unknown[]

before(async () => {
  if (skip) return
  server = await startPostgres(requiredServerSettings)
  postgres = urlOf('postgres')
  await server.query(`create role clerk; create role lost_owner`)
  await server.query(
    `create database club template template0 encoding 'UTF8' locale_provider libc
       lc_collate 'C' lc_ctype 'C'`,
  )
  await server.query('create database other')
  await at('other', async (client) => {
    await client.query('create table t (id int); alter table t owner to lost_owner')
  })
  await at('club', async (client) => {
    await client.query(`
      create schema courts;
      create table courts.members (id int primary key, name text not null, joined date);
      create table courts.bookings (id int primary key,
        member int not null references courts.members on delete cascade);
      create view courts.names as select name from courts.members where id < 5;
      create materialized view courts.counted as select count(*) from courts.members;
      create sequence courts.numbers start 41;
      create function courts.shout(text) returns text language sql as $$ select upper($1) $$;
      create index on courts.members (lower(name));
      alter table courts.bookings enable row level security;
      create policy own on courts.bookings using (member = 1);
      grant select on courts.members to clerk;
      comment on table courts.members is 'who plays';
      create table courts.photos (loid oid);
      insert into courts.photos select lo_from_bytea(0, '\\x00ff5c');
      create unlogged table courts.visits (id int);
      insert into courts.members select n, E'tab\\t é ' || n, date '2026-01-01' + n
        from generate_series(1, 5000) n;
      insert into courts.bookings select n, n from generate_series(1, 100) n`)
  })
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
  expected = await factsOf('club')
  const [row] = await server.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  moment = row?.at ?? ''
  await server.query('drop database club')
  await server.query('create table after_it (id int)')
  await backup.caughtUp()
})

after(async () => {
  if (skip) return
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('restore --database: all that was dropped stands beside, as it was', { skip }, async () => {
  const said = JSON.parse(await bringBack('club')) as Record<string, unknown>
  assert.deepEqual([said['database'], said['tables'], said['rows']], ['club_restored', 4, 5101])
  assert.deepEqual(await factsOf('club_restored'), expected)
  assert(!existsSync(join(backup.data, 'drill', 'restore-table')), 'nothing is left of the server')
})

test('restore --database: what cannot be is refused, and leaves nothing', { skip }, async () => {
  await assert.rejects(bringBack('club'), /RESTORE_DATABASE_EXISTS: club_restored/)
  await assert.rejects(bringBack('nothing'), /RESTORE_DATABASE_UNKNOWN/)
  await assert.rejects(bringBack('other', '/nowhere'), /RESTORE_TOOLS_MISSING.*--tools/s)
  await at('other', (client) => client.query('alter table t owner to postgres'))
  await server.query('drop role lost_owner')
  await assert.rejects(bringBack('other'), /RESTORE_DATABASE_FAILED: .*role "lost_owner"/)
  const made = await server.query(`select 1 from pg_database where datname = 'other_restored'`)
  assert.deepEqual(made, [])
})

function bringBack(name: string, folder: string = tools ?? ''): Promise<string> {
  const where = ['--live', postgres, '--tools', folder]
  return backup.veilig('restore', '--to', moment, '--database', name, ...where, '--json')
}

async function factsOf(database: string): Promise<unknown[]> {
  const facts: unknown[] = []
  await at(database, async (client) => {
    for (const fact of FACTS) facts.push((await client.query(fact)).rows)
    await client.query(`select setval('courts.numbers', 41, false)`)
  })
  return facts
}

async function at(database: string, act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(database) })
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}

function urlOf(database: string): string {
  const host = encodeURIComponent(server.socketDir)
  return `postgresql://${SUPERUSER}:${PASSWORD}@${host}:${server.port}/${database}`
}
