/**
 * A hundred clients at once book, move, cancel, wait, plan courses and press past quotas, round
 * after round. ATTACK_ROUNDS sets how many; the figures are printed.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { book, cancel, change } from '../src/data/acts.ts'
import { courtsOf } from '../src/data/clubs.ts'
import { MissingError, RefusedError } from '../src/data/errors.ts'
import { memberById } from '../src/data/members.ts'
import { giveCourse } from '../src/data/series.ts'
import { WaitError, waitFor } from '../src/data/waits.ts'
import { BusyError, inClub, TakenError, type Transaction } from '../src/database.ts'
import type { Member } from '../src/model.ts'
import { occurrencesOf } from '../src/series.ts'
import { addDays, instantOf } from '../src/time.ts'
import { addMembers, NOW_MS, startReservations } from './kit.ts'

const CLIENTS = 100
const ROUNDS = Number(process.env['ATTACK_ROUNDS'] ?? 20)
const QUOTA = 3

const service = await startReservations(CLIENTS)
const { database, superuser, zuiderpark: club } = service
after(() => service[Symbol.asyncDispose]())
const inside = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  inClub(database, club.id, work)
const courts = (await inside((tx) => courtsOf(tx, club.id))).filter(
  ({ sport }) => sport === 'tennis',
)
const ids = await addMembers(service, club, CLIENTS, QUOTA)
const members: Member[] = []
for (const id of ids) {
  members.push(await inside(async (tx) => (await memberById(tx, club.id, id)) ?? assert.fail(id)))
}
const officer: Member = { ...(members[0] ?? assert.fail()), role: 'secretary' }

/** What the rules and the walls may answer; anything else is a fault. */
const answers = [TakenError, MissingError, RefusedError, WaitError]
const seed = 20_261_123

test('attack: 100 clients, mixed acts: no overlap, nobody over quota, no deadlock', async (context) => {
  const random = mulberry(seed)
  const times: number[] = []
  const kinds = { done: 0, refused: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const date = addDays('2027-03-01', round % 28)
    const plans = members.map((member, n) => planFor(member, n, date, random))
    await Promise.all(
      plans.map(async (act) => {
        const begun = performance.now()
        try {
          await inside(act)
          kinds.done += 1
        } catch (error) {
          const isMeant = answers.some((kind) => error instanceof kind)
          assert(isMeant && !(error instanceof BusyError), String(error))
          kinds.refused += 1
        }
        times.push(performance.now() - begun)
      }),
    )
  }
  const [found] = await superuser<{ overlaps: number; over: number; deadlocks: number }[]>`
    SELECT (SELECT count(*)::int FROM bookings a JOIN bookings b ON a.id < b.id
        AND a.court_id = b.court_id AND a.during && b.during
        WHERE a.status <> 'cancelled' AND b.status <> 'cancelled') AS overlaps,
      (SELECT count(*)::int FROM (SELECT owner_id FROM bookings WHERE status = 'confirmed'
        AND owner_id IN (SELECT id FROM members WHERE email LIKE '%@racers.example')
        GROUP BY owner_id HAVING count(*) > ${QUOTA}) AS greedy) AS over,
      (SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()) AS deadlocks`
  const sorted = times.toSorted((a, b) => a - b)
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  const p50 = sorted[Math.floor(sorted.length / 2)] ?? 0
  context.diagnostic(
    JSON.stringify({
      seed,
      ROUNDS,
      ...kinds,
      ...found,
      p50: Math.round(p50),
      p99: Math.round(p99),
    }),
  )
  assert(kinds.done > ROUNDS, 'something was done')
  assert.deepEqual({ ...found }, { overlaps: 0, over: 0, deadlocks: 0 })
})

type Act = (tx: Transaction) => Promise<unknown>

function planFor(member: Member, n: number, date: string, random: () => number): Act {
  const court = courts[Math.floor(random() * courts.length)] ?? assert.fail()
  const minute = 1020 + Math.floor(random() * 6) * 30
  const startMs = instantOf(club.zone, date, minute)
  const order = { courtId: court.id, startMs, endMs: startMs + 3_600_000, partnerIds: [] }
  const pick = random()
  if (n === 0) return (tx) => planCourse(tx, court.id, date)
  if (pick < 0.5) return (tx) => book(tx, club, member, { ...order, ownerId: member.id }, NOW_MS)
  const own = async (tx: Transaction): Promise<string> => {
    const [row] = await tx<{ id: string }[]>`SELECT id FROM bookings WHERE club_id = ${club.id}
      AND owner_id = ${member.id} AND status = 'confirmed' ORDER BY id LIMIT 1`
    if (!row) throw new MissingError('none yet')
    return row.id
  }
  if (pick < 0.7) {
    return async (tx) => await change(tx, club, member, await own(tx), order, NOW_MS)
  }
  if (pick < 0.85) return async (tx) => await cancel(tx, club, member, await own(tx), NOW_MS)
  return async (tx) => {
    const [row] = await tx<{ id: string }[]>`SELECT id FROM bookings WHERE club_id = ${club.id}
      AND kind = 'play' AND status = 'confirmed' AND lower(during) >= ${new Date(startMs)} LIMIT 1`
    await waitFor(tx, club, member, row?.id ?? member.id, NOW_MS)
  }
}

async function planCourse(tx: Transaction, courtId: string, date: string): Promise<void> {
  const course = {
    title: 'Course',
    courtIds: [courtId],
    coachId: undefined,
    weekday: 3,
    startMinute: 1080,
    lengthMinutes: 60,
    firstDate: date,
    lastDate: addDays(date, 28),
  }
  const weeks = occurrencesOf(club.zone, course, [])
  await giveCourse(tx, club, officer, course, weeks, [], NOW_MS)
}

/** A small generator with a seed (Tommy Ettinger's mulberry32, public domain). */
function mulberry(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
