/**
 * Courts as the secretary keeps them.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { lockCourts } from '../locks.ts'
import type { Club, Court, Member } from '../model.ts'
import { courtsOf } from './clubs.ts'
import { MissingError } from './errors.ts'
import { beginAct } from './journal.ts'
import { bumpVersion, RuleError } from './rules.ts'

export const COURTS_MAX = 40

/** What the secretary writes of a court. */
export type CourtDraft = Omit<Court, 'id' | 'retired'>

/**
 * Writes a court, new or changed. Lengths bind what is booked from now on, and nothing that stands.
 * @param id Undefined for a new one, which comes last on the day page.
 * @throws {StaleError} {RuleError} {MissingError}
 */
export async function saveCourt(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string | undefined,
  draft: CourtDraft,
  version: number,
): Promise<void> {
  const { lengthMin, lengthUsual, lengthMax } = draft
  if (lengthMin > lengthUsual || lengthUsual > lengthMax) throw new RuleError('courts.badLengths')
  await beginAct(tx, club, by, id ? 'court-changed' : 'court-added', draft.name)
  await bumpVersion(tx, club, version)
  const all = await courtsOf(tx, club.id)
  const others = all.filter((one) => one.id !== id)
  if (others.some((one) => one.name.toLowerCase() === draft.name.toLowerCase())) {
    throw new RuleError('rules.sameName')
  }
  const values = {
    name: draft.name,
    sport: draft.sport,
    surface: draft.surface,
    indoor: draft.indoor,
    length_min: draft.lengthMin,
    length_max: draft.lengthMax,
    length_usual: draft.lengthUsual,
    price_cents_hour: draft.priceCentsHour,
  }
  if (id !== undefined) {
    const done = await tx`UPDATE courts SET ${tx(values)}
      WHERE club_id = ${club.id} AND id = ${id} AND NOT retired RETURNING id`
    if (done.length === 0) throw new MissingError('no such court')
    return
  }
  if (others.length >= COURTS_MAX) throw new RuleError('rules.tooMany')
  await tx`INSERT INTO courts ${tx({ ...values, club_id: club.id, position: all.length })}`
  await number(
    tx,
    club,
    all.map((one) => one.id),
  )
}

/** Shows a court one place earlier on the day page. @throws {MissingError} */
export async function raiseCourt(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
): Promise<void> {
  const ids = (await courtsOf(tx, club.id)).map((one) => one.id)
  const at = ids.indexOf(id)
  if (at < 0) throw new MissingError('no such court')
  if (at === 0) return
  await beginAct(tx, club, by, 'court-order')
  ids.splice(at - 1, 0, ...ids.splice(at, 1))
  await number(tx, club, ids)
}

/**
 * Takes a court out of use. What was played on it stays.
 * @throws {RuleError} When something is still to come on it. {MissingError}
 */
export async function retireCourt(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  nowMs: number,
): Promise<void> {
  const court = (await courtsOf(tx, club.id)).find((one) => one.id === id)
  if (!court) throw new MissingError('no such court')
  await lockCourts(tx, club.id, [id])
  const coming = await tx`SELECT id FROM bookings WHERE club_id = ${club.id} AND court_id = ${id}
    AND status = 'confirmed' AND ends_at > ${new Date(nowMs)} LIMIT 1`
  if (coming.length > 0) throw new RuleError('courts.inUse')
  await beginAct(tx, club, by, 'court-retired', court.name)
  await tx`UPDATE clubs SET rules_version = rules_version + 1 WHERE id = ${club.id}`
  await tx`UPDATE courts SET retired = true WHERE club_id = ${club.id} AND id = ${id}`
}

/** Takes it into use again, as it was, last on the day page. @throws {RuleError} {MissingError} */
export async function returnCourt(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
): Promise<void> {
  const all = await courtsOf(tx, club.id, 'all')
  const court = all.find((one) => one.id === id && one.retired)
  if (!court) throw new MissingError('no such court')
  const used = all.filter(({ retired }) => !retired)
  if (used.some(({ name }) => name.toLowerCase() === court.name.toLowerCase())) {
    throw new RuleError('rules.sameName')
  }
  if (used.length >= COURTS_MAX) throw new RuleError('rules.tooMany')
  await beginAct(tx, club, by, 'court-returned', court.name)
  await tx`UPDATE clubs SET rules_version = rules_version + 1 WHERE id = ${club.id}`
  await tx`UPDATE courts SET retired = false, position = ${used.length}
    WHERE club_id = ${club.id} AND id = ${id}`
}

/** Positions from 0 in this order; only what changes is written. */
async function number(tx: Transaction, club: Club, ids: readonly string[]): Promise<void> {
  await tx`UPDATE courts c SET position = listed.at::int - 1
    FROM jsonb_array_elements_text(${tx.json([...ids])}) WITH ORDINALITY AS listed (id, at)
    WHERE c.club_id = ${club.id} AND c.id = listed.id::uuid AND c.position <> listed.at - 1`
}
