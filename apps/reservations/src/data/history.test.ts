/** The memory of the club: courses, undoing a deed, the whole club back to a moment. */
import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { addMembers, NOW_MS, startReservations } from '../../test/kit.ts'
import { inClub, TakenError } from '../database.ts'
import { noteErasure, replayErasures } from '../erasures.ts'
import type { Member } from '../model.ts'
import { occurrencesOf, type Course } from '../series.ts'
import { clockLabel, instantOf } from '../time.ts'
import { book } from './acts.ts'
import { bookingById } from './bookings.ts'
import { checkIn, freeMissed, missesOf, pinOf } from './checkins.ts'
import { courtsOf, quotasOf } from './clubs.ts'
import { close, effectOf } from './closures.ts'
import { putBack, stepsOfAct, stepsToMoment } from './history.ts'
import { actsOf, beginAct } from './journal.ts'
import { memberById } from './members.ts'
import { leave } from './own-data.ts'
import { RuleError, rulesVersion, saveQuota, StaleError } from './rules.ts'
import {
  changeMeeting,
  effectOfCourse,
  endCourse,
  giveCourse,
  meetingsOf,
  seriesOf,
} from './series.ts'

const service = await startReservations(20)
const { database, superuser, zuiderpark: club, roseraie } = service
after(() => service[Symbol.asyncDispose]())
const inside = <T>(work: Parameters<typeof inClub<T>>[2]): Promise<T> =>
  inClub(database, club.id, work)
const courts = await inside((tx) => courtsOf(tx, club.id))
const [player = assert.fail(), other = assert.fail()] = await members(
  await addMembers(service, club, 2),
)
const officer: Member = { ...player, role: 'secretary' }

async function members(ids: string[]): Promise<Member[]> {
  return await inside((tx) =>
    Promise.all(ids.map(async (id) => (await memberById(tx, club.id, id)) ?? assert.fail(id))),
  )
}

async function bookFor(
  member: Member,
  court: number,
  date: string,
  minute: number,
): Promise<string> {
  const startMs = instantOf(club.zone, date, minute)
  const courtId = courts[court]?.id ?? assert.fail()
  const order = { courtId, startMs, endMs: startMs + 3_600_000, ownerId: member.id, partnerIds: [] }
  return await inside((tx) => book(tx, club, member, order, NOW_MS))
}

async function status(id: string): Promise<string | undefined> {
  const look = { viewer: undefined, year: 0 }
  return (await inside((tx) => bookingById(tx, club.id, id, look)))?.status
}

async function closeCourt(court: number, date: string): Promise<string> {
  const courtIds = [courts[court]?.id ?? assert.fail()]
  const startMs = instantOf(club.zone, date, 480)
  const closure = { courtIds, startMs, endMs: startMs + 36_000_000, title: 'Rain' }
  await inside(async (tx) => {
    const { cancels } = await effectOf(tx, club, officer, closure)
    const seen = cancels.map(({ id }) => id)
    await close(tx, club, officer, closure, seen, NOW_MS)
  })
  const [act] = await inside((tx) => actsOf(tx, club.id))
  assert.equal(act?.kind, 'closure')
  return act?.id ?? assert.fail()
}

test('history: a closure undone brings back the games it cancelled, and tells the players', async () => {
  const id = await bookFor(player, 0, '2027-03-02', 600)
  const act = await closeCourt(0, '2027-03-02')
  assert.equal(await status(id), 'cancelled')
  const result = await inside(async (tx) => {
    const plan = await stepsOfAct(tx, club.id, act)
    await beginAct(tx, club, officer, 'undo', '', act)
    return await putBack(tx, club, plan, NOW_MS)
  })
  assert.deepEqual(result, { done: 2, left: [] })
  assert.equal(await status(id), 'confirmed')
  const told = await inside(
    (tx) => tx`SELECT kind FROM notices
    WHERE booking_id = ${id} AND member_id = ${player.id} ORDER BY created_at`,
  )
  assert.deepEqual(
    told.map(({ kind }) => String(kind)),
    ['closed', 'restored'],
  )
  const [, undone] = await inside((tx) => actsOf(tx, club.id))
  assert.equal(undone?.isUndone, true)
})

