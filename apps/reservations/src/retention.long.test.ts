/** What is kept of people, and how long: on a club two years and more later. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../test/kit.ts'
import { inClub } from './database.ts'
import { beginAct } from './data/journal.ts'
import { memberById } from './data/members.ts'
import { openSession } from './data/sessions.ts'

const service = await startReservations()
const { database, superuser, zuiderpark: club } = service
after(() => service[Symbol.asyncDispose]())
const DAY_MS = 86_400_000

async function forgetAt(ms: number): Promise<number> {
  let gone = 0
  for (;;) {
    const [row] = await inClub(
      database,
      club.id,
      (tx) => tx<{ n: number }[]>`SELECT forget_people(${new Date(ms)}) AS n`,
    )
    const [left] = await superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM bookings
      WHERE club_id = ${club.id} AND owner_id IS NOT NULL
        AND upper(during) < ${new Date(ms)}::timestamptz - interval '13 months'`
    gone += row?.n ?? 0
    if ((row?.n ?? 0) === 0 && left?.n === 0) return gone
  }
}

async function count(rows: Promise<{ n: number }[]>): Promise<number> {
  return (await rows)[0]?.n ?? assert.fail()
}

test('retention: names leave a game after 13 months, and not a day sooner; the game stays', async () => {
  const named = (): Promise<number> =>
    count(superuser`SELECT count(*)::int AS n FROM bookings
      WHERE club_id = ${club.id} AND kind = 'play' AND owner_id IS NOT NULL`)
  const all = await count(
    superuser`SELECT count(*)::int AS n FROM bookings WHERE club_id = ${club.id}`,
  )
  const [last] = await superuser<{ at: Date }[]>`
    SELECT max(upper(during)) AS at FROM bookings WHERE club_id = ${club.id} AND kind = 'play'`
  const lastMs = last?.at.getTime() ?? assert.fail()
  const before = await named()
  assert(before > 20)
  await forgetAt(NOW_MS)
  assert.equal(await named(), before)
  await forgetAt(lastMs + 394 * DAY_MS)
  assert((await named()) > 0, 'the newest is still named')
  await forgetAt(lastMs + 398 * DAY_MS)
  assert.equal(await named(), 0)
  assert.equal(
    await count(superuser`SELECT count(*)::int AS n FROM bookings WHERE club_id = ${club.id}`),
    all,
  )
  for (const rows of [
    superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM partners WHERE club_id = ${club.id}`,
    superuser<{ n: number }[]>`SELECT count(*)::int AS n FROM changes WHERE club_id = ${club.id}
      AND row_table IN ('bookings', 'partners')`,
  ])
    assert.equal(await count(rows), 0, 'neither beside it nor in the history')
  const other = await count(superuser`SELECT count(*)::int AS n FROM bookings
    WHERE club_id <> ${club.id} AND owner_id IS NOT NULL`)
  assert(other > 0, 'another club is not touched')
})

test('retention: who is not heard of for 24 months is erased; parents keep children, staff stay', async () => {
  const [quiet = '', fresh = '', parent = '', child = '', coach = ''] = await addMembers(
    service,
    club,
    5,
  )
  await superuser`UPDATE members SET guardian_id = ${parent} WHERE id = ${child}`
  await superuser`UPDATE members SET role = 'coach' WHERE id = ${coach}`
  const long = new Date(NOW_MS - 731 * DAY_MS)
  await superuser`UPDATE member_seen SET at = ${new Date(NOW_MS)} WHERE club_id = ${club.id}`
  await superuser`UPDATE member_seen SET at = ${long}
    WHERE member_id IN (${quiet}, ${fresh}, ${parent}, ${child}, ${coach})`
  await inClub(database, club.id, async (tx) => {
    await openSession(tx, club.id, fresh, NOW_MS)
    await openSession(tx, club.id, parent, NOW_MS)
  })
  assert.equal(await forgetAt(NOW_MS), 1)
  const there = async (id: string): Promise<boolean> =>
    (await inClub(database, club.id, (tx) => memberById(tx, club.id, id))) !== undefined
  assert.deepEqual(await Promise.all([quiet, fresh, parent, child, coach].map(there)), [
    false,
    true,
    true,
    true,
    true,
  ])
  assert.equal(await forgetAt(NOW_MS), 0, 'once')
})

test('retention: the journal is kept twelve months', async () => {
  const [id = ''] = await addMembers(service, club, 1)
  await inClub(database, club.id, async (tx) => {
    const officer = (await memberById(tx, club.id, id)) ?? assert.fail()
    await beginAct(tx, club, officer, 'rules', 'kept for a year')
  })
  const acts = (): Promise<number> =>
    count(superuser`SELECT count(*)::int AS n FROM acts WHERE summary = 'kept for a year'`)
  const nowMs = Date.now()
  await forgetAt(nowMs + 364 * DAY_MS)
  assert.equal(await acts(), 1)
  await forgetAt(nowMs + 367 * DAY_MS)
  assert.equal(await acts(), 0)
})
