/**
 * A club's bookings on a server of its own, for the stories of backup: a past, a second disk, and
 * something nobody needs back.
 */
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestPostgres } from '#kit/postgres.ts'

/** The tables, most of them in another tablespace or of another kind than the bookings. */
export async function makeClub(club: TestPostgres): Promise<void> {
  const space = join(club.place.dataDir, '..', 'second-disk')
  await mkdir(space)
  const { account } = club.place
  if (account) await chown(space, account.uid, account.gid)
  await club.query('create table bookings (id serial primary key, who text, at timestamptz)')
  await club.query(`create table archive as select g as id, repeat('x', 400) as text
                    from generate_series(1, 20000) g`)
  await club.query(`create tablespace second location '${space}'`)
  await club.query('create table elsewhere tablespace second as select generate_series(1, 3) as id')
  await club.query('create unlogged table passing as select 1 as id')
}

/** @param who Written with each booking. */
export async function book(club: TestPostgres, who: string, count: number): Promise<void> {
  const sql = `insert into bookings (who, at) select $1, now() from generate_series(1, ${count})`
  await club.query(sql, [who])
}

/** The server's own clock, as `restore --to` takes it. */
export async function now(club: TestPostgres): Promise<string> {
  const [row] = await club.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  return row!.at
}
