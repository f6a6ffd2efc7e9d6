/**
 * Bookings as read: a day, a member's own, one by its id.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Booking, Court, Kind, Person } from '../model.ts'
import type { Use } from '../numbers.ts'
import type { Standing } from '../policy.ts'
import { maySeeName, type Viewer } from './members.ts'

type Row = {
  readonly id: string
  readonly courtId: string
  readonly startsAt: Date
  readonly endsAt: Date
  readonly kind: Kind
  readonly status: 'confirmed' | 'cancelled'
  readonly title: string
  readonly ownerId: string | null
  readonly overrideReason: string | null
  readonly groupId: string | null
  readonly heldFor: string | null
  readonly holdUntil: Date | null
  readonly players: readonly PlayerRow[] | null
  readonly guests: number
  readonly tickets: number
}

type PlayerRow = {
  readonly id: string
  readonly name: string
  readonly sharesName: boolean
  readonly birthYear: number
}

/** Who asks, and in which year: both decide whose names he gets. */
export type Look = { readonly viewer: Viewer; readonly year: number }

const ROWS_MAX = 2_000

/** What stands on any court within the time, in order. */
export async function bookingsWithin(
  tx: Transaction,
  clubId: string,
  startMs: number,
  endMs: number,
  look: Look,
): Promise<Booking[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM bookings b
    WHERE b.club_id = ${clubId} AND b.status <> 'cancelled'
      AND b.ends_at > ${new Date(startMs)} AND b.starts_at < ${new Date(endMs)}
    ORDER BY b.starts_at LIMIT ${ROWS_MAX}`
  return rows.map((row) => booking(row, look))
}

/** A member's bookings, his own and those he is a partner in, that end after `fromMs`. */
export async function bookingsOfMember(
  tx: Transaction,
  clubId: string,
  memberId: string,
  fromMs: number,
  look: Look,
): Promise<Booking[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM bookings b
    WHERE b.club_id = ${clubId} AND ${isOf(tx, clubId, memberId, fromMs, tx`'confirmed', 'cancelled'`)}
    ORDER BY b.starts_at LIMIT ${ROWS_MAX}`
  return rows.map((row) => booking(row, look))
}

export async function bookingById(
  tx: Transaction,
  clubId: string,
  id: string,
  look: Look,
): Promise<Booking | undefined> {
  const [row] = await tx<Row[]>`
    SELECT ${columns(tx)} FROM bookings b WHERE b.club_id = ${clubId} AND b.id = ${id}`
  return row && booking(row, look)
}

/** Whether the booking was paid, and stands so. */
export async function isPaid(tx: Transaction, clubId: string, id: string): Promise<boolean> {
  const rows = await tx`SELECT id FROM bookings
    WHERE club_id = ${clubId} AND id = ${id} AND paid_at IS NOT NULL`
  return rows.length > 0
}

/** What the rules count: every booking of the member that is not cancelled and ends after. */
export async function standingOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
  fromMs: number,
  courts: readonly Court[],
  except?: string,
): Promise<Standing[]> {
  const rows = await tx<
    { id: string; courtId: string; startsAt: Date; endsAt: Date; responsible: boolean }[]
  >`
    SELECT b.id, b.court_id AS "courtId", b.starts_at AS "startsAt",
      b.ends_at AS "endsAt", b.owner_id = ${memberId} AS responsible
    FROM bookings b
    WHERE b.club_id = ${clubId} AND ${isOf(tx, clubId, memberId, fromMs, tx`'confirmed'`)}
    ORDER BY b.starts_at LIMIT ${ROWS_MAX}`
  return rows.flatMap(({ id, courtId, startsAt, endsAt, responsible }) => {
    const court = courts.find((one) => one.id === courtId)
    if (!court || id === except) return []
    return [{ court, startMs: startsAt.getTime(), endMs: endsAt.getTime(), responsible }]
  })
}

/**
 * Whether booking `b` is the member's, as owner or partner, and ends after `fromMs`. The ids are
 * looked up first, by two indexes: for one OR, PostgreSQL would read all bookings of the club.
 */
function isOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
  fromMs: number,
  status: ReturnType<Transaction>,
): ReturnType<Transaction> {
  return tx`b.kind = 'play' AND b.status IN (${status}) AND b.ends_at > ${new Date(fromMs)}
      AND b.id = ANY (ARRAY(
        SELECT id FROM bookings WHERE club_id = ${clubId} AND owner_id = ${memberId}
          AND status IN (${status}) AND ends_at > ${new Date(fromMs)}
        UNION ALL SELECT booking_id FROM partners
          WHERE club_id = ${clubId} AND member_id = ${memberId}))`
}

/** Closures from now on, one row per court. */
export async function closuresAfter(
  tx: Transaction,
  clubId: string,
  fromMs: number,
): Promise<Booking[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM bookings b
    WHERE b.club_id = ${clubId} AND b.kind = 'closure' AND b.status <> 'cancelled'
      AND b.ends_at > ${new Date(fromMs)}
    ORDER BY b.starts_at, b.id LIMIT ${ROWS_MAX}`
  return rows.map((row) => booking(row, { viewer: undefined, year: 0 }))
}

const USES_MAX = 100_000

/** What the courts were used for, without anybody; for the committee's numbers. */
export async function usesWithin(
  tx: Transaction,
  clubId: string,
  startMs: number,
  endMs: number,
): Promise<Use[]> {
  const [from, to] = [new Date(startMs), new Date(endMs)]
  const rows = await tx<{ courtId: string; kind: Kind; startsAt: Date; endsAt: Date }[]>`
    SELECT court_id AS "courtId", kind, greatest(starts_at, ${from}) AS "startsAt",
      least(ends_at, ${to}) AS "endsAt"
    FROM bookings WHERE club_id = ${clubId} AND status <> 'cancelled' AND kind <> 'hold'
      AND ends_at > ${from} AND starts_at < ${to} LIMIT ${USES_MAX}`
  return rows.map(({ courtId, kind, startsAt, endsAt }) => ({
    courtId,
    kind,
    startMs: startsAt.getTime(),
    endMs: endsAt.getTime(),
  }))
}

function columns(tx: Transaction): ReturnType<Transaction> {
  return tx`b.id, b.court_id AS "courtId", b.starts_at AS "startsAt",
    b.ends_at AS "endsAt", b.kind, b.status, b.title, b.owner_id AS "ownerId",
    b.override_reason AS "overrideReason", b.group_id AS "groupId",
    b.held_for AS "heldFor", b.hold_until AS "holdUntil", b.guests, b.tickets,
    (SELECT jsonb_agg(jsonb_build_object('id', m.id, 'name', m.first_name || ' ' || m.last_name,
        'sharesName', m.shares_name, 'birthYear', m.birth_year)
        ORDER BY m.id <> b.owner_id, m.first_name, m.id)
      FROM (SELECT b.owner_id AS id UNION SELECT p.member_id FROM partners p
          WHERE p.club_id = b.club_id AND p.booking_id = b.id) AS one
        JOIN members m ON m.club_id = b.club_id AND m.id = one.id) AS players`
}

function booking(row: Row, look: Look): Booking {
  const { startsAt, endsAt, ownerId, overrideReason, groupId, players, ...rest } = row
  const { heldFor, holdUntil, ...same } = rest
  return {
    ...same,
    startMs: startsAt.getTime(),
    endMs: endsAt.getTime(),
    ownerId: ownerId ?? undefined,
    overrideReason: overrideReason ?? undefined,
    groupId: groupId ?? undefined,
    heldFor: heldFor ?? undefined,
    heldUntilMs: holdUntil?.getTime(),
    players: (players ?? []).map((player) => person(player, look)),
  }
}

/** A name that may not be shown does not leave this module. */
function person(player: PlayerRow, { viewer, year }: Look): Person {
  const shown = maySeeName(viewer, player, year)
  return { id: player.id, name: shown ? player.name : '', shown }
}
