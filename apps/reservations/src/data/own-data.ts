/**
 * All that is known of a member, for himself; and his leaving.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { lockCourts, lockMembers } from '../locks.ts'
import type { Club, Member } from '../model.ts'
import { notify } from './notices.ts'
import { offer } from './waits.ts'

/** Whoever plays along is not named: those data are theirs. */
export async function ownData(
  tx: Transaction,
  club: Club,
  member: Pick<Member, 'id' | 'wardIds'>,
): Promise<object> {
  const own = tx`club_id = ${club.id} AND member_id = ${member.id}`
  const [profile] = await tx`
    SELECT m.email, m.first_name, m.last_name, m.birth_year, m.language, m.role, m.licence,
      m.shares_name AS name_shown_to_members, s.name AS subscription
    FROM members m JOIN subscriptions s ON s.club_id = m.club_id AND s.id = m.subscription_id
    WHERE m.club_id = ${club.id} AND m.id = ${member.id}`
  const bookings = await tx`
    SELECT c.name AS court, b.starts_at AS "from", b.ends_at AS until, b.status,
      b.owner_id = ${member.id} AS responsible, b.created_at, b.paid_at, b.override_reason,
      b.guests
    FROM bookings b JOIN courts c ON c.club_id = b.club_id AND c.id = b.court_id
    WHERE b.club_id = ${club.id} AND (b.owner_id = ${member.id} OR EXISTS (SELECT FROM partners p
      WHERE p.club_id = b.club_id AND p.booking_id = b.id AND p.member_id = ${member.id}))
    ORDER BY b.starts_at LIMIT 50000`
  const family: object[] = []
  for (const id of member.wardIds) family.push(await ownData(tx, club, { id, wardIds: [] }))
  return {
    club: club.name,
    profile,
    family,
    bookings: [...bookings],
    notices: [
      ...(await tx`SELECT kind, reason, created_at, read_at FROM notices WHERE ${own}
        ORDER BY created_at LIMIT 50000`),
    ],
    waiting: [
      ...(await tx`SELECT starts_at AS "from", ends_at AS until, state, created_at
        FROM waits WHERE ${own} ORDER BY created_at LIMIT 1000`),
    ],
    tickets: [
      ...(await tx`SELECT at, delta, kind FROM ticket_entries WHERE ${own} ORDER BY id LIMIT 50000`),
    ],
    calendars: [...(await tx`SELECT created_at FROM feeds WHERE ${own} LIMIT 100`)],
    sessions: [...(await tx`SELECT created_at, expires_at FROM sessions WHERE ${own} LIMIT 1000`)],
  }
}

/** Gives back what is to come and erases the member. Nothing of it can be undone. */
export async function leave(
  tx: Transaction,
  club: Club,
  member: Member,
  nowMs: number,
): Promise<boolean> {
  const now = new Date(nowMs)
  await lockMembers(tx, club.id, [member.id])
  const coming = await tx<{ courtId: string }[]>`
    SELECT DISTINCT court_id AS "courtId" FROM bookings WHERE club_id = ${club.id}
      AND owner_id = ${member.id} AND status = 'confirmed' AND ends_at > ${now}`
  await lockCourts(
    tx,
    club.id,
    coming.map(({ courtId }) => courtId),
  )
  const gone = await tx<{ id: string; courtId: string; from: Date; to: Date }[]>`
    UPDATE bookings SET status = 'cancelled', cancelled_at = ${now}
    WHERE club_id = ${club.id} AND (owner_id = ${member.id} OR held_for = ${member.id})
      AND status = 'confirmed' AND ends_at > ${now}
    RETURNING id, court_id AS "courtId", starts_at AS "from", ends_at AS "to"`
  for (const { id, courtId, from, to } of gone) {
    const partners = await tx<{ id: string }[]>`SELECT member_id AS id FROM partners
      WHERE club_id = ${club.id} AND booking_id = ${id}`
    const told = partners.map((one) => one.id)
    await notify(tx, club, id, 'cancelled', told)
    await offer(tx, club, { courtId, startMs: from.getTime(), endMs: to.getTime() }, nowMs)
  }
  const [row] = await tx<{ done: boolean }[]>`SELECT erase_member(${member.id}, ${now}) AS done`
  return row?.done ?? false
}
