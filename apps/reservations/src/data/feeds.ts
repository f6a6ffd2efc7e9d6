/**
 * Calendars a member subscribes to by a secret address, and takes back.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Member } from '../model.ts'
import { memberById } from './members.ts'
import { newToken, sha256 } from './tokens.ts'

export const FEEDS_MAX = 5

export type Feed = { readonly id: string; readonly createdAtMs: number }

/** @returns The secret of the address, shown this once; undefined when there are many already. */
export async function openFeed(
  tx: Transaction,
  clubId: string,
  member: Member,
): Promise<string | undefined> {
  if ((await feedsOf(tx, clubId, member.id)).length >= FEEDS_MAX) return undefined
  const token = newToken()
  await tx`INSERT INTO feeds (club_id, token_hash, member_id)
    VALUES (${clubId}, ${sha256(token)}, ${member.id})`
  return token
}

export async function feedsOf(tx: Transaction, clubId: string, memberId: string): Promise<Feed[]> {
  const rows = await tx<{ id: string; at: Date }[]>`SELECT id, created_at AS at FROM feeds
    WHERE club_id = ${clubId} AND member_id = ${memberId} ORDER BY created_at`
  return rows.map(({ id, at }) => ({ id, createdAtMs: at.getTime() }))
}

/** The address stops answering at once. @returns Whether there was one. */
export async function closeFeed(
  tx: Transaction,
  clubId: string,
  memberId: string,
  id: string,
): Promise<boolean> {
  const gone = await tx`DELETE FROM feeds
    WHERE club_id = ${clubId} AND member_id = ${memberId} AND id = ${id} RETURNING id`
  return gone.length > 0
}

/** Whose calendar it is, while the member is one. */
export async function memberOfFeed(
  tx: Transaction,
  clubId: string,
  token: string,
): Promise<Member | undefined> {
  const [row] = await tx<{ id: string }[]>`SELECT member_id AS id FROM feeds
    WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
  return row && (await memberById(tx, clubId, row.id))
}
