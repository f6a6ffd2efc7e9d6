/**
 * Waiting for a court. When it comes free, the first who waits has it to himself for a quarter of
 * an hour; then the next.
 *
 * The place is kept by a row of `bookings`, so nobody else can take it meanwhile, and whoever frees
 * a court holds its lock while the place is given on: no two can be offered the same.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { lockCourts, lockMembers } from '../locks.ts'
import type { Club, Member } from '../model.ts'
import { MissingError } from './errors.ts'
import { notify } from './notices.ts'

export const HOLD_MINUTES = 15
export const WAITS_PER_MEMBER = 10
export const WAITS_PER_PLACE = 25

export type Place = {
  readonly courtId: string
  readonly startMs: number
  readonly endMs: number
}

/** Too many are waiting, or this member waits for too much. */
export class WaitError extends Error {
  override readonly name = 'WaitError'
  readonly word: 'wait.tooManyMine' | 'wait.tooManyHere'

  constructor(word: WaitError['word']) {
    super(word)
    this.word = word
  }
}

/** Puts the member on the list of a booked place. @throws {MissingError} {WaitError} */
export async function waitFor(
  tx: Transaction,
  club: Club,
  member: Member,
  bookingId: string,
  nowMs: number,
): Promise<void> {
  await lockMembers(tx, club.id, [member.id])
  const [place] = await tx<{ courtId: string; from: Date; to: Date }[]>`
    SELECT court_id AS "courtId", starts_at AS "from", ends_at AS "to" FROM bookings
    WHERE club_id = ${club.id} AND id = ${bookingId} AND status = 'confirmed'
      AND kind IN ('play', 'course') AND starts_at > ${new Date(nowMs)}
      AND owner_id IS DISTINCT FROM ${member.id}::uuid`
  if (!place) throw new MissingError('no such place')
  await lockCourts(tx, club.id, [place.courtId])
  const [count] = await tx<{ mine: number; here: number }[]>`
    SELECT (SELECT count(*)::int FROM waits WHERE club_id = ${club.id}
        AND member_id = ${member.id} AND state = 'waiting'
        AND starts_at > ${new Date(nowMs)}) AS mine,
      (SELECT count(*)::int FROM waits WHERE club_id = ${club.id}
        AND court_id = ${place.courtId} AND state = 'waiting'
        AND ends_at > ${place.from} AND starts_at < ${place.to}) AS here`
  if ((count?.mine ?? 0) >= WAITS_PER_MEMBER) throw new WaitError('wait.tooManyMine')
  if ((count?.here ?? 0) >= WAITS_PER_PLACE) throw new WaitError('wait.tooManyHere')
  await tx`INSERT INTO waits (club_id, member_id, court_id, during)
    SELECT club_id, ${member.id}, court_id, during FROM bookings
    WHERE club_id = ${club.id} AND id = ${bookingId}
    ON CONFLICT (club_id, member_id, court_id, during) DO UPDATE SET state = 'waiting'`
}

/** Takes the member off the list. @throws {MissingError} */
export async function stopWaiting(
  tx: Transaction,
  club: Club,
  member: Member,
  id: string,
): Promise<void> {
  const gone = await tx`DELETE FROM waits
    WHERE club_id = ${club.id} AND id = ${id} AND member_id = ${member.id} RETURNING id`
  if (gone.length === 0) throw new MissingError('not waiting')
}

export type Wait = Place & {
  readonly id: string
  readonly state: 'waiting' | 'offered'
  /** Until when the place is held, when it is. */
  readonly heldUntilMs: number | undefined
}

/** What a member waits for, and what is held for him now. */
export async function waitsOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
  nowMs: number,
): Promise<Wait[]> {
  const now = new Date(nowMs)
  const rows = await tx<
    {
      id: string
      courtId: string
      state: Wait['state']
      from: Date
      to: Date
      until: Date | null
    }[]
  >`
    SELECT w.id, w.court_id AS "courtId", w.state, w.starts_at AS "from",
      w.ends_at AS "to", h.hold_until AS until
    FROM waits w LEFT JOIN bookings h ON h.club_id = w.club_id AND h.held_for = w.member_id
      AND h.court_id = w.court_id AND h.during = w.during AND h.status = 'confirmed'
      AND h.hold_until > ${now}
    WHERE w.club_id = ${clubId} AND w.member_id = ${memberId} AND w.state <> 'done'
      AND w.starts_at > ${now} AND (w.state = 'waiting' OR h.id IS NOT NULL)
    ORDER BY w.starts_at, w.id LIMIT 50`
  return rows.map(({ from, to, until, ...same }) => ({
    ...same,
    startMs: from.getTime(),
    endMs: to.getTime(),
    heldUntilMs: until?.getTime(),
  }))
}

/**
 * Gives a freed place on to the first who waits for it. Call it under the court's lock, after the
 * booking that stood there is gone.
 */
