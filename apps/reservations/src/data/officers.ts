/**
 * What an officer's session may read, and what the other officers are told.
 *
 * A cookie may be stolen. Until the password is given again, a session reads the names of at most
 * `NAMES_MAX` members beyond those every member may read, however many pages it asks for.
 *
 * @module
 */
import type { Transaction } from '../database.ts'
import type { Club, Member } from '../model.ts'
import { sha256 } from './tokens.ts'

/** Members an officer may see by name before the password is given again. */
export const NAMES_MAX = 25
/** How long the proof of presence lasts. */
export const PROOF_MINUTES = 30
/** Lists of all members that leave the club in a day, whoever asks. */
export const EXPORTS_PER_DAY = 3

export type Standing = {
  readonly isProved: boolean
  /** Whom the session has seen already. */
  readonly named: ReadonlySet<string>
}

export async function standingOfSession(
  tx: Transaction,
  clubId: string,
  token: string,
  nowMs: number,
): Promise<Standing> {
  const since = new Date(nowMs - PROOF_MINUTES * 60_000)
  const [row] = await tx<{ isProved: boolean; named: string[] | null }[]>`
    SELECT coalesce(proved_at > ${since}, false) AS "isProved",
      (SELECT jsonb_agg(member_id) FROM session_reads r
        WHERE r.club_id = s.club_id AND r.token_hash = s.token_hash) AS named
    FROM sessions s WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
  return { isProved: row?.isProved ?? false, named: new Set(row?.named ?? []) }
}

/**
 * Counts names against the session's budget; two pages at once share it, because the session's row
 * is locked meanwhile.
 * @returns All the session may name now.
 */
export async function claimNames(
  tx: Transaction,
  clubId: string,
  token: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const hash = sha256(token)
  await tx`SELECT FROM sessions WHERE club_id = ${clubId} AND token_hash = ${hash} FOR UPDATE`
  const rows = await tx<{ id: string }[]>`SELECT member_id AS id FROM session_reads
    WHERE club_id = ${clubId} AND token_hash = ${hash}`
  const named = new Set(rows.map(({ id }) => id))
  for (const id of ids) {
    if (named.size >= NAMES_MAX) break
    if (named.has(id)) continue
    named.add(id)
    await tx`INSERT INTO session_reads (club_id, token_hash, member_id)
      VALUES (${clubId}, ${hash}, ${id})`
  }
  return named
}

export async function proveSession(
  tx: Transaction,
  clubId: string,
  token: string,
  nowMs: number,
): Promise<void> {
  await tx`UPDATE sessions SET proved_at = ${new Date(nowMs)}
    WHERE club_id = ${clubId} AND token_hash = ${sha256(token)}`
}

/** Ends every session of a member, from this moment on. @returns How many there were. */
export async function cutSessions(
  tx: Transaction,
  clubId: string,
  memberId: string,
): Promise<number> {
  const gone = await tx`DELETE FROM sessions
    WHERE club_id = ${clubId} AND member_id = ${memberId} RETURNING member_id`
  return gone.length
}

/**
 * `link`: another program was let in; `webhook`: one was told in vain and is told no more; `role`:
 * somebody has another role.
 */
export type AlertKind = 'export' | 'list' | 'canary' | 'import' | 'link' | 'webhook' | 'role'

export type Alert = {
  readonly id: string
  readonly atMs: number
  readonly kind: AlertKind
  readonly byId: string | undefined
  readonly by: string
  readonly count: number
}

/** Tells the other officers; it stands on every page of theirs until they have read it. */
export async function raiseAlert(
  tx: Transaction,
  clubId: string,
  kind: AlertKind,
  byId: string | undefined,
  count: number,
): Promise<void> {
  await tx`INSERT INTO alerts (club_id, kind, by_id, count)
    VALUES (${clubId}, ${kind}, ${byId ?? null}, ${count})`
}

export async function unseenAlerts(
  tx: Transaction,
  clubId: string,
  officerId: string,
): Promise<Alert[]> {
  const rows = await tx<(Omit<Alert, 'atMs' | 'byId'> & { at: Date; byId: string | null })[]>`
    SELECT a.id, a.at, a.kind, a.count, a.by_id AS "byId",
      coalesce(m.first_name || ' ' || m.last_name, '') AS by
    FROM alerts a LEFT JOIN members m ON m.club_id = a.club_id AND m.id = a.by_id
    WHERE a.club_id = ${clubId} AND a.by_id IS DISTINCT FROM ${officerId}::uuid
      AND NOT EXISTS (SELECT FROM alerts_seen s WHERE s.club_id = a.club_id
        AND s.alert_id = a.id AND s.member_id = ${officerId})
    ORDER BY a.at DESC LIMIT 10`
  return rows.map(({ at, byId, ...same }) => ({
    ...same,
    atMs: at.getTime(),
    byId: byId ?? undefined,
  }))
}

export async function seeAlerts(tx: Transaction, clubId: string, officerId: string): Promise<void> {
  await tx`INSERT INTO alerts_seen (club_id, alert_id, member_id)
    SELECT club_id, id, ${officerId} FROM alerts WHERE club_id = ${clubId} ON CONFLICT DO NOTHING`
}

/** Whether one more list may leave today; the club's row is locked, so two cannot slip through. */
export async function mayExport(tx: Transaction, club: Club): Promise<boolean> {
  await tx`SELECT FROM clubs WHERE id = ${club.id} FOR UPDATE`
  const [row] = await tx<{ n: number }[]>`SELECT count(*)::int AS n FROM alerts
    WHERE club_id = ${club.id} AND kind = 'export'
      AND at > clock_timestamp() - interval '24 hours'`
  return (row?.n ?? 0) < EXPORTS_PER_DAY
}

export async function officersOf(tx: Transaction, clubId: string): Promise<Member[]> {
  return await tx<Member[]>`
    SELECT id, subscription_id AS "subscriptionId", email, first_name AS "firstName",
      last_name AS "lastName", birth_year AS "birthYear", language, role,
      shares_name AS "sharesName"
    FROM members WHERE club_id = ${clubId} AND active AND role = 'secretary'
    ORDER BY last_name, first_name LIMIT 50`
}