test('history: what was taken or changed since is left alone, and named', async () => {
  const first = await bookFor(player, 1, '2027-03-03', 600)
  const second = await bookFor(other, 1, '2027-03-03', 720)
  const act = await closeCourt(1, '2027-03-03')
  await inside(
    (tx) => tx`UPDATE bookings SET status = 'cancelled', cancelled_at = now()
    WHERE club_id = ${club.id} AND kind = 'closure' AND status = 'confirmed'
      AND during && tstzrange('2027-03-03T00:00Z', '2027-03-04T00:00Z')`,
  )
  const taker = await bookFor(other, 1, '2027-03-03', 600)
  await inside(
    (tx) => tx`UPDATE bookings SET override_reason = 'kept'
    WHERE club_id = ${club.id} AND id = ${second}`,
  )
  const { plan, result } = await inside(async (tx) => {
    const steps = await stepsOfAct(tx, club.id, act)
    const fresh = steps.filter(({ isStale }) => !isStale)
    return { plan: steps, result: await putBack(tx, club, fresh, NOW_MS) }
  })
  const stale = plan.filter(({ isStale }) => isStale).map(({ key }) => key)
  assert.deepEqual(stale, [second], 'somebody wrote on it since')
  assert.deepEqual(
    result.left.map(({ key }) => key),
    [first],
  )
  assert.deepEqual([await status(first), await status(second)], ['cancelled', 'cancelled'])
  assert.equal(await status(taker), 'confirmed')
})

test('history: one club goes back to a moment, to the row, and another does not move', async () => {
  const snapshot = async (): Promise<unknown> =>
    (
      await superuser`SELECT
      (SELECT jsonb_agg(to_jsonb(b) - 'cancelled_at' ORDER BY id) FROM bookings b
        WHERE status = 'confirmed' AND club_id = ${club.id}) AS bookings,
      (SELECT jsonb_agg(to_jsonb(q) ORDER BY id) FROM quotas q WHERE club_id = ${club.id}) AS quotas,
      (SELECT jsonb_agg(to_jsonb(p) ORDER BY booking_id, member_id) FROM partners p
        JOIN bookings b ON b.id = p.booking_id AND b.status = 'confirmed'
        WHERE p.club_id = ${club.id}) AS partners`
    )[0]
  const foreign = async (): Promise<unknown> =>
    (
      await superuser`SELECT md5(string_agg(b::text, '' ORDER BY id)) AS sum FROM bookings b
      WHERE club_id = ${roseraie.id}`
    )[0]
  const standing = await bookFor(player, 2, '2027-03-04', 600)
  const [before, theirs] = [await snapshot(), await foreign()]
  const [moment] = await superuser<{ at: Date }[]>`SELECT clock_timestamp() AS at`
  await new Promise((resolve) => setTimeout(resolve, 5)) // moments are kept to the millisecond
  await bookFor(other, 3, '2027-03-04', 600)
  await closeCourt(2, '2027-03-04')
  const [quota = assert.fail()] = await inside((tx) => quotasOf(tx, club.id))
  await inside((tx) => tx`DELETE FROM quotas WHERE club_id = ${club.id} AND id = ${quota.id}`)
  assert.equal(await status(standing), 'cancelled')
  assert.notDeepEqual(await snapshot(), before)
  const result = await inside(async (tx) => {
    const plan = await stepsToMoment(tx, club.id, moment?.at ?? assert.fail())
    return await putBack(tx, club, plan, NOW_MS)
  })
  assert.deepEqual(result.left, [])
  assert.deepEqual(await snapshot(), before)
  assert.deepEqual(await foreign(), theirs)
})

test('history: the application can neither write, change nor shorten it', async () => {
  for (const statement of [
    `INSERT INTO changes (club_id, row_table, row_key) VALUES ('${club.id}', 'bookings', 'x')`,
    'UPDATE changes SET before = NULL',
    'DELETE FROM changes',
    'DELETE FROM acts',
  ]) {
    await assert.rejects(
      inside((tx) => tx.unsafe(statement)),
      { code: '42501' },
      statement,
    )
  }
  const [kept] = await inside((tx) => tx`SELECT forget_history() AS gone`)
  assert.equal(Number(kept?.['gone']), 0)
  const [secret] = await superuser`SELECT count(*)::int AS n FROM changes
    WHERE before ? 'password_hash' OR after ? 'password_hash'`
  assert.equal(secret?.['n'], 0)
})