export async function offer(
  tx: Transaction,
  club: Club,
  place: Place,
  nowMs: number,
): Promise<void> {
  const rows = await tx<{ id: string; memberId: string; from: Date; to: Date }[]>`
    SELECT w.id, w.member_id AS "memberId", w.starts_at AS "from", w.ends_at AS "to"
    FROM waits w JOIN members m ON m.club_id = w.club_id AND m.id = w.member_id AND m.active
    WHERE w.club_id = ${club.id} AND w.court_id = ${place.courtId} AND w.state = 'waiting'
      AND w.ends_at > ${new Date(place.startMs)} AND w.starts_at < ${new Date(place.endMs)}
      AND w.starts_at > ${new Date(nowMs)}
      AND NOT EXISTS (SELECT FROM bookings b WHERE b.club_id = w.club_id
        AND b.court_id = w.court_id AND b.status <> 'cancelled' AND b.during && w.during)
    ORDER BY w.created_at, w.id LIMIT 1`
  const [first] = rows
  if (!first) return
  const untilMs = Math.min(nowMs + HOLD_MINUTES * 60_000, first.from.getTime())
  const [hold] = await tx<{ id: string }[]>`
    INSERT INTO bookings (club_id, court_id, during, kind, held_for, hold_until)
    VALUES (${club.id}, ${place.courtId}, tstzrange(${first.from}, ${first.to}, '[)'), 'hold',
      ${first.memberId}, ${new Date(untilMs)})
    RETURNING id`
  await tx`UPDATE waits SET state = 'offered' WHERE club_id = ${club.id} AND id = ${first.id}`
  if (hold) await notify(tx, club, hold.id, 'freed', [first.memberId])
}

/** Ends the holds that stand in the way of a member who may have the place. Under the court's lock. */
export async function releaseHolds(
  tx: Transaction,
  club: Club,
  place: Place,
  memberId: string,
  nowMs: number,
): Promise<void> {
  const gone = await tx`
    UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
    WHERE club_id = ${club.id} AND court_id = ${place.courtId} AND kind = 'hold'
      AND status = 'confirmed'
      AND during && tstzrange(${new Date(place.startMs)}, ${new Date(place.endMs)}, '[)')
      AND (held_for = ${memberId} OR hold_until <= ${new Date(nowMs)})
    RETURNING id`
  if (gone.length === 0) return
  await tx`UPDATE waits SET state = 'done' WHERE club_id = ${club.id} AND state = 'offered'
    AND member_id = ${memberId} AND court_id = ${place.courtId}
    AND during && tstzrange(${new Date(place.startMs)}, ${new Date(place.endMs)}, '[)')`
}

/** Gives on what nobody took in time. @returns How many holds ended. */
export async function passOn(tx: Transaction, club: Club, nowMs: number): Promise<number> {
  const now = new Date(nowMs)
  const over = await tx<{ courtId: string }[]>`SELECT DISTINCT court_id AS "courtId" FROM bookings
    WHERE club_id = ${club.id} AND kind = 'hold' AND status = 'confirmed' AND hold_until <= ${now}`
  if (over.length === 0) return 0
  await lockCourts(
    tx,
    club.id,
    over.map(({ courtId }) => courtId),
  )
  const ended = await tx<{ courtId: string; heldFor: string; from: Date; to: Date }[]>`
    UPDATE bookings SET status = 'cancelled', cancelled_at = ${now}
    WHERE club_id = ${club.id} AND kind = 'hold' AND status = 'confirmed' AND hold_until <= ${now}
      AND court_id IN (SELECT jsonb_array_elements_text(
        ${tx.json(over.map(({ courtId }) => courtId))})::uuid)
    RETURNING court_id AS "courtId", held_for AS "heldFor", starts_at AS "from", ends_at AS "to"`
  for (const { courtId, heldFor, from, to } of ended) {
    await tx`UPDATE waits SET state = 'done' WHERE club_id = ${club.id} AND state = 'offered'
      AND member_id = ${heldFor} AND court_id = ${courtId}`
    await offer(tx, club, { courtId, startMs: from.getTime(), endMs: to.getTime() }, nowMs)
  }
  return ended.length
}

export type Offered = Place & {
  readonly member: Pick<Member, 'firstName' | 'lastName' | 'email' | 'language'>
  readonly courtName: string
}

/** Those who were offered a place and not yet written to; each is returned once. */
export async function toTell(tx: Transaction, clubId: string, nowMs: number): Promise<Offered[]> {
  const rows = await tx<
    (Offered['member'] & { courtId: string; courtName: string; from: Date; to: Date })[]
  >`
    UPDATE waits w SET told_at = ${new Date(nowMs)} FROM members m, courts c
    WHERE w.club_id = ${clubId} AND w.state = 'offered' AND w.told_at IS NULL
      AND m.club_id = w.club_id AND m.id = w.member_id
      AND c.club_id = w.club_id AND c.id = w.court_id
    RETURNING m.first_name AS "firstName", m.last_name AS "lastName", m.email, m.language,
      w.court_id AS "courtId", c.name AS "courtName", w.starts_at AS "from",
      w.ends_at AS "to"`
  return rows.map(({ firstName, lastName, email, language, from, to, ...same }) => ({
    ...same,
    member: { firstName, lastName, email, language: language ?? undefined },
    startMs: from.getTime(),
    endMs: to.getTime(),
  }))
}
