/**
 * Who runs the club: giving a role, and what comes with it.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member, Role } from '../model.ts'
import { beginAct } from './journal.ts'
import { raiseAlert } from './officers.ts'

export const roles: readonly Role[] = ['secretary', 'assistant', 'coach', 'member']

/** Why a role was not given; the word names the sentence. */
export type StaffProblem = 'staff.unknown' | 'staff.own'

/**
 * Gives a member a role. He logs in again with it, and the other officers are told.
 *
 * @param by A secretary; PostgreSQL looks again (migrations/0015_staff.sql).
 * @returns Undefined when it is done, or was so already.
 */
export async function giveRole(
  tx: Transaction,
  club: Club,
  by: Member,
  email: string,
  role: Role,
): Promise<StaffProblem | undefined> {
  const [found] = await tx<{ id: string; name: string; role: Role }[]>`
    SELECT id, first_name || ' ' || last_name AS name, role FROM members
    WHERE club_id = ${club.id} AND email = ${email} AND active AND NOT canary`
  if (!found) return 'staff.unknown'
  if (found.id === by.id) return 'staff.own'
  if (found.role === role) return undefined
  await beginAct(tx, club, by, 'role', `${found.name}: ${role}`)
  const [row] = await tx<{ given: boolean }[]>`
    SELECT give_role(${found.id}, ${role}, ${by.id}) AS given`
  if (!row?.given) return 'staff.own'
  await raiseAlert(tx, club.id, 'role', by.id, 1)
  return undefined
}