const course: Course = {
  title: 'Jeugdles',
  courtIds: [courts[4]?.id ?? assert.fail()],
  coachId: undefined,
  weekday: 3,
  startMinute: 18 * 60,
  lengthMinutes: 60,
  firstDate: '2026-12-01',
  lastDate: '2027-04-30',
}

test('series: it keeps its wall clock over the change of clocks, and skips holidays', () => {
  const holiday = { title: 'Kerst', firstDate: '2026-12-21', lastDate: '2027-01-03' }
  const weeks = occurrencesOf(club.zone, course, [holiday])
  assert.equal(weeks.length, 22)
  assert(weeks.every(({ startMs }) => clockLabel(club.zone, startMs) === '18:00'))
  assert.equal(new Set(weeks.map(({ startMs }) => startMs % 86_400_000)).size, 2)
  const off = weeks.filter((one) => one.holiday !== undefined).map(({ date }) => date)
  assert.deepEqual(off, ['2026-12-23', '2026-12-30'])
})

test('series: play makes place and is told, a closure bars one week, one meeting moves alone', async () => {
  const weeks = occurrencesOf(club.zone, { ...course, lastDate: '2026-12-31' }, [])
  const game = await bookFor(player, 4, '2026-12-09', 18 * 60)
  await closeCourt(4, '2026-12-16')
  await inside(
    (tx) => tx`UPDATE bookings SET during = tstzrange(lower(during),
    lower(during) + interval '14 hours') WHERE club_id = ${club.id} AND kind = 'closure'
      AND lower(during) = ${new Date(instantOf(club.zone, '2026-12-16', 480))}`,
  )
  const give = (seen: string[]): Promise<number | undefined> =>
    inside((tx) => giveCourse(tx, club, officer, course, weeks, seen, NOW_MS))
  assert.equal(await give([]), undefined, 'a game the secretary did not see stops it')
  const effect = await inside((tx) => effectOfCourse(tx, club, officer, course, weeks))
  const seen = effect.flatMap(({ cancels }) => cancels.map(({ id }) => id))
  assert(seen.includes(game))
  assert.equal(await give(seen), 4)
  assert.equal(await status(game), 'cancelled')
  const [series = assert.fail()] = (await inside((tx) => seriesOf(tx, club.id, NOW_MS))).filter(
    ({ title }) => title === 'Jeugdles',
  )
  const [, meeting = assert.fail(), next = assert.fail()] = await inside((tx) =>
    meetingsOf(tx, club.id, series.id),
  )
  const to = { courtId: meeting.courtId, startMs: next.startMs, endMs: next.endMs }
  const move = (startMs: number): Promise<void> =>
    inside((tx) =>
      changeMeeting(
        tx,
        club,
        officer,
        series.id,
        meeting.id,
        { ...to, startMs, endMs: startMs + 3_600_000 },
        NOW_MS,
      ),
    )
  await assert.rejects(move(next.startMs), TakenError)
  await move(meeting.startMs + 86_400_000)
  assert.equal(await inside((tx) => endCourse(tx, club, officer, series.id, NOW_MS)), 4)
})

test('rules: two officers at once, twice the same rule, hours backwards: a sentence, nothing saved', async () => {
  const [quota = assert.fail()] = await inside((tx) => quotasOf(tx, club.id))
  const version = await inside((tx) => rulesVersion(tx, club.id))
  const save = (draft: Partial<typeof quota>, at = version, id?: string): Promise<void> =>
    inside((tx) => saveQuota(tx, club, officer, id, { ...quota, ...draft }, at))
  await assert.rejects(save({}), RuleError)
  await assert.rejects(save({ name: 'Elders' }), new RuleError('rules.sameCriteria'))
  await assert.rejects(save({ fromMinute: 600, toMinute: 600 }), new RuleError('rules.badHours'))
  const both = await Promise.allSettled([
    save({ name: 'Een', fromMinute: 30 }),
    save({ name: 'Twee', fromMinute: 60 }),
  ])
  const lost = both.filter((one) => one.status === 'rejected')
  assert.equal(lost.length, 1)
  assert(lost[0]?.reason instanceof StaleError)
  await assert.rejects(save({ bookingsMax: 9 }, version, quota.id), StaleError)
})

