/**
 * One table brought back beside the live one, through the command line, with real servers.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { prepareBackup, type TestBackup } from '#kit/backup.ts'
import { PASSWORD, startPostgres, SUPERUSER, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

const SUM = `select count(*)::int as n, md5(string_agg(t::text, '|' order by id)) as hash from`
let server: TestPostgres
let backup: TestBackup
let live: string
let club: pg.Client
let moment: string
let expected: unknown

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await server.query('create database club')
  live = `postgresql://${SUPERUSER}:${PASSWORD}@${encodeURIComponent(server.socketDir)}:${server.port}/club`
  club = new pg.Client({ connectionString: live })
  await club.connect()
  await club.query(`
    create schema courts;
    create type surface as enum ('clay', 'grass');
    create table courts."Bookings" (id int primary key, note text unique, price numeric(8, 2),
      made timestamptz not null, tags text[], doubled int generated always as (id * 2) stored);
    create table courts.floors (id int, kind surface);
    insert into courts.floors values (1, 'clay');
    insert into courts."Bookings" select n, case n % 4 when 0 then null
      else E'tab\\tline\\nback\\\\slash \\\\N é ' || n || repeat('x', n % 700) end,
      n / 7.0, timestamptz '2026-01-01' + n * interval '1 minute', array['a', n::text]
      from generate_series(1, 30000) n`)
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
  await club.query(`delete from courts."Bookings" where id > 29990`)
  expected = (await club.query(`${SUM} courts."Bookings" t`)).rows
  const now = await club.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  moment = now.rows[0]?.at ?? ''
  await club.query(`update courts."Bookings" set note = 'lost' || id`)
  await club.query('drop table courts.floors; drop type surface')
  await backup.caughtUp()
})

after(async () => {
  await club.end()
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('restore --table: the rows of the moment stand beside the live ones, which stay', async () => {
  const said = JSON.parse(await bringBack('courts.Bookings')) as { table: string; rows: number }
  assert.deepEqual([said.table, said.rows], ['"courts"."Bookings_restored"', 29_990])
  const { rows } = await club.query(`${SUM} courts."Bookings_restored" t`)
  assert.deepEqual(rows, expected)
  const kept = await club.query(
    `select count(*)::int as n from courts."Bookings" where note like 'lost%'`,
  )
  assert.deepEqual(kept.rows, [{ n: 29_990 }])
  const keys = await club.query(
    `select contype::text from pg_constraint
      where conrelid = 'courts."Bookings_restored"'::regclass and contype in ('p', 'u') order by 1`,
  )
  assert.deepEqual(
    keys.rows.map(({ contype }: { contype: string }) => contype),
    ['p', 'u'],
  )
  assert(
    !existsSync(join(backup.data, 'drill', 'restore-table')),
    'nothing of the restored server is left',
  )
})

test('restore --table: what cannot be is said, and leaves nothing behind', async () => {
  await assert.rejects(bringBack('courts.Bookings'), /RESTORE_TABLE_EXISTS/)
  await assert.rejects(bringBack('courts.nothing'), /RESTORE_TABLE_UNKNOWN/)
  await assert.rejects(bringBack('courts.floors'), /RESTORE_TABLE_FAILED: type .* does not exist/)
  const { rows } = await club.query(`select to_regclass('courts.floors_restored') as made`)
  assert.deepEqual(rows, [{ made: null }])
})

function bringBack(table: string): Promise<string> {
  return backup.veilig('restore', '--to', moment, '--table', table, '--live', live, '--json')
}
