/**
 * Courses: what they would touch, giving them, changing or ending them.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { lockCourts } from '../locks.ts'
import type { Booking, Club, Member } from '../model.ts'
import type { Course, Occurrence } from '../series.ts'
import { yearOf } from '../time.ts'
import { MissingError } from './errors.ts'
import { notify } from './notices.ts'
import { bookingsWithin } from './bookings.ts'
import { beginAct } from './journal.ts'
import type { Viewer } from './members.ts'

export type Meeting = Occurrence & {
  readonly courtId: string
  /** Members' play that makes place, and is told. */
  readonly cancels: readonly Booking[]
  /** A course, match or closure that stands there: this week is left out. */
  readonly bar: Booking | undefined
}

/** Every meeting on every court, with what stands in its way. */
export async function effectOfCourse(
  tx: Transaction,
  club: Club,
  viewer: Viewer,
  course: Course,
  occurrences: readonly Occurrence[],
): Promise<Meeting[]> {
  const meetings: Meeting[] = []
  for (const one of occurrences) {
    const look = { viewer, year: yearOf(club.zone, one.startMs) }
    const there = one.holiday ? [] : await bookingsWithin(tx, club.id, one.startMs, one.endMs, look)
    for (const courtId of course.courtIds) {
      const here = there.filter((booking) => booking.courtId === courtId)
      meetings.push({
        ...one,
        courtId,
        cancels: here.filter(({ kind }) => makesPlace(kind)),
        bar: here.find(({ kind }) => !makesPlace(kind)),
      })
    }
  }
  return meetings
}

/** Members' play, and places held for members, make place for a course. */
function makesPlace(kind: Booking['kind']): boolean {
  return kind === 'play' || kind === 'hold'
}

/**
 * Puts the course on the courts, week after week, in one deed.
 * @param expected Ids of the play the secretary saw would be cancelled.
 * @returns How many meetings there are, or undefined when the list has changed meanwhile.
 */
