/**
 * The story the product is for: bookings, a mistake, and the database as it was the moment before.
 *
 * A real server, the backup service as a process of its own, restores by the command line, and a
 * stock PostgreSQL on what was restored.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startBackedUp, until, type BackedUp, type TestBackup } from '#kit/backup.ts'
import { book, makeClub, now } from '#kit/club-bookings.ts'
import type { TestPostgres } from '#kit/postgres.ts'

let world: BackedUp
let server: TestPostgres
let backup: TestBackup

before(async () => {
  world = await startBackedUp(makeClub)
  ;({ server, backup } = world)
  await backup.full()
})

after(() => world[Symbol.asyncDispose]())

test('story: after a DROP TABLE, the bookings are back as they were at the noted time', async () => {
  await book(server, 'before', 100)
  const noted = await now(server)
  await delay(20)
  await book(server, 'after', 50)
  await server.query('drop table bookings')
  await backup.caughtUp()

  await using restored = await backup.restore(noted)
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

  await using restored = await backup.restore('latest')
  const [back] = await restored.query<Bookings>(BOOKINGS)
  await restartAfterCrash(server)
  const prefix = `select id from bookings order by id limit ${back!.count}`
  const [same] = await server.query<Bookings>(`${BOOKINGS} where id in (${prefix})`)
  assert(back!.count >= promised!.count, `promised ${promised!.count}, back ${back!.count}`)
  assert.deepEqual({ ...back }, { ...same }, 'a beginning of what was booked, without a hole')
})

type Bookings = { readonly count: number; readonly ids: number }

const BOOKINGS = 'select count(*)::int as count, sum(id)::int as ids from bookings'
/** What a killed server leaves running holds its shared memory for a moment. */
function restartAfterCrash(club: TestPostgres): Promise<void> {
  return until(async () => {
    await club.restart()
    return true
  })
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
