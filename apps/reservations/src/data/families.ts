/**
 * Families: an adult who acts for members of the same club, most often children.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import { ADULT_YEARS, type Club, type Member } from '../model.ts'
import { may } from '../rights.ts'
import { yearOf } from '../time.ts'
import { MissingError } from './errors.ts'
import { beginAct } from './journal.ts'
import { memberById } from './members.ts'

/** Why a guardian cannot be set; the word names the sentence. */
export class FamilyError extends Error {
  override readonly name = 'FamilyError'
  readonly word: 'family.unknown' | 'family.young' | 'family.chain'

  constructor(word: FamilyError['word']) {
    super(word)
    this.word = word
  }
}

/** Whether `by` may act in the name of a member: himself, one he is guardian of, all for an officer. */
export function actsFor(by: Pick<Member, 'id' | 'role' | 'wardIds'>, memberId: string): boolean {
  return by.id === memberId || may(by, 'desk') || by.wardIds.includes(memberId)
}

/** Those a member acts for, by name. */
export async function wardsOf(tx: Transaction, clubId: string, of: Member): Promise<Member[]> {
  const wards: Member[] = []
  for (const id of of.wardIds) {
    const ward = await memberById(tx, clubId, id)
    if (ward) wards.push(ward)
  }
  return wards
}

/** All members of somebody's family, himself among them. */
export async function familyOf(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`${familyIds(tx, clubId, memberId)} ORDER BY id`
  return rows.map(({ id }) => id)
}

/** The same as a query within another: its rows have one column, `id`. */
export function familyIds(
  tx: Transaction,
  clubId: string,
  memberId: string,
): ReturnType<Transaction> {
  return tx`SELECT f.id FROM members m JOIN members f ON f.club_id = m.club_id
      AND (f.id = coalesce(m.guardian_id, m.id) OR f.guardian_id = coalesce(m.guardian_id, m.id))
    WHERE m.club_id = ${clubId} AND m.id = ${memberId}`
}

/**
 * Says who acts for a member; with an empty address, nobody does any more.
 * @throws {MissingError} {FamilyError}
 */
export async function setGuardian(
  tx: Transaction,
  club: Club,
  by: Member,
  wardId: string,
  email: string,
  nowMs: number,
): Promise<void> {
  const ward = await memberById(tx, club.id, wardId)
  if (!ward) throw new MissingError('no such member')
  const guardian = email === '' ? undefined : await guardianBy(tx, club, email, nowMs)
  if (guardian && (guardian.id === ward.id || guardian.guardianId || ward.wardIds.length > 0)) {
    throw new FamilyError('family.chain')
  }
  await beginAct(tx, club, by, 'family', `${ward.firstName} ${ward.lastName}`)
  await tx`UPDATE members SET guardian_id = ${guardian?.id ?? null}
    WHERE club_id = ${club.id} AND id = ${ward.id}`
}

async function guardianBy(
  tx: Transaction,
  club: Club,
  email: string,
  nowMs: number,
): Promise<Member> {
  const [row] = await tx<{ id: string }[]>`SELECT id FROM members
    WHERE club_id = ${club.id} AND email = ${email} AND active AND NOT canary`
  const guardian = row && (await memberById(tx, club.id, row.id))
  if (!guardian) throw new FamilyError('family.unknown')
  if (guardian.birthYear > yearOf(club.zone, nowMs) - ADULT_YEARS) {
    throw new FamilyError('family.young')
  }
  return guardian
}
