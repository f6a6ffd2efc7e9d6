/**
 * Tickets: what a member has, where they went, selling them. The ledger is written by the database
 * (migrations/0011); nobody changes or deletes a line of it.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { seasonOf, type Purse } from '../guests.ts'
import { lockMembers } from '../locks.ts'
import type { Club, Member } from '../model.ts'
import { MissingError } from './errors.ts'
import { beginAct } from './journal.ts'

export type TicketKind = 'sold' | 'bought' | 'corrected' | 'used' | 'returned'

export type TicketEntry = {
  readonly atMs: number
  readonly delta: number
  readonly kind: TicketKind
  /** The game they were used for, or came back from. */
  readonly bookingId: string | undefined
}

export const TICKETS_SOLD_MAX = 50
const ENTRIES_SHOWN = 20

/** @param except A booking that is being changed: what it uses is still to be had. */
export async function purseOf(
  tx: Transaction,
  club: Club,
  memberId: string,
  startMs: number,
  except?: string,
): Promise<Purse> {
  const season = seasonOf(club, startMs)
  const [row] = await tx<{ guests: number; tickets: number }[]>`
    SELECT (SELECT coalesce(sum(guests), 0)::int FROM bookings
        WHERE club_id = ${club.id} AND owner_id = ${memberId} AND guests > 0
          AND (status = 'confirmed' OR missed_at IS NOT NULL)
          AND starts_at >= ${new Date(season.startMs)}
          AND starts_at < ${new Date(season.endMs)}
          AND id IS DISTINCT FROM ${except ?? null}::uuid) AS guests,
      (SELECT coalesce(sum(delta), 0)::int FROM ticket_entries
        WHERE club_id = ${club.id} AND member_id = ${memberId}
          AND (booking_id IS NULL OR booking_id IS DISTINCT FROM ${except ?? null}::uuid)) AS tickets`
  return { guestsUsed: row?.guests ?? 0, tickets: row?.tickets ?? 0 }
}

/** The newest lines of a member's ledger. */
export async function ticketsOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<TicketEntry[]> {
  const rows = await tx<{ at: Date; delta: number; kind: TicketKind; bookingId: string | null }[]>`
    SELECT at, delta, kind, booking_id AS "bookingId" FROM ticket_entries
    WHERE club_id = ${clubId} AND member_id = ${memberId} ORDER BY id DESC LIMIT ${ENTRIES_SHOWN}`
  return rows.map(({ at, delta, kind, bookingId }) => ({
    atMs: at.getTime(),
    delta,
    kind,
    bookingId: bookingId ?? undefined,
  }))
}

/** Balances of many members at once; who never had a ticket is not in it. */
export async function balancesOf(
  tx: Transaction,
  clubId: string,
  memberIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx<{ id: string; balance: number }[]>`
    SELECT member_id AS id, sum(delta)::int AS balance FROM ticket_entries
    WHERE club_id = ${clubId} AND member_id IN (
      SELECT value::uuid FROM jsonb_array_elements_text(${tx.json([...memberIds])}))
    GROUP BY member_id`
  return new Map(rows.map(({ id, balance }) => [id, balance]))
}

/**
 * Sells tickets at the desk; a negative count takes back what was sold by mistake.
 * @returns Whether it could be done: nobody is left with less than none.
 * @throws {MissingError} No such member.
 */
export async function sellTickets(
  tx: Transaction,
  club: Club,
  by: Member,
  memberId: string,
  count: number,
): Promise<boolean> {
  await lockMembers(tx, club.id, [memberId])
  const found = await tx`SELECT FROM members
    WHERE club_id = ${club.id} AND id = ${memberId} AND active`
  if (found.length === 0) throw new MissingError('no such member')
  await beginAct(tx, club, by, 'tickets', String(count))
  return await give(tx, memberId, count, count > 0 ? 'sold' : 'corrected', by.id)
}

async function give(
  tx: Transaction,
  memberId: string,
  count: number,
  kind: TicketKind,
  by: string | null,
): Promise<boolean> {
  const [row] = await tx<{ done: boolean }[]>`
    SELECT give_tickets(${memberId}, ${count}, ${kind}, ${by}) AS done`
  return row?.done ?? false
}

/** Orders tickets to be paid for. @returns The order's id. */
export async function orderTickets(
  tx: Transaction,
  club: Club,
  memberId: string,
  count: number,
): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO ticket_orders (club_id, member_id, count, cents)
    VALUES (${club.id}, ${memberId}, ${count}, ${count * club.ticketCents}) RETURNING id`
  if (!row) throw new Error('an insert returned nothing')
  return row.id
}

/** The order was paid: its tickets are the member's, however often this is told. */
export async function creditOrder(
  tx: Transaction,
  clubId: string,
  id: string,
  nowMs: number,
): Promise<void> {
  const [order] = await tx<{ memberId: string; count: number }[]>`
    UPDATE ticket_orders SET paid_at = ${new Date(nowMs)}
    WHERE club_id = ${clubId} AND id = ${id} AND paid_at IS NULL
    RETURNING member_id AS "memberId", count`
  if (order) await give(tx, order.memberId, order.count, 'bought', null)
}
