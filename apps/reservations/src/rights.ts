/**
 * Which of a club's people may do what: one table. Pure.
 *
 * Full staff is the secretary. The assistant runs the desk on match evenings: books for others, sees
 * to the courts, the courses and the screen at the door, and never holds the list of members, the
 * rules or the money. A coach sees to his own courses. Members have no right of staff.
 *
 * @module
 */
import type { Member, Role } from './model.ts'

/**
 * - `desk`: book, move and cancel for others, with a reason; names as an officer; the kiosk
 * - `courts`: close courts and open them again
 * - `teach`: move or cancel a meeting of one's own course
 * - `courses`: plan every course, and the holidays
 * - `numbers`: how full the courts are
 * - `members`: the list of members, imports, families, tickets of a member; alerts about these
 * - `rules`: opening hours, subscriptions, quotas; which courts there are; the
 *   club's look
 * - `money`: what is paid and what comes back
 * - `links`: doors and other programs
 * - `journal`: what officers did, and undoing it
 * - `staff`: who has which role
 */
export type Right =
  | 'desk'
  | 'courts'
  | 'teach'
  | 'courses'
  | 'numbers'
  | 'members'
  | 'rules'
  | 'money'
  | 'links'
  | 'journal'
  | 'staff'

const assistant: readonly Right[] = ['desk', 'courts', 'teach', 'courses', 'numbers']

const rights: Readonly<Record<Role, readonly Right[]>> = {
  member: [],
  coach: ['teach'],
  assistant,
  secretary: [...assistant, 'members', 'rules', 'money', 'links', 'journal', 'staff'],
}

export function may(who: Pick<Member, 'role'>, right: Right): boolean {
  return rights[who.role].includes(right)
}

/** Whether somebody has any part in running the club. */
export function isStaff({ role }: Pick<Member, 'role'>): boolean {
  return rights[role].length > 0
}
