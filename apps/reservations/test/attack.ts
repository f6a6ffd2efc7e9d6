/**
 * Many clients at once book, move, cancel, wait, plan courses and press past quotas, round after
 * round, on tennis courts of one club. For the test that nothing breaks, and for the bench of how
 * long each waits.
 */
import assert from 'node:assert/strict'
import { book, cancel, change } from '../src/data/acts.ts'
import { courtsOf } from '../src/data/clubs.ts'
import { MissingError, RefusedError } from '../src/data/errors.ts'
import { memberById } from '../src/data/members.ts'
import { giveCourse } from '../src/data/series.ts'
import { WaitError, waitFor } from '../src/data/waits.ts'
import { BusyError, inClub, TakenError, type Transaction } from '../src/database.ts'
import type { Club, Court, Member } from '../src/model.ts'
import { occurrencesOf } from '../src/series.ts'
import { addDays, instantOf } from '../src/time.ts'
import { addMembers, NOW_MS, type TestReservations } from './kit.ts'

const QUOTA = 3
export const SEED = 20_261_123

export type Attack = {
  /** Of each act, in milliseconds. */
  readonly times: readonly number[]
  readonly done: number
  readonly refused: number
  /** What must be nothing. */
  readonly found: { readonly overlaps: number; readonly over: number; readonly deadlocks: number }
}

/** What the rules and the walls may answer; anything else is a fault. */
const answers = [TakenError, MissingError, RefusedError, WaitError]

/** @param clients All at once, each with a connection of its own. */
export async function attack(
  service: TestReservations,
  clients: number,
  rounds: number,
): Promise<Attack> {
  const { database, superuser, zuiderpark: club } = service
  const inside = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
    inClub(database, club.id, work)
  const all = await inside((tx) => courtsOf(tx, club.id))
  const courts = all.filter(({ sport }) => sport === 'tennis')
  const members: Member[] = []
  for (const id of await addMembers(service, club, clients, QUOTA)) {
    members.push(await inside(async (tx) => (await memberById(tx, club.id, id)) ?? assert.fail(id)))
  }
  // Every connection is made before the clock runs.
  await Promise.all(members.map(() => database`SELECT pg_sleep(0.2)`))
  const random = mulberry(SEED)
  const times: number[] = []
  const kinds = { done: 0, refused: 0 }
  for (let round = 0; round < rounds; round++) {
    const date = addDays('2027-03-01', round % 28)
    const plans = members.map((member, n) => planFor({ club, courts, member, n, date }, random))
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
  return { times, ...kinds, found: { ...(found ?? assert.fail()) } }
}

type Act = (tx: Transaction) => Promise<unknown>

type Plan = {
  readonly club: Club
  readonly courts: readonly Court[]
  readonly member: Member
  readonly n: number
  readonly date: string
}

function planFor({ club, courts, member, n, date }: Plan, random: () => number): Act {
  const court = courts[Math.floor(random() * courts.length)] ?? assert.fail()
  const minute = 1020 + Math.floor(random() * 6) * 30
  const startMs = instantOf(club.zone, date, minute)
  const order = { courtId: court.id, startMs, endMs: startMs + 3_600_000, partnerIds: [] }
  const pick = random()
  if (n === 0) return (tx) => planCourse(tx, club, member, court.id, date)
  if (pick < 0.5) return (tx) => book(tx, club, member, { ...order, ownerId: member.id }, NOW_MS)
  const own = async (tx: Transaction): Promise<string> => {
    const [row] = await tx<{ id: string }[]>`SELECT id FROM bookings WHERE club_id = ${club.id}
      AND owner_id = ${member.id} AND status = 'confirmed' ORDER BY ends_at LIMIT 1`
    if (!row) throw new MissingError('none yet')
    return row.id
  }
  if (pick < 0.7) {
    return async (tx) => await change(tx, club, member, await own(tx), order, NOW_MS)
  }
  if (pick < 0.85) return async (tx) => await cancel(tx, club, member, await own(tx), NOW_MS)
  return async (tx) => {
    const [row] = await tx<{ id: string }[]>`SELECT id FROM bookings WHERE club_id = ${club.id}
      AND kind = 'play' AND status = 'confirmed' AND ends_at > ${new Date(startMs)}
      ORDER BY ends_at LIMIT 1`
    await waitFor(tx, club, member, row?.id ?? member.id, NOW_MS)
  }
}

async function planCourse(
  tx: Transaction,
  club: Club,
  member: Member,
  courtId: string,
  date: string,
): Promise<void> {
  const officer: Member = { ...member, role: 'secretary' }
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
