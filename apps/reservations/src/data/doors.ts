/**
 * Door systems: their keys, and which code opens which court when.
 *
 * A code is computed from the booking (`pinOf`), the same with which players check in, so none is
 * stored anywhere, and none is known to whoever reads the database.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club } from '../model.ts'
import { pinOf } from './checkins.ts'
import { newToken, sha256 } from './tokens.ts'

export const DOOR_KEYS_MAX = 10
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const OPENINGS_MAX = 2_000
/** How far ahead a door is told: it works through a day without us. */
const AHEAD_MS = 24 * HOUR_MS
const USED_EVERY_SECONDS = 60

export type DoorKey = {
  readonly id: string
  readonly name: string
  readonly createdAtMs: number
  readonly usedAtMs: number | undefined
}

/** From when until when a code opens a court. */
export type Opening = {
  readonly courtId: string
  readonly bookingId: string
  readonly fromMs: number
  readonly untilMs: number
  readonly pin: string
}

/** @returns The key, shown this once; undefined when there are many already. */
export async function makeDoorKey(
  tx: Transaction,
  clubId: string,
  name: string,
): Promise<string | undefined> {
  if ((await doorKeysOf(tx, clubId)).length >= DOOR_KEYS_MAX) return undefined
  const token = newToken()
  await tx`INSERT INTO door_keys (club_id, name, token_hash)
    VALUES (${clubId}, ${name}, ${sha256(token)})`
  return token
}

export async function doorKeysOf(tx: Transaction, clubId: string): Promise<DoorKey[]> {
  const rows = await tx<{ id: string; name: string; at: Date; used: Date | null }[]>`
    SELECT id, name, created_at AS at, used_at AS used FROM door_keys
    WHERE club_id = ${clubId} ORDER BY created_at`
  return rows.map(({ id, name, at, used }) => ({
    id,
    name,
    createdAtMs: at.getTime(),
    usedAtMs: used?.getTime(),
  }))
}

/** It opens nothing any more, at once. @returns Whether there was one. */
export async function dropDoorKey(tx: Transaction, clubId: string, id: string): Promise<boolean> {
  const gone = await tx`DELETE FROM door_keys
    WHERE club_id = ${clubId} AND id = ${id} RETURNING id`
  return gone.length > 0
}

/** Whether a door system of the club shows its key; when it did is noted, once a minute. */
export async function isDoorKey(tx: Transaction, clubId: string, token: string): Promise<boolean> {
  const rows = await tx<{ isStale: boolean }[]>`SELECT used_at IS NULL OR
      used_at < clock_timestamp() - make_interval(secs => ${USED_EVERY_SECONDS}) AS "isStale"
    FROM door_keys WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
  if (rows[0]?.isStale) {
    await tx`UPDATE door_keys SET used_at = clock_timestamp()
      WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
  }
  return rows.length > 0
}

/** What opens now and within a day; games and courses, by their beginning. */
export async function openingsOf(
  tx: Transaction,
  club: Club,
  secret: string,
  nowMs: number,
): Promise<Opening[]> {
  const rows = await tx<{ id: string; courtId: string; from: Date; until: Date }[]>`
    SELECT id, court_id AS "courtId", starts_at AS "from", ends_at AS until
    FROM bookings WHERE club_id = ${club.id} AND status = 'confirmed'
      AND kind IN ('play', 'course', 'match')
      AND ends_at > ${new Date(nowMs)} AND starts_at < ${new Date(nowMs + AHEAD_MS)}
    ORDER BY starts_at, court_id LIMIT ${OPENINGS_MAX}`
  return rows.map(({ id, courtId, from, until }) => ({
    courtId,
    bookingId: id,
    fromMs: from.getTime() - club.doorMinutes * MINUTE_MS,
    untilMs: until.getTime(),
    pin: pinOf(secret, id),
  }))
}

/** @param minutes A code opens so long before the start; 0: no codes. */
export async function setDoorMinutes(
  tx: Transaction,
  clubId: string,
  minutes: number,
): Promise<void> {
  await tx`UPDATE clubs SET door_minutes = ${minutes} WHERE id = ${clubId}`
}
