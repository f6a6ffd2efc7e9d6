/**
 * Closing courts: what it would touch, doing it, undoing it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import type { Transaction } from '../database.ts'
import { lockCourts } from '../locks.ts'
import type { Booking, Club, Member } from '../model.ts'
import { yearOf } from '../time.ts'
import { MissingError } from './errors.ts'
import { notify } from './notices.ts'
import { bookingsWithin, closuresAfter } from './bookings.ts'
import { beginAct } from './journal.ts'
import type { Viewer } from './members.ts'

export type Closure = {
  readonly courtIds: readonly string[]
  readonly startMs: number
  readonly endMs: number
  readonly title: string
}

/** The bookings a closure would cancel, and the closures or courses that stand in its way. */
export type Effect = { readonly cancels: Booking[]; readonly bars: Booking[] }

/** Shown before anything is done. */
export async function effectOf(
  tx: Transaction,
  club: Club,
  viewer: Viewer,
  closure: Closure,
): Promise<Effect> {
  const look = { viewer, year: yearOf(club.zone, closure.startMs) }
  const there = await bookingsWithin(tx, club.id, closure.startMs, closure.endMs, look)
  const touched = there.filter(({ courtId }) => closure.courtIds.includes(courtId))
  return {
    cancels: touched.filter(({ kind }) => kind !== 'closure'),
    bars: touched.filter(({ kind }) => kind === 'closure'),
  }
}

/**
 * Closes the courts, cancels what stood there and tells those who would have played.
 * @param expected Ids of the bookings the secretary saw; if others came meanwhile, nothing is done.
 * @returns How many bookings were cancelled, or undefined when the list has changed.
 * @throws {TakenError} When a closure stands there already.
 */
export async function close(
  tx: Transaction,
  club: Club,
  by: Member,
  closure: Closure,
  expected: readonly string[],
  nowMs: number,
): Promise<number | undefined> {
  await lockCourts(tx, club.id, closure.courtIds)
  const { cancels } = await effectOf(tx, club, by, closure)
  if (cancels.some(({ id }) => !expected.includes(id))) return undefined
  await beginAct(tx, club, by, 'closure', closure.title)
  for (const booking of cancels) {
    await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
      WHERE club_id = ${club.id} AND id = ${booking.id}`
    const told = booking.players.map(({ id }) => id)
    await notify(tx, club, booking.id, 'closed', told, closure.title)
  }
  const groupId = randomUUID()
  for (const courtId of closure.courtIds) {
    await tx`INSERT INTO bookings (club_id, court_id, during, kind, title, created_by, group_id)
      VALUES (${club.id}, ${courtId},
        tstzrange(${new Date(closure.startMs)}, ${new Date(closure.endMs)}, '[)'),
        'closure', ${closure.title}, ${by.id}, ${groupId})`
  }
  return cancels.length
}

/** Opens the courts again that were closed in one act. @throws {MissingError} */
export async function reopen(
  tx: Transaction,
  club: Club,
  by: Member,
  groupId: string,
  nowMs: number,
): Promise<void> {
  const closures = await closuresAfter(tx, club.id, nowMs)
  const group = closures.filter((one) => one.groupId === groupId)
  if (group.length === 0) throw new MissingError('no such closure')
  await lockCourts(
    tx,
    club.id,
    group.map(({ courtId }) => courtId),
  )
  await beginAct(tx, club, by, 'reopened', group[0]?.title)
  await tx`UPDATE bookings SET status = 'cancelled', cancelled_at = ${new Date(nowMs)}
    WHERE club_id = ${club.id} AND group_id = ${groupId} AND status <> 'cancelled'`
}