export async function giveCourse(
  tx: Transaction,
  club: Club,
  by: Member,
  course: Course,
  occurrences: readonly Occurrence[],
  expected: readonly string[],
  nowMs: number,
): Promise<number | undefined> {
  await lockCourts(tx, club.id, course.courtIds)
  const effect = await effectOfCourse(tx, club, by, course, occurrences)
  const meetings = effect.filter(({ bar, holiday }) => !bar && !holiday)
  const cancels = meetings.flatMap((one) => one.cancels)
  if (cancels.some(({ id }) => !expected.includes(id))) return undefined
  await beginAct(tx, club, by, 'course', course.title)
  for (const booking of cancels) {
    await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
      WHERE club_id = ${club.id} AND id = ${booking.id}`
    const told = booking.players.map(({ id }) => id)
    await notify(tx, club, booking.id, 'closed', told, course.title)
  }
  for (const courtId of course.courtIds) {
    const own = meetings.filter((one) => one.courtId === courtId)
    if (own.length > 0) await insertSeries(tx, club, by, course, courtId, own)
  }
  return meetings.length
}

async function insertSeries(
  tx: Transaction,
  club: Club,
  by: Member,
  course: Course,
  courtId: string,
  meetings: readonly Meeting[],
): Promise<void> {
  const { title, coachId, weekday, startMinute, lengthMinutes, firstDate, lastDate } = course
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO series (club_id, court_id, title, coach_id, weekday, start_minute, length_minutes,
      first_date, last_date, created_by)
    VALUES (${club.id}, ${courtId}, ${title}, ${coachId ?? null}, ${weekday}, ${startMinute},
      ${lengthMinutes}, ${firstDate}, ${lastDate}, ${by.id})
    RETURNING id`
  const times = meetings.map(({ startMs, endMs }) => ({
    start: new Date(startMs).toISOString(),
    end: new Date(endMs).toISOString(),
  }))
  await tx`
    INSERT INTO bookings (club_id, court_id, during, kind, title, created_by, series_id)
    SELECT ${club.id}, ${courtId}, tstzrange(start, "end", '[)'), 'course', ${title}, ${by.id},
      ${row?.id ?? null}
    FROM jsonb_to_recordset(${tx.json(times)}) AS one (start timestamptz, "end" timestamptz)`
}

export type Series = {
  readonly id: string
  readonly title: string
  readonly courtName: string
  readonly coachId: string | null
  readonly coachName: string
  readonly weekday: number
  readonly startMinute: number
  readonly lengthMinutes: number
  readonly firstDate: string
  readonly lastDate: string
  readonly coming: number
}

/** Courses that have meetings to come, or are not over yet. */
export async function seriesOf(tx: Transaction, clubId: string, nowMs: number): Promise<Series[]> {
  return await tx<Series[]>`
    SELECT s.id, s.title, s.coach_id AS "coachId", c.name AS "courtName", s.weekday, s.start_minute AS "startMinute",
      s.length_minutes AS "lengthMinutes", s.first_date::text AS "firstDate",
      s.last_date::text AS "lastDate",
      coalesce(m.first_name || ' ' || m.last_name, '') AS "coachName",
      (SELECT count(*)::int FROM bookings b WHERE b.club_id = s.club_id AND b.series_id = s.id
        AND b.status = 'confirmed' AND b.ends_at > ${new Date(nowMs)}) AS coming
    FROM series s JOIN courts c ON c.club_id = s.club_id AND c.id = s.court_id
    LEFT JOIN members m ON m.club_id = s.club_id AND m.id = s.coach_id
    WHERE s.club_id = ${clubId} AND s.ended_at IS NULL
    ORDER BY s.weekday, s.start_minute, c.position LIMIT 200`
}

export type Meet = {
  readonly id: string
  readonly startMs: number
  readonly endMs: number
  readonly courtId: string
  readonly status: 'confirmed' | 'cancelled'
}

/** The meetings of one course, also those that were cancelled. */
export async function meetingsOf(tx: Transaction, clubId: string, id: string): Promise<Meet[]> {
  const rows = await tx<(Omit<Meet, 'startMs' | 'endMs'> & { startsAt: Date; endsAt: Date })[]>`
    SELECT id, court_id AS "courtId", status, starts_at AS "startsAt",
      ends_at AS "endsAt"
    FROM bookings WHERE club_id = ${clubId} AND series_id = ${id}
    ORDER BY starts_at, id LIMIT 500`
  return rows.map(({ startsAt, endsAt, ...same }) => ({
    ...same,
    startMs: startsAt.getTime(),
    endMs: endsAt.getTime(),
  }))
}

/** Cancels what is still to come of a course. @throws {MissingError} */
export async function endCourse(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  nowMs: number,
): Promise<number> {
  const series = (await seriesOf(tx, club.id, nowMs)).find((one) => one.id === id)
  if (!series) throw new MissingError('no such course')
  const meetings = await meetingsOf(tx, club.id, id)
  const courts = meetings.map(({ courtId }) => courtId)
  await lockCourts(tx, club.id, courts)
  await beginAct(tx, club, by, 'course-ended', series.title)
  const now = new Date(nowMs)
  await tx`UPDATE series SET ended_at = ${now} WHERE club_id = ${club.id} AND id = ${id}`
  const gone = await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${now}
    WHERE club_id = ${club.id} AND series_id = ${id} AND status = 'confirmed'
      AND starts_at > ${now} RETURNING id`
  return gone.length
}

/**
 * Moves or cancels one meeting; the others stay as they are.
 * @param to Undefined cancels it.
 * @throws {MissingError} {TakenError}
 */
export async function changeMeeting(
  tx: Transaction,
  club: Club,
  by: Member,
  seriesId: string,
  id: string,
  to: { readonly courtId: string; readonly startMs: number; readonly endMs: number } | undefined,
  nowMs: number,
): Promise<void> {
  const meetings = await meetingsOf(tx, club.id, seriesId)
  const one = meetings.find((meeting) => meeting.id === id)
  if (!one || one.status !== 'confirmed' || one.endMs <= nowMs) throw new MissingError('no meeting')
  await lockCourts(tx, club.id, [one.courtId, ...(to ? [to.courtId] : [])])
  await beginAct(tx, club, by, to ? 'meeting-moved' : 'meeting-cancelled')
  const done = to
    ? await tx`UPDATE bookings SET court_id = ${to.courtId},
        during = tstzrange(${new Date(to.startMs)}, ${new Date(to.endMs)}, '[)')
        WHERE club_id = ${club.id} AND id = ${id} AND status = 'confirmed' RETURNING id`
    : await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
        WHERE club_id = ${club.id} AND id = ${id} AND status = 'confirmed' RETURNING id`
  if (done.length === 0) throw new MissingError('changed meanwhile')
}
