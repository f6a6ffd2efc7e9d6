/**
 * Invitations to choose a password: who is still to get one, and what the link in it opens.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member } from '../model.ts'
import { memberById } from './members.ts'
import { newToken, sha256 } from './tokens.ts'

export const INVITATION_DAYS = 14
const DAY_MS = 86_400_000
const PAUSE_MS = 60_000
/** At a minute, two, three …: for about three days. */
const ATTEMPTS_MAX = 90

/** They are written to as soon as may be (invitations.ts). */
export async function inviteSoon(
  tx: Transaction,
  clubId: string,
  memberIds: readonly string[],
): Promise<void> {
  await tx`INSERT INTO invitations_due (club_id, member_id)
    SELECT ${clubId}, one::uuid FROM jsonb_array_elements_text(${tx.json(memberIds)}) AS one
    ON CONFLICT DO NOTHING`
}

export type DueInvitation = {
  readonly member: Member
  /** What the link in the letter ends with. */
  readonly token: string
}

/**
 * Takes the next who is to be invited and makes the link; an earlier link of the same member that
 * may or may not have arrived is worth nothing from here on. Who is taken comes again after a
 * pause that grows, unless `invitationSent` ends it.
 */
export async function nextInvitation(
  tx: Transaction,
  club: Club,
  nowMs: number,
): Promise<DueInvitation | undefined> {
  const now = new Date(nowMs)
  const [row] = await tx<{ id: string; attempts: number }[]>`
    SELECT member_id AS id, attempts FROM invitations_due
    WHERE club_id = ${club.id} AND next_at <= ${now}
    ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED`
  if (!row) return undefined
  const { id, attempts } = row
  const member = await memberById(tx, club.id, id)
  if (!member || attempts >= ATTEMPTS_MAX) {
    await invitationSent(tx, club.id, id)
    return nextInvitation(tx, club, nowMs)
  }
  const next = new Date(nowMs + PAUSE_MS * (attempts + 1))
  await tx`UPDATE invitations_due SET attempts = ${attempts + 1}, next_at = ${next}
    WHERE club_id = ${club.id} AND member_id = ${id}`
  const token = await makeInvitation(tx, club.id, id, nowMs)
  return { member, token }
}

/** @returns What the link ends with: kept as a hash only. No earlier link of the member works. */
export async function makeInvitation(
  tx: Transaction,
  clubId: string,
  memberId: string,
  nowMs: number,
): Promise<string> {
  await tx`DELETE FROM invitations
    WHERE club_id = ${clubId} AND member_id = ${memberId} AND used_at IS NULL`
  const token = newToken()
  const expires = new Date(nowMs + INVITATION_DAYS * DAY_MS)
  await tx`INSERT INTO invitations (club_id, token_hash, member_id, expires_at)
    VALUES (${clubId}, ${sha256(token)}, ${memberId}, ${expires})`
  return token
}

/** Nothing more is to be sent to the member: it left, or never will. */
export async function invitationSent(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<void> {
  await tx`DELETE FROM invitations_due WHERE club_id = ${clubId} AND member_id = ${memberId}`
}

/** Whom the link was sent to, while it can be used. */
export async function invited(
  tx: Transaction,
  clubId: string,
  token: string,
  nowMs: number,
): Promise<Member | undefined> {
  const [row] = await tx<{ id: string }[]>`SELECT member_id AS id FROM invitations
    WHERE club_id = ${clubId} AND token_hash = ${sha256(token)} AND used_at IS NULL
      AND expires_at > ${new Date(nowMs)}`
  return row && (await memberById(tx, clubId, row.id))
}

/** Sets the password once; the link is used up. @returns The member, or undefined. */
export async function join(
  tx: Transaction,
  clubId: string,
  token: string,
  passwordHash: string,
  nowMs: number,
): Promise<Member | undefined> {
  const member = await invited(tx, clubId, token, nowMs)
  if (!member) return undefined
  const used = await tx`UPDATE invitations SET used_at = ${new Date(nowMs)}
    WHERE club_id = ${clubId} AND token_hash = ${sha256(token)} AND used_at IS NULL
    RETURNING member_id`
  if (used.length === 0) return undefined
  await tx`UPDATE members SET password_hash = ${passwordHash}
    WHERE club_id = ${clubId} AND id = ${member.id}`
  return member
}