test('erasure: nothing that says who it was is left in any table, and a restored backup is erased again', async () => {
  const [leaver = assert.fail(), partner = assert.fail()] = await members(
    await addMembers(service, club, 2),
  )
  const game = await bookFor(leaver, 5, '2027-03-05', 600)
  await inside(
    (tx) => tx`INSERT INTO partners (club_id, booking_id, member_id)
    VALUES (${club.id}, ${game}, ${partner.id})`,
  )
  await inside(
    (tx) => tx`UPDATE members SET first_name = 'Quetzalcoatl', last_name = 'Zwaenepoel',
    licence = 'LIC-77' WHERE club_id = ${club.id} AND id = ${leaver.id}`,
  )
  const identifiers = [leaver.email, 'Quetzalcoatl', 'Zwaenepoel', 'LIC-77']
  const found = async (): Promise<string[]> => {
    const tables = await superuser<{ name: string }[]>`SELECT relname AS name FROM pg_class
      WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`
    const hits: string[] = []
    for (const { name } of tables) {
      for (const word of identifiers) {
        const [row] = await superuser<{ n: number }[]>`SELECT count(*)::int AS n
          FROM ${superuser(name)} t WHERE t::text ILIKE ${`%${word}%`}`
        if (row?.n) hits.push(`${name} ${word}`)
      }
    }
    return hits
  }
  assert(
    (await found()).some((hit) => hit.startsWith('changes')),
    'the history knew the name',
  )
  const file = join(await mkdtemp(join(tmpdir(), 'erasures-')), 'list')
  const at = new Date(NOW_MS).toISOString()
  await noteErasure(file, { clubId: club.id, memberId: leaver.id, at })
  await inside((tx) => leave(tx, club, leaver, NOW_MS))
  assert.deepEqual(await found(), [])
  assert.equal(await status(game), 'cancelled')
  assert.equal(await replayErasures(database, file), 0, 'once is enough')
  await superuser`DELETE FROM erasures WHERE member_id = ${leaver.id}`
  await superuser`UPDATE members SET erased_at = NULL, active = true, first_name = 'Quetzalcoatl',
    email = ${leaver.email} WHERE id = ${leaver.id}`
  assert.notDeepEqual(await found(), [], 'the backup knows the name')
  assert.equal(await replayErasures(database, file), 1)
  assert.deepEqual(await found(), [])
  const plan = await inside((tx) => stepsToMoment(tx, club.id, new Date(0)))
  assert(!plan.some(({ key }) => key === leaver.id), 'going back to a moment brings nobody back')
})

test('check-in: a number counts around the start only; what nobody came for is freed, and remembered', async () => {
  const strict = { ...club, checkinMinutes: 10 }
  const secret = 'a secret of the tests only'
  const startMs = instantOf(club.zone, '2027-03-06', 600)
  const came = await bookFor(player, 0, '2027-03-06', 600)
  const missed = await bookFor(other, 1, '2027-03-06', 600)
  const at = (minutes: number, pin: string): Promise<boolean> =>
    inside(async (tx) => {
      const game = await checkIn(tx, strict, secret, pin, startMs + minutes * 60_000)
      return game !== undefined
    })
  const [pin, theirs] = [pinOf(secret, came), pinOf(secret, missed)]
  assert.match(pin, /^\d{6}$/)
  assert.equal(await at(-20, pin), false)
  assert.equal(await at(10, pin), false)
  assert.equal(await at(0, pinOf('another', came)), false)
  assert.equal(await at(-10, pin), true)
  const free = (minutes: number): Promise<number> =>
    inside((tx) => freeMissed(tx, strict, startMs + minutes * 60_000))
  assert.equal(await free(9), 0)
  assert.equal(await free(10), 1)
  assert.equal(await free(10), 0)
  assert.deepEqual([await status(came), await status(missed)], ['confirmed', 'cancelled'])
  assert.equal(await at(10, theirs), false)
  const [told] = await inside((tx) => tx`SELECT kind FROM notices WHERE booking_id = ${missed}`)
  assert.equal(told?.['kind'], 'missed')
  assert.equal(await inside((tx) => freeMissed(tx, club, startMs + 600_000)), 0, 'off by default')
  const misses = (days: number): Promise<object> =>
    inside((tx) =>
      missesOf(tx, { ...strict, suspendMisses: 1 }, other.id, startMs + days * 86_400_000),
    )
  assert.deepEqual(await misses(1), { misses: 1, lastMissMs: startMs + 600_000 })
  assert.deepEqual(await misses(31), { misses: 0, lastMissMs: 0 })
})
