/**
 * Money owed back for bookings that do not take place, and how far each refund is.
 *
 * The database itself writes what is owed (migrations/0010); here it is only taken up and followed.
 *
 * @module
 */
import type { Transaction } from '../database.ts'

export type RefundState = 'owed' | 'asking' | 'asked' | 'review' | 'done' | 'refused'

export type Refund = {
  readonly id: string
  readonly bookingId: string
  readonly state: RefundState
  /** In euro cents; undefined until the payment service named it. */
  readonly cents: number | undefined
  readonly createdAtMs: number
}

/** A refund whose turn it is, with the payment it gives back. */
export type DueRefund = {
  readonly id: string
  readonly bookingId: string
  /** What the payment was made for. */
  readonly reference: string
  /** The payment service's name for it, once it has one. */
  readonly refund: string | undefined
}

const TAKEN_MAX = 20
const AGAIN_SECONDS = 60
const SHOWN_MAX = 100

/** Given back already, or on the way: each payment after that is for another reference. */
const isBack = (tx: Transaction): ReturnType<Transaction> => tx`state NOT IN ('owed', 'refused')`

/** What a payment for the booking is made for now: its id, and from the second time on its round. */
export async function referenceOf(
  tx: Transaction,
  clubId: string,
  bookingId: string,
): Promise<string> {
  const [row] = await tx<{ n: number }[]>`SELECT count(*)::int AS n FROM refunds
    WHERE club_id = ${clubId} AND booking_id = ${bookingId} AND ${isBack(tx)}`
  return referenceFor(bookingId, row?.n ?? 0)
}

function referenceFor(bookingId: string, rounds: number): string {
  return rounds === 0 ? bookingId : `${bookingId}/${rounds + 1}`
}

/** The booking that a reference means. */
export function bookingOfReference(reference: string): string {
  return reference.split('/', 1)[0] ?? ''
}

/**
 * Takes up what is due, for one worker at a time. From here on the payment service may hear of it,
 * so a booking that stands again is to be paid anew.
 */
export async function takeRefunds(tx: Transaction, clubId: string): Promise<DueRefund[]> {
  const rows = await tx<{ id: string; bookingId: string; refund: string | null; rounds: number }[]>`
    UPDATE refunds r SET state = CASE r.state WHEN 'owed' THEN 'asking' ELSE r.state END,
      next_at = clock_timestamp() + make_interval(secs => ${AGAIN_SECONDS})
    WHERE r.club_id = ${clubId} AND r.id IN (SELECT id FROM refunds
        WHERE club_id = ${clubId} AND state NOT IN ('done', 'refused')
          AND next_at <= clock_timestamp()
        ORDER BY next_at LIMIT ${TAKEN_MAX} FOR UPDATE SKIP LOCKED)
    RETURNING r.id, r.booking_id AS "bookingId", r.refund,
      (SELECT count(*)::int FROM refunds e WHERE e.club_id = r.club_id
        AND e.booking_id = r.booking_id AND e.created_at < r.created_at AND e.${isBack(tx)})
        AS rounds`
  return rows.map(({ id, bookingId, refund, rounds }) => ({
    id,
    bookingId,
    reference: referenceFor(bookingId, rounds),
    refund: refund ?? undefined,
  }))
}

/** What the payment service says of a refund. */
export type Answer = {
  readonly refund: string | undefined
  readonly state: 'asked' | 'review' | 'done' | 'refused'
  readonly cents: number | undefined
}

/** @returns Whether it ended now, for the first time. */
export async function followRefund(
  tx: Transaction,
  clubId: string,
  id: string,
  { refund, state, cents }: Answer,
): Promise<boolean> {
  const isEnd = state === 'done' || state === 'refused'
  const rows = await tx`UPDATE refunds SET state = ${state},
      refund = coalesce(${refund ?? null}, refund), cents = coalesce(${cents ?? null}, cents),
      ended_at = CASE WHEN ${isEnd} THEN clock_timestamp() END
    WHERE club_id = ${clubId} AND id = ${id} AND state NOT IN ('done', 'refused') RETURNING id`
  return isEnd && rows.length > 0
}

/** A refund of this booking is to be asked about at once. */
export async function hurryRefunds(
  tx: Transaction,
  clubId: string,
  bookingId: string,
): Promise<void> {
  await tx`UPDATE refunds SET next_at = clock_timestamp()
    WHERE club_id = ${clubId} AND booking_id = ${bookingId} AND state NOT IN ('done', 'refused')`
}

/** The last refund of a booking, if there ever was one. */
export async function refundOf(
  tx: Transaction,
  clubId: string,
  bookingId: string,
): Promise<Refund | undefined> {
  const [row] = await tx<Row[]>`SELECT ${columns(tx)} FROM refunds
    WHERE club_id = ${clubId} AND booking_id = ${bookingId} ORDER BY created_at DESC LIMIT 1`
  return row && read(row)
}

/** Those a person must look at come first, then the newest. */
export async function refundsOf(tx: Transaction, clubId: string): Promise<Refund[]> {
  const rows = await tx<Row[]>`SELECT ${columns(tx)} FROM refunds WHERE club_id = ${clubId}
    ORDER BY state NOT IN ('review', 'refused'), created_at DESC LIMIT ${SHOWN_MAX}`
  return rows.map(read)
}

type Row = Omit<Refund, 'cents' | 'createdAtMs'> & {
  readonly cents: number | null
  readonly createdAt: Date
}

function columns(tx: Transaction): ReturnType<Transaction> {
  return tx`id, booking_id AS "bookingId", state, cents, created_at AS "createdAt"`
}

function read({ cents, createdAt, ...same }: Row): Refund {
  return { ...same, cents: cents ?? undefined, createdAtMs: createdAt.getTime() }
}
