/** A database in which every kind of change happens that a difference must carry. */
import assert from 'node:assert/strict'
import type { RestoredPostgres } from './backup.ts'
import type { TestPostgres } from './postgres.ts'

/** Tables of 20,000 rows, all of their pages visible to all, and a database that will go. */
export async function fillChanging(server: TestPostgres): Promise<void> {
  await server.query(`
    create table grows (id int primary key, word text);
    create table shrinks (id int primary key, word text);
    create table emptied (id int);
    create table dropped (id int);
    create table deleted (id int primary key, word text);
    create table still (id int primary key, word text);
    insert into grows select n, repeat('g', 200) from generate_series(1, 20000) n;
    insert into shrinks select n, repeat('s', 200) from generate_series(1, 20000) n;
    insert into emptied select generate_series(1, 20000);
    insert into dropped select generate_series(1, 20000);
    insert into deleted select n, repeat('d', 200) from generate_series(1, 20000) n;
    insert into still select n, repeat('t', 200) from generate_series(1, 60000) n`)
  await server.query('create database goes')
  await server.query('vacuum (analyze)') // every page is all-visible now
}

/** Every round touches every kind of change; rounds differ. */
export async function change(club: TestPostgres, round: number): Promise<void> {
  const from = round * 100_000
  await club.query(`
    insert into grows select ${from} + n, repeat('${round}', 200) from generate_series(1, 9000) n;
    update grows set word = 'round ${round}' where id % 97 = ${round};
    delete from shrinks where id > ${19_000 - round * 3000};
    truncate emptied;
    insert into emptied select generate_series(1, ${round * 10});
    drop table if exists dropped;
    create table new_${round} as select n as id from generate_series(1, 1000) n;
    delete from deleted where id % 10 = ${round}`)
  await club.query('vacuum shrinks')
}

/** Each table, its rows and their digest. */
export async function contents(club: Pick<RestoredPostgres, 'query'>): Promise<unknown> {
  const tables = await club.query<{ name: string }>(
    `select relname as name from pg_class
     where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  )
  const found: unknown[] = []
  for (const { name } of tables) {
    const [row] = await club.query(
      `select '${name}' as name, count(*)::int as rows, md5(string_agg(t::text, ',' order by id))
       from ${name} t`,
    )
    found.push({ ...row })
  }
  return found
}

/** Indexes against tables, and visibility maps against tables: PostgreSQL's own checks. */
export async function checkTables(club: RestoredPostgres): Promise<void> {
  await club.query('create extension if not exists amcheck')
  await club.query('create extension if not exists pg_visibility')
  const [checked] = await club.query<{ indexes: number }>(
    `select count(bt_index_check(c.oid, true))::int as indexes
     from pg_class c join pg_am a on a.oid = c.relam where a.amname = 'btree' and c.relkind = 'i'`,
  )
  assert(checked && checked.indexes > 100)
  const wrong = await club.query(
    `select relname from pg_class, pg_check_visible(oid)
     where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  )
  assert.deepEqual(wrong, [])
}
