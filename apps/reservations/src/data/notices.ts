/**
 * What members are told at their next visit.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club } from '../model.ts'

/** Each has its sentence in words/. */
export type NoticeKind =
  | 'closed'
  | 'cancelled'
  | 'invited'
  | 'removed'
  | 'moved'
  | 'booked'
  | 'restored'
  | 'freed'
  | 'missed'
  | 'refunded'

export type Notice = {
  readonly id: string
  readonly kind: NoticeKind
  readonly reason: string
  readonly bookingId: string
  readonly courtName: string
  readonly startMs: number
  /** Whom it was told, when not the reader himself: a child. */
  readonly to: string | undefined
}

const SHOWN_MAX = 10

type Row = Omit<Notice, 'startMs' | 'to'> & { readonly startsAt: Date; readonly to: string | null }

export async function unreadNotices(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<Notice[]> {
  const rows = await tx<Row[]>`
    SELECT n.id, n.kind, n.reason, n.booking_id AS "bookingId", c.name AS "courtName",
      b.starts_at AS "startsAt",
      CASE WHEN n.member_id <> ${memberId} THEN m.first_name END AS "to"
    FROM notices n
    JOIN members m ON m.club_id = n.club_id AND m.id = n.member_id
    JOIN bookings b ON b.club_id = n.club_id AND b.id = n.booking_id
    JOIN courts c ON c.club_id = b.club_id AND c.id = b.court_id
    WHERE n.club_id = ${clubId} AND ${toldTo(tx, clubId, memberId)} AND n.read_at IS NULL
    ORDER BY n.created_at DESC, n.id LIMIT ${SHOWN_MAX}`
  return rows.map(({ startsAt, to, ...same }) => ({
    ...same,
    startMs: startsAt.getTime(),
    to: to ?? undefined,
  }))
}

export async function readNotices(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<void> {
  await tx`UPDATE notices n SET read_at = now()
    WHERE n.club_id = ${clubId} AND ${toldTo(tx, clubId, memberId)} AND n.read_at IS NULL`
}

/** A guardian reads what his children are told. */
function toldTo(tx: Transaction, clubId: string, memberId: string): ReturnType<Transaction> {
  return tx`(n.member_id = ${memberId} OR n.member_id IN (SELECT id FROM members
    WHERE club_id = ${clubId} AND guardian_id = ${memberId} AND active))`
}

/** Leaves a word for each member, shown at the next visit. */
export async function notify(
  tx: Transaction,
  club: Club,
  bookingId: string,
  kind: NoticeKind,
  memberIds: readonly string[],
  reason = '',
): Promise<void> {
  for (const memberId of memberIds) {
    await tx`INSERT INTO notices (club_id, member_id, booking_id, kind, reason)
      VALUES (${club.id}, ${memberId}, ${bookingId}, ${kind}, ${reason})`
  }
}
