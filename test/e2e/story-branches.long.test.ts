/**
 * The story goes on after a failover: promotions are followed, and a restored copy is a branch.
 */
import assert from 'node:assert/strict'
import { chown, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startBackedUp, type BackedUp, type TestBackup } from '#kit/backup.ts'
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

  await using restored = await backup.restore('latest')
  assert.deepEqual(await restored.query(ON_TIMELINES), await server.query(ON_TIMELINES))
  assert.deepEqual(await restored.query(ON_TIMELINES), [1, 2, 3].map(onTimeline))
})

test('story: a restored copy is taken up as a branch of its own', async () => {
  await book(server, 'on timeline 3', 5)
  const noted = await now(server)
  await delay(20)
  await book(server, 'on timeline 3', 100)
  await backup.caughtUp()
  await using restored = await backup.restore(noted)
  await backup.kill()
  await backup.follow(restored)
  await backup.start()
  await restored.query(
    `insert into bookings (who) select 'on timeline 4' from generate_series(1, 10)`,
  )
  await backup.caughtUp()
  await using again = await backup.restore('latest')
  const expected = [1, 2, 3, 4].map(onTimeline)
  expected[2]!.bookings = 15
  assert.deepEqual(await again.query(ON_TIMELINES), expected)
})

const ON_TIMELINES = `select who, count(*)::int as bookings from bookings
                      where who like 'on timeline%' group by who order by who`

const onTimeline = (timeline: number): { who: string; bookings: number } => ({
  who: `on timeline ${timeline}`,
  bookings: 10,
})

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
