/**
 * Bringing members in from a file, in one deed, and the links with which they first come in.
 *
 * @module
 */
import { createHash } from 'node:crypto'
import type { Transaction } from '../database.ts'
import { planOf, tableOf, type Entry, type FileProblem, type Known, type Line } from '../import.ts'
import type { Club, Member } from '../model.ts'
import { todayIn } from '../time.ts'
import { MissingError } from './errors.ts'
import { subscriptionsOf } from './clubs.ts'
import { inviteSoon } from './invitations.ts'
import { beginAct } from './journal.ts'
import { raiseAlert } from './officers.ts'
import { passwordOfNobody } from './sessions.ts'

const KNOWN_MAX = 20_000

/** Keeps the file between looking and doing; those of yesterday are forgotten. */
export async function keepImport(
  tx: Transaction,
  club: Club,
  by: Member,
  content: string,
): Promise<string> {
  await tx`DELETE FROM imports WHERE club_id = ${club.id}
    AND (by_id = ${by.id} OR created_at < clock_timestamp() - interval '1 day')`
  const [row] = await tx<{ id: string }[]>`
    INSERT INTO imports (club_id, by_id, content) VALUES (${club.id}, ${by.id}, ${content})
    RETURNING id`
  return row?.id ?? ''
}

/** What the file would do to the members as they are now. @throws {MissingError} */
export async function planImport(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  nowMs: number,
): Promise<Line[] | FileProblem> {
  const [row] = await tx<{ content: string }[]>`SELECT content FROM imports
    WHERE club_id = ${club.id} AND id = ${id} AND by_id = ${by.id}`
  if (!row) throw new MissingError('no such import')
  const table = tableOf(row.content)
  if (typeof table === 'string') return table
  const known = await tx<Known[]>`
    SELECT id, subscription_id AS "subscriptionId", email, first_name AS "firstName",
      last_name AS "lastName", birth_year AS "birthYear", language, role, licence,
      shares_name AS "sharesName", guardian_id AS "guardianId", '[]'::jsonb AS "wardIds"
    FROM members WHERE club_id = ${club.id} LIMIT ${KNOWN_MAX}`
  const year = Number(todayIn(club.zone, nowMs).slice(0, 4))
  return planOf(table, known, await subscriptionsOf(tx, club.id), year)
}

export type Imported = {
  readonly added: number
  readonly changed: number
}

/**
 * Brings the file in: all of it, or nothing.
 * @param expected The digest of the plan that was shown.
 * @returns Undefined when the members changed since it was shown.
 */
export async function applyImport(
  tx: Transaction,
  club: Club,
  by: Member,
  id: string,
  expected: string,
  nowMs: number,
): Promise<Imported | undefined> {
  await tx`SELECT FROM clubs WHERE id = ${club.id} FOR UPDATE` // one import at a time
  const plan = await planImport(tx, club, by, id, nowMs)
  if (typeof plan === 'string' || digestOf(plan) !== expected) return undefined
  const fresh = plan.flatMap((line) => (line.fate === 'new' ? [line.entry] : []))
  const changes = plan.flatMap((line) =>
    line.fate === 'changed' ? [{ ...line.entry, id: line.id }] : [],
  )
  await beginAct(tx, club, by, 'import', `+${fresh.length} ~${changes.length}`)
  const hash = await passwordOfNobody()
  const rows = await tx<{ id: string }[]>`
    INSERT INTO members (club_id, subscription_id, email, password_hash, first_name, last_name,
      birth_year, licence)
    SELECT ${club.id}, "subscriptionId", email, ${hash}, "firstName", "lastName", "birthYear",
      licence
    FROM jsonb_to_recordset(${tx.json(fresh)}) AS one ("subscriptionId" uuid, email text,
      "firstName" text, "lastName" text, "birthYear" int, licence text)
    RETURNING id`
  await tx`
    UPDATE members m SET subscription_id = one."subscriptionId", first_name = one."firstName",
      last_name = one."lastName", birth_year = one."birthYear", active = true,
      licence = CASE WHEN one.licence = '' THEN m.licence ELSE one.licence END
    FROM jsonb_to_recordset(${tx.json(changes)}) AS one (id uuid, "subscriptionId" uuid,
      "firstName" text, "lastName" text, "birthYear" int, licence text)
    WHERE m.club_id = ${club.id} AND m.id = one.id AND m.role = 'member'`
  const entries = plan.flatMap((line) => ('entry' in line ? [line.entry] : []))
  await nameGuardians(tx, club, entries)
  // Whom the file names is still a member, also when nothing of him changes.
  const named = plan.flatMap(({ fate, email }) => (fate === 'refused' ? [] : [email]))
  await tx`UPDATE member_seen s SET at = clock_timestamp() FROM members m
    WHERE s.club_id = ${club.id} AND m.club_id = s.club_id AND m.id = s.member_id
      AND m.email IN (SELECT jsonb_array_elements_text(${tx.json(named)}))`
  await tx`DELETE FROM imports WHERE club_id = ${club.id} AND id = ${id}`
  await raiseAlert(tx, club.id, 'import', by.id, fresh.length + changes.length)
  const ids = rows.map(({ id: memberId }) => memberId)
  await inviteSoon(tx, club.id, ids)
  return { added: fresh.length, changed: changes.length }
}

/** After all are there: a parent may stand below the child in the file. */
async function nameGuardians(
  tx: Transaction,
  club: Club,
  entries: readonly Pick<Entry, 'email' | 'guardian'>[],
): Promise<void> {
  const pairs = entries
    .filter(({ guardian }) => guardian !== '')
    .map(({ email, guardian }) => ({ email, guardian }))
  await tx`
    UPDATE members m SET guardian_id = g.id
    FROM jsonb_to_recordset(${tx.json(pairs)}) AS one (email text, guardian text)
    JOIN members g ON g.club_id = ${club.id} AND g.email = one.guardian AND g.active
    WHERE m.club_id = ${club.id} AND m.email = one.email AND m.role = 'member'`
}

export function digestOf(plan: readonly Line[]): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('base64url')
}
