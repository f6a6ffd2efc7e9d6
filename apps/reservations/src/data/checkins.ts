/**
 * Checking in: a screen in the clubhouse, a number for each booking, and courts nobody came for.
 *
 * The number is computed from the booking and a secret of the installation, so nothing that opens
 * anything is stored, and a number of one booking says nothing of another.
 *
 * @module
 */
import { createHmac } from 'node:crypto'
import type { Transaction } from '../database.ts'
import { lockCourts } from '../locks.ts'
import type { Club } from '../model.ts'
import { notify } from './notices.ts'
import { newToken, sha256 } from './tokens.ts'

/** From so long before the start. */
export const EARLY_MINUTES = 15
const MINUTE_MS = 60_000

/** Six digits. @param secret At least 16 bytes, the same in every process. */
export function pinOf(secret: string, bookingId: string): string {
  const mac = createHmac('sha256', secret).update(`check-in ${bookingId}`).digest()
  return String(mac.readUInt32BE(0) % 1_000_000).padStart(6, '0')
}

export type Game = {
  readonly id: string
  readonly courtName: string
  readonly startMs: number
  readonly endMs: number
  readonly isHere: boolean
}

/** The games one may check in for now. */
export async function gamesNow(tx: Transaction, club: Club, nowMs: number): Promise<Game[]> {
  const rows = await tx<(Omit<Game, 'startMs' | 'endMs'> & { from: Date; to: Date })[]>`
    SELECT b.id, c.name AS "courtName", b.starts_at AS "from", b.ends_at AS "to",
      b.checked_in_at IS NOT NULL AS "isHere"
    FROM bookings b JOIN courts c ON c.club_id = b.club_id AND c.id = b.court_id
    WHERE b.club_id = ${club.id} AND b.kind = 'play' AND b.status = 'confirmed'
      AND b.starts_at <= ${new Date(nowMs + EARLY_MINUTES * MINUTE_MS)}
      AND b.starts_at > ${new Date(nowMs - club.checkinMinutes * MINUTE_MS)}
    ORDER BY b.starts_at, c.position LIMIT 200`
  return rows.map(({ from, to, ...same }) => ({
    ...same,
    startMs: from.getTime(),
    endMs: to.getTime(),
  }))
}

/** @returns The game whose number it is; undefined when it is nobody's now. */
export async function checkIn(
  tx: Transaction,
  club: Club,
  secret: string,
  pin: string,
  nowMs: number,
): Promise<Game | undefined> {
  const games = await gamesNow(tx, club, nowMs)
  const game = games.find(({ id }) => pinOf(secret, id) === pin)
  if (!game) return undefined
  const done = await tx`UPDATE bookings SET checked_in_at = coalesce(checked_in_at,
      ${new Date(nowMs)})
    WHERE club_id = ${club.id} AND id = ${game.id} AND status = 'confirmed' RETURNING id`
  return done.length > 0 ? game : undefined
}

/** Gives free what nobody came for. A game booked after its start needs no check-in. */
export async function freeMissed(tx: Transaction, club: Club, nowMs: number): Promise<number> {
  if (club.checkinMinutes === 0) return 0
  const now = new Date(nowMs)
  const due = new Date(nowMs - club.checkinMinutes * MINUTE_MS)
  const missed = tx`club_id = ${club.id} AND kind = 'play' AND status = 'confirmed'
    AND checked_in_at IS NULL AND starts_at <= ${due} AND ends_at > ${now}
    AND created_at < starts_at`
  const rows = await tx<{ courtId: string }[]>`
    SELECT DISTINCT court_id AS "courtId" FROM bookings WHERE ${missed}`
  if (rows.length === 0) return 0
  await lockCourts(
    tx,
    club.id,
    rows.map(({ courtId }) => courtId),
  )
  const gone = await tx<{ id: string; ownerId: string }[]>`
    UPDATE bookings SET status = 'cancelled', cancelled_at = ${now}, missed_at = ${now}
    WHERE ${missed} AND court_id IN (SELECT jsonb_array_elements_text(
      ${tx.json(rows.map(({ courtId }) => courtId))})::uuid)
    RETURNING id, owner_id AS "ownerId"`
  for (const { id, ownerId } of gone) await notify(tx, club, id, 'missed', [ownerId])
  return gone.length
}

const SUSPENSION_WINDOW_MS = 30 * 86_400_000

/** What a member missed lately. Nothing is counted where the club does not suspend. */
export async function missesOf(
  tx: Transaction,
  club: Club,
  memberId: string,
  nowMs: number,
): Promise<{ misses: number; lastMissMs: number }> {
  if (club.suspendMisses === 0) return { misses: 0, lastMissMs: 0 }
  const [row] = await tx<{ misses: number; last: Date | null }[]>`
    SELECT count(*)::int AS misses, max(missed_at) AS last FROM bookings
    WHERE club_id = ${club.id} AND owner_id = ${memberId}
      AND missed_at > ${new Date(nowMs - SUSPENSION_WINDOW_MS)}`
  return { misses: row?.misses ?? 0, lastMissMs: row?.last?.getTime() ?? 0 }
}

/** How many games nobody came for, for the committee's numbers. */
export async function missedWithin(
  tx: Transaction,
  clubId: string,
  startMs: number,
  endMs: number,
): Promise<number> {
  const [row] = await tx<{ n: number }[]>`SELECT count(*)::int AS n FROM bookings
    WHERE club_id = ${clubId} AND missed_at IS NOT NULL
      AND starts_at >= ${new Date(startMs)} AND starts_at < ${new Date(endMs)}`
  return row?.n ?? 0
}

/** Makes a device the club's screen. @returns What its cookie holds. */
export async function openKiosk(tx: Transaction, clubId: string): Promise<string> {
  const token = newToken()
  await tx`INSERT INTO kiosks (club_id, token_hash) VALUES (${clubId}, ${sha256(token)})`
  return token
}

export async function isKiosk(tx: Transaction, clubId: string, token: string): Promise<boolean> {
  const rows = await tx`SELECT FROM kiosks
    WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
  return rows.length > 0
}

/** No device is a screen of this club any more. */
export async function closeKiosks(tx: Transaction, clubId: string): Promise<void> {
  await tx`DELETE FROM kiosks WHERE club_id = ${clubId}`
}
