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
      AND b.during && tstzrange(${new Date(startMs)}, ${new Date(endMs)}, '[)')
    ORDER BY lower(b.during) LIMIT ${ROWS_MAX}`
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
    WHERE b.club_id = ${clubId} AND upper(b.during) > ${new Date(fromMs)} AND b.kind = 'play'
      AND (b.owner_id = ${memberId} OR EXISTS (SELECT FROM partners p
        WHERE p.club_id = b.club_id AND p.booking_id = b.id AND p.member_id = ${memberId}))
    ORDER BY lower(b.during) LIMIT ${ROWS_MAX}`
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

/** What the rules count: every booking of the member that is not cancelled and ends after. */
export async function standingOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
  fromMs: number,
  courts: readonly Court[],
  except?: string,
): Promise<Standing[]> {
  const look: Look = { viewer: undefined, year: 0 }
  const bookings = await bookingsOfMember(tx, clubId, memberId, fromMs, look)
  return bookings.flatMap((one) => {
    const court = courts.find(({ id }) => id === one.courtId)
    if (!court || one.status === 'cancelled' || one.id === except) return []
    const { startMs, endMs } = one
    return [{ court, startMs, endMs, responsible: one.ownerId === memberId }]
  })
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
      AND upper(b.during) > ${new Date(fromMs)}
    ORDER BY lower(b.during), b.id LIMIT ${ROWS_MAX}`
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
    SELECT court_id AS "courtId", kind, greatest(lower(during), ${from}) AS "startsAt",
      least(upper(during), ${to}) AS "endsAt"
    FROM bookings WHERE club_id = ${clubId} AND status <> 'cancelled' AND kind <> 'hold'
      AND during && tstzrange(${from}, ${to}, '[)') LIMIT ${USES_MAX}`
  return rows.map(({ courtId, kind, startsAt, endsAt }) => ({
    courtId,
    kind,
    startMs: startsAt.getTime(),
    endMs: endsAt.getTime(),
  }))
}

function columns(tx: Transaction): ReturnType<Transaction> {
  return tx`b.id, b.court_id AS "courtId", lower(b.during) AS "startsAt",
    upper(b.during) AS "endsAt", b.kind, b.status, b.title, b.owner_id AS "ownerId",
    b.override_reason AS "overrideReason", b.group_id AS "groupId",
    b.held_for AS "heldFor", b.hold_until AS "holdUntil", b.guests, b.tickets,
    (SELECT jsonb_agg(jsonb_build_object('id', m.id, 'name', m.first_name || ' ' || m.last_name,
        'sharesName', m.shares_name, 'birthYear', m.birth_year)
        ORDER BY m.id <> b.owner_id, m.first_name, m.id)
      FROM members m WHERE m.club_id = b.club_id AND (m.id = b.owner_id OR m.id IN (
        SELECT p.member_id FROM partners p
        WHERE p.club_id = b.club_id AND p.booking_id = b.id))) AS players`
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
