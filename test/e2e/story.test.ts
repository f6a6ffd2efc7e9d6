/**
 * The story the product is for: bookings, a mistake, and the database as it was the moment before.
 *
 * A real server, the backup service as a process of its own, restores by the command line, and a
 * stock PostgreSQL on what was restored.
 */
import assert from 'node:assert/strict'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { prepareBackup, until, type TestBackup } from '#kit/backup.ts'
import { startPostgres, type TestPostgres } from '#kit/postgres.ts'
import { requiredServerSettings } from '#services/backup/server-settings.ts'

// A restored server has no log older than itself: its summariser would wait for it, ten seconds
// at a time, also when the server is told to stop.
const settings = { ...requiredServerSettings, summarize_wal: 'off' }

let server: TestPostgres
let backup: TestBackup

before(async () => {
  server = await startPostgres(requiredServerSettings)
  await makeClub(server)
  backup = await prepareBackup(server)
  await backup.start()
  await backup.full()
})

after(async () => {
  await backup[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

test('story: after a DROP TABLE, the bookings are back as they were at the noted time', async () => {
  await book(server, 'before', 100)
  const noted = await now(server)
  await delay(20)
  await book(server, 'after', 50)
  await server.query('drop table bookings')
  await backup.caughtUp()

  await using restored = await backup.restore(noted, settings)
  assert.deepEqual(
    await restored.query('select who, count(*)::int as bookings from bookings group by who'),
    [{ who: 'before', bookings: 100 }],
  )
  const [rest] = await restored.query(
    `select (select count(*)::int from archive) as archive,
            (select count(*)::int from elsewhere) as elsewhere,
            (select count(*)::int from passing) as passing`,
  )
  assert.deepEqual({ ...rest }, { archive: 20_000, elsewhere: 3, passing: 0 })
  await server.query('create table bookings (id serial primary key, who text, at timestamptz)')
})

test('story: no kill -9 of PostgreSQL or of the backup loses what was promised', async () => {
  let acknowledged = 0
  for (let round = 0; round < 3; round++) {
    const load = bookUntilItDies(server, () => acknowledged++)
    await delay(150 + 150 * round)
    await backup.kill()
    await delay(100)
    server.cluster.kill('SIGKILL')
    await Promise.all([load, server.cluster.ended])
    await restartAfterCrash(server)
    await backup.start()
  }
  await backup.caughtUp()
  const [promised] = await server.query<Bookings>(BOOKINGS)
  assert(acknowledged > 20 && promised!.count >= acknowledged, 'PostgreSQL itself lost none')
  const load = bookUntilItDies(server, () => acknowledged++)
  await delay(200)
  await backup.kill()
  server.cluster.kill('SIGKILL')
  await Promise.all([load, server.cluster.ended])

  await using restored = await backup.restore('latest', settings)
  const [back] = await restored.query<Bookings>(BOOKINGS)
  await restartAfterCrash(server)
  const prefix = `select id from bookings order by id limit ${back!.count}`
  const [same] = await server.query<Bookings>(`${BOOKINGS} where id in (${prefix})`)
  assert(back!.count >= promised!.count, `promised ${promised!.count}, back ${back!.count}`)
  assert.deepEqual({ ...back }, { ...same }, 'a beginning of what was booked, without a hole')
})

test('story: a promotion is followed, while it happens and afterwards', async () => {
  await backup.kill()
  await book(server, 'on timeline 1', 10)
  await promote(server) // nobody watches
  await book(server, 'on timeline 2', 10)
  await backup.start()
  await backup.caughtUp()
  await promote(server) // while the backup watches
  await book(server, 'on timeline 3', 10)
  await backup.caughtUp()

  await using restored = await backup.restore('latest', settings)
  assert.deepEqual(await restored.query(ON_TIMELINES), await server.query(ON_TIMELINES))
  assert.deepEqual(await restored.query(ON_TIMELINES), [1, 2, 3].map(onTimeline))
})

test('story: a restored copy is taken up as a branch of its own', async () => {
  await book(server, 'on timeline 3', 5)
  const noted = await now(server)
  await delay(20)
  await book(server, 'on timeline 3', 100)
  await backup.caughtUp()
  await using restored = await backup.restore(noted, settings)
  await backup.kill()
  await backup.follow(restored)
  await backup.start()
  await restored.query(
    `insert into bookings (who) select 'on timeline 4' from generate_series(1, 10)`,
  )
  await backup.caughtUp()
  await using again = await backup.restore('latest', settings)
  const expected = [1, 2, 3, 4].map(onTimeline)
  expected[2]!.bookings = 15
  assert.deepEqual(await again.query(ON_TIMELINES), expected)
})

type Bookings = { readonly count: number; readonly ids: number }

const BOOKINGS = 'select count(*)::int as count, sum(id)::int as ids from bookings'
const ON_TIMELINES = `select who, count(*)::int as bookings from bookings
                      where who like 'on timeline%' group by who order by who`

const onTimeline = (timeline: number): { who: string; bookings: number } => ({
  who: `on timeline ${timeline}`,
  bookings: 10,
})

/** What a killed server leaves running holds its shared memory for a moment. */
function restartAfterCrash(club: TestPostgres): Promise<void> {
  return until(async () => {
    await club.restart()
    return true
  })
}

/** Makes the server its own standby, and a primary again: a new timeline, as after a failover. */
async function promote(club: TestPostgres): Promise<void> {
  await club.cluster[Symbol.asyncDispose]()
  const signal = join(club.place.dataDir, 'standby.signal')
  await writeFile(signal, '')
  const { account } = club.place
  if (account) await chown(signal, account.uid, account.gid)
  await club.restart()
  await club.query('select pg_promote()')
}

/** A club with a past, a second disk, and something nobody needs back. */
async function makeClub(club: TestPostgres): Promise<void> {
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

async function book(club: TestPostgres, who: string, count: number): Promise<void> {
  const sql = `insert into bookings (who, at) select $1, now() from generate_series(1, ${count})`
  await club.query(sql, [who])
}

/** Books one after the other until the connection breaks. */
async function bookUntilItDies(club: TestPostgres, acknowledged: () => void): Promise<void> {
  const { default: pg } = await import('pg')
  const client = new pg.Client(club.connection)
  client.on('error', () => undefined)
  await client.connect()
  try {
    for (;;) {
      await client.query(`insert into bookings (who, at) values ('load', now())`)
      acknowledged()
    }
  } catch {
    await client.end().catch(() => undefined)
  }
}

async function now(club: TestPostgres): Promise<string> {
  const [row] = await club.query<{ at: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
  )
  return row!.at
}
